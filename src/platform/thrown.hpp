// SPDX-License-Identifier: Apache-2.0
// What an exception_ptr holds, looked at where it lies: to throw it again only to catch it would
// cost as much as its first throw.

#pragma once

#include <exception>
#include <typeinfo>

namespace coppice::platform {

/// The type of what was thrown; null for a null pointer and what another language threw.
const std::type_info* type_of(const std::exception_ptr& error) noexcept;
/// Where what was thrown lies.
const void* object_of(const std::exception_ptr& error) noexcept;

/// The `wanted` that a handler for it would be given, also if something derived from it was thrown;
/// null if the handler would not be entered. Not for pointers.
const void* thrown_as(const std::exception_ptr& error, const std::type_info& wanted) noexcept;
template <class T>
const T* thrown_as(const std::exception_ptr& error) noexcept {
    return static_cast<const T*>(thrown_as(error, typeid(T)));
}

}  // namespace coppice::platform
