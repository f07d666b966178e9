// SPDX-License-Identifier: Apache-2.0
// A name that is kept in a registry: what an address by way of a registry holds.

#pragma once

#include <compare>
#include <cstddef>
#include <string>

#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

class runtime_core;

/// OTP's `{via, Module, Name}`. Immutable, and shared by the copies of an address.
class via_name {
  public:
    via_name() = default;
    via_name(const via_name&) = delete;
    via_name& operator=(const via_name&) = delete;
    virtual ~via_name() = default;

    /// The process that has the name, in the runtime of the calling process. Throws `badarg_error` if there is
    /// no such registry.
    virtual pid whereis() const = 0;
    /// Likewise, for any thread. Empty if there is no such registry.
    virtual pid whereis_in(runtime_core& world) const noexcept = 0;
    /// Gives the name to the calling process. Returns the process that has the name already; empty if there was
    /// none. Throws `badarg_error` if there is no such registry.
    virtual pid take() const = 0;

    /// The name of the registry.
    virtual const std::string& registry() const noexcept = 0;
    /// The key, as a text.
    virtual std::string key() const = 0;
    /// Equal names have equal hashes.
    virtual std::size_t hash() const noexcept = 0;
    virtual bool equals(const via_name& other) const = 0;
};

/// An order that agrees with `equals`, but for names of one registry whose hashes collide.
std::strong_ordering compare_via(const via_name& left, const via_name& right);

}  // namespace coppice::detail

#pragma GCC visibility pop
