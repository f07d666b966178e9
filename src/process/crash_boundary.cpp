// SPDX-License-Identifier: Apache-2.0
// Exceptions become exit reasons here, and nowhere else.

#include "process/crash_boundary.hpp"

#include "coppice/process.hpp"
#include "platform/throw_stack.hpp"
#include "platform/thrown.hpp"

namespace coppice::process_layer {

const exit_reason& out_of_memory() {
    static const exit_reason made = exit_reason::error({"std::bad_alloc", "std::bad_alloc", {}});
    return made;
}

bool is_plain_exit(const std::exception_ptr& error) noexcept {
    return platform::thrown_as<detail::process_exit>(error) != nullptr;
}

}  // namespace coppice::process_layer

namespace coppice::detail {
namespace {

std::string type_name_of(const std::exception_ptr& error) {
    const std::type_info* type = platform::type_of(error);
    return type == nullptr ? "foreign exception" : readable_type_name(*type);
}

/// The pointer that `catch (const char*)` would get; null also for any other exception.
const char* literal_in(const std::exception_ptr& error) noexcept {
    const std::type_info* type = platform::type_of(error);
    const bool is_literal =
        type != nullptr && (*type == typeid(const char*) || *type == typeid(char*));
    return is_literal ? *static_cast<const char* const*>(platform::object_of(error)) : nullptr;
}

std::string message_of(const std::exception_ptr& error) {
    if (const auto* standard = platform::thrown_as<std::exception>(error)) {
        const char* const what = standard->what();
        return what == nullptr ? "" : what;
    }
    if (const auto* text = platform::thrown_as<std::string>(error)) {
        return *text;
    }
    const char* literal = literal_in(error);
    return literal == nullptr ? "" : literal;
}

}  // namespace

exit_reason reason_of(const std::exception_ptr& error) noexcept {
    if (const auto* exit = platform::thrown_as<process_exit>(error)) {
        return exit->why;
    }
    try {
        return exit_reason::error({type_name_of(error), message_of(error),
                                   platform::stack_of(error), platform::waiting_of(error)});
    } catch (...) {
        return process_layer::out_of_memory();
    }
}

void note_waiting(const std::exception_ptr& error, std::coroutine_handle<> waiting) noexcept {
    if (waiting) {
        // In the ABI of all compilers a coroutine's frame begins with its resume function.
        platform::add_waiting(error, *static_cast<void* const*>(waiting.address()));
    }
}

}  // namespace coppice::detail
