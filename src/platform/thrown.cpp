// SPDX-License-Identifier: Apache-2.0

#include "platform/thrown.hpp"

#include <cstring>

namespace coppice::platform {

const std::type_info* type_of(const std::exception_ptr& error) noexcept {
    return error == nullptr ? nullptr : error.__cxa_exception_type();
}

const void* object_of(const std::exception_ptr& error) noexcept {
    const void* object = nullptr;
    static_assert(sizeof error == sizeof object, "an exception_ptr is the address of its object");
    std::memcpy(&object, &error, sizeof object);
    return object;
}

// Makes the same check as the search for a handler.
const void* thrown_as(const std::exception_ptr& error, const std::type_info& wanted) noexcept {
    const std::type_info* thrown = type_of(error);
    void* object = const_cast<void*>(object_of(error));
    constexpr unsigned outermost = 1;  // not the target of a pointer
    return thrown != nullptr && wanted.__do_catch(thrown, &object, outermost) ? object : nullptr;
}

}  // namespace coppice::platform
