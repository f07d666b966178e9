// SPDX-License-Identifier: Apache-2.0
// Inspects the exception of an exception_ptr in place: to rethrow the exception only to catch it
// would cost as much as the first throw.

#pragma once

#include <exception>
#include <typeinfo>

namespace coppice::platform {

/// The type of the exception; null for a null pointer and for an exception of another language.
const std::type_info* type_of(const std::exception_ptr& error) noexcept;
/// The address of the exception object.
const void* object_of(const std::exception_ptr& error) noexcept;

/// The object that a handler for `wanted` would receive, also if the exception is of a derived
/// type; null if the handler would not be entered. Not for pointers.
const void* thrown_as(const std::exception_ptr& error, const std::type_info& wanted) noexcept;
template <class T>
const T* thrown_as(const std::exception_ptr& error) noexcept {
    return static_cast<const T*>(thrown_as(error, typeid(T)));
}

}  // namespace coppice::platform
