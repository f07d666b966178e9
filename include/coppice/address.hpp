// SPDX-License-Identifier: Apache-2.0
// address: where a message goes, a pid or a name.
//
// An address by pid means that one process, alive or dead. A name is looked up at each use, so an address by
// name stays valid over a restart. `server`, `supervisor` and `dynamic_supervisor` hold an address.
//
// Threads    Values. `whereis` inside a process.
// Blocking   None.
// Ownership  Keeps nothing alive.
// Errors     None: `whereis` answers the empty pid if no process has the name.
// Cost       40 bytes; copying copies the name. `whereis` of a name is one look-up.
// Semantics  As the `ServerRef` of OTP's gen_server.
// Today      Names are local to a runtime. No address leads through a registry.

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

namespace detail {
pid whereis_name(std::string_view name);
}  // namespace detail

/// A pid or a name. Ordered: pids before names.
class address {
  public:
    /// The address of no process, as of the empty pid.
    address() noexcept = default;
    /// The address of one process.
    address(const pid& who) noexcept : to_{who} {}  // NOLINT(google-explicit-constructor)
    /// The address of the process that has the name, if any. No process has the empty name.
    address(std::string name) noexcept : to_{std::move(name)} {}  // NOLINT
    /// The same for a view or a literal.
    template <class Name>
        requires(!std::same_as<Name, address> && !std::convertible_to<const Name&, pid> &&
                 std::convertible_to<const Name&, std::string_view>)
    address(const Name& name)  // NOLINT(google-explicit-constructor): a literal is an address
        : to_{std::string{text_of(name)}} {}

    /// The process now. For a name: the process that has the name, or the empty pid.
    pid whereis() const { return is_name() ? detail::whereis_name(name()) : who(); }
    /// Whether the address was made from a name.
    bool is_name() const noexcept { return std::holds_alternative<std::string>(to_); }
    /// The name from which the address was made; empty for an address by pid.
    const std::string& name() const noexcept {
        static const std::string none;
        const auto* const held = std::get_if<std::string>(&to_);
        return held == nullptr ? none : *held;
    }
    /// The pid from which the address was made; empty for an address by name.
    pid who() const noexcept {
        const auto* const held = std::get_if<pid>(&to_);
        return held == nullptr ? pid{} : *held;
    }
    /// Equal only if both are pids or both are names.
    auto operator<=>(const address&) const noexcept = default;

    /// The name, or the pid as `<0.12.1>`; `undefined` for the empty pid. A friend, so that a text, which
    /// converts to an address, keeps its own text form.
    friend std::string to_string(const address& to);
    /// Prints the text of `to_string`.
    friend std::ostream& operator<<(std::ostream& out, const address& to);

  private:
    static std::string_view text_of(std::string_view name) noexcept { return name; }

    std::variant<pid, std::string> to_;
};

namespace detail {

/// The part that all handles share: an address.
class handle {
  public:
    /// No process.
    handle() = default;
    /// One process, or the process that has the name at each use. An empty name means no process.
    explicit handle(const pid& who) noexcept : to_{who} {}
    explicit handle(address to)
        : to_{to.is_name() && to.name().empty() ? address{} : std::move(to)} {}

    /// The process now; empty if the name is not registered.
    pid whereis() const { return to_.whereis(); }
    /// The name from which the handle was made; empty for a handle by pid.
    const std::string& name() const noexcept { return to_.name(); }
    /// The pid or the name from which the handle was made.
    const address& where() const noexcept { return to_; }

  private:
    address to_;
};

}  // namespace detail
}  // namespace coppice

/// For unordered containers.
template <>
struct std::hash<coppice::address> {
    /// Equal addresses have equal hashes.
    std::size_t operator()(const coppice::address& to) const noexcept {
        return to.is_name() ? std::hash<std::string>{}(to.name())
                            : std::hash<coppice::pid>{}(to.who());
    }
};

#pragma GCC visibility pop
