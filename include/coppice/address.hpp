// SPDX-License-Identifier: Apache-2.0
// address: where a message goes, a pid, a name or a key of a registry.
//
// An address by pid means that one process, alive or dead. A name is looked up at each use, so an address by
// name stays valid over a restart. So does an address via a registry, from `registry::via`: OTP's
// `{via, Registry, {Name, Key}}`. `server`, `supervisor` and `dynamic_supervisor` hold an address.
//
// Threads    Values. `whereis` inside a process.
// Blocking   None.
// Ownership  Keeps nothing alive.
// Errors     `whereis` answers the empty pid if no process has the name. Via a registry that does not run, or
//            whose keys are not unique, each use throws `badarg_error`.
// Cost       40 bytes; copying copies the name, and shares a key. `whereis` of a name is one look-up.
// Semantics  As the `ServerRef` of OTP's gen_server.
// Today      Names are local to a runtime.

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "coppice/detail/via_name.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

namespace detail {
pid whereis_name(std::string_view name);

/// A key of a registry, shared. Compared by registry and key.
struct via_ref {
    std::shared_ptr<const via_name> name;
    bool operator==(const via_ref& other) const {
        return name == other.name || name->equals(*other.name);
    }
    std::strong_ordering operator<=>(const via_ref& other) const {
        return compare_via(*name, *other.name);
    }
};
}  // namespace detail

/// A pid, a name or a key of a registry. Ordered: pids before names, and names before keys.
class address {
  public:
    /// The address of no process, as of the empty pid.
    address() noexcept = default;
    address(address&&) noexcept = default;
    address(const address& other) {
        if (const pid* const one = std::get_if<pid>(&other.to_)) [[likely]] {
            to_ = *one;  // inlined, which the copy of a variant is not
        } else {
            to_ = other.to_;
        }
    }
    address& operator=(address&&) noexcept = default;
    address& operator=(const address&) = default;
    ~address() = default;
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

    /// The address of the process that has the key. Made by `registry::via`. Not null.
    explicit address(std::shared_ptr<const detail::via_name> key) noexcept
        : to_{detail::via_ref{std::move(key)}} {}

    /// The process now. For a name or a key: the process that has it, or the empty pid.
    pid whereis() const {
        if (is_via()) [[unlikely]] {
            return via()->whereis();
        }
        return is_name() ? detail::whereis_name(name()) : who();
    }
    /// Whether the address was made from a name.
    bool is_name() const noexcept { return std::holds_alternative<std::string>(to_); }
    /// Whether the address was made from a key of a registry.
    bool is_via() const noexcept { return std::holds_alternative<detail::via_ref>(to_); }
    /// The key of a registry; null for an address by pid or by name.
    const detail::via_name* via() const noexcept {
        const auto* const held = std::get_if<detail::via_ref>(&to_);
        return held == nullptr ? nullptr : held->name.get();
    }
    /// The name from which the address was made; empty for an address of another kind.
    const std::string& name() const noexcept {
        static const std::string none;
        const auto* const held = std::get_if<std::string>(&to_);
        return held == nullptr ? none : *held;
    }
    /// The pid from which the address was made; empty for an address of another kind.
    pid who() const noexcept {
        const auto* const held = std::get_if<pid>(&to_);
        return held == nullptr ? pid{} : *held;
    }
    /// Equal only if both are of one kind.
    auto operator<=>(const address&) const noexcept = default;

    /// The name, or the pid as `<0.12.1>`; `undefined` for the empty pid; a key as `{via,registry,{rooms,"a"}}`.
    /// A friend, so that a text, which
    /// converts to an address, keeps its own text form.
    friend std::string to_string(const address& to);
    /// Prints the text of `to_string`.
    friend std::ostream& operator<<(std::ostream& out, const address& to);

  private:
    static std::string_view text_of(std::string_view name) noexcept { return name; }

    std::variant<pid, std::string, detail::via_ref> to_;
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
    /// The name from which the handle was made; empty for a handle of another kind.
    const std::string& name() const noexcept { return to_.name(); }
    /// The pid, the name or the key from which the handle was made.
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
        if (to.is_via()) {
            return to.via()->hash();
        }
        return to.is_name() ? std::hash<std::string>{}(to.name())
                            : std::hash<coppice::pid>{}(to.who());
    }
};

#pragma GCC visibility pop
