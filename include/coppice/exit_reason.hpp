// SPDX-License-Identifier: Apache-2.0
// The reason of a process's end, and its effects.
//
//     reason            linked peers that do not trap    transient child    reported
//     normal            nothing                          not restarted      no
//     shutdown          end with the process             not restarted      no
//     {shutdown, X}     end with the process             not restarted      no
//     anything else     end with the process             restarted          yes
//
// A reason is a small immutable term: a symbol, a text, an integer, a pid, a tuple of terms, an error (an
// exception that left the process) or any value of a user's type. Reasons print in Erlang's syntax.
// `reason::kill` kills only as the argument of `exit(pid, reason::kill)`.
//
// Threads    Values; a reason may be copied and compared on any thread.
// Blocking   None.
// Ownership  Copies share one immutable term. The last copy frees the term.
// Errors     Making or printing a reason may throw std::bad_alloc. A broken precondition aborts.
// Cost       Copying costs one relaxed atomic increment. Copying the reasons named below is free.
// Today      A value of a user's type stays within this OS process: no type has an encoding. The limits of
//            printing may change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "coppice/detail/encoding.hpp"
#include "coppice/detail/message_rules.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// An exception that left a process.
struct error_info {
    std::string type;          ///< The exception's type in C++ notation.
    std::string what;          ///< The exception's message.
    std::vector<void*> stack;  ///< Return addresses at the throw, innermost first. May be empty.
    /// The coroutines that awaited the throwing coroutine, innermost first. May be empty.
    std::vector<void*> waiting = {};
};

namespace detail {

enum class known_reason : std::uint8_t {
    normal,
    shutdown,
    kill,
    killed,
    noproc,
    timeout,
    calling_self,
    badarg,
    noconnection,
    mailbox_full,
};

struct reason_rep;

template <class M>
constexpr void require_message();  // in message.hpp, included below

/// A user's value inside a reason, behind the interface that a reason needs.
struct reason_value {
    reason_value() = default;
    reason_value(const reason_value&) = delete;
    reason_value& operator=(const reason_value&) = delete;
    virtual ~reason_value() = default;
    virtual const std::type_info& type() const noexcept = 0;
    virtual const void* address() const noexcept = 0;
    virtual bool equals(const reason_value& other) const = 0;
    virtual std::string print() const = 0;
    /// Encodes what `address` points to. Null: the value stays within this OS process.
    virtual encode_function encoding() const noexcept = 0;
};

std::string readable_type_name(const std::type_info& type);

/// Runs a user's printer. An exception of the printer must not prevent a report.
template <class Print>
std::string printed_safely(Print print) {
    try {
        return print();
    } catch (...) {
        return "(could not be printed: its to_string threw)";
    }
}

template <class T>
struct typed_reason_value final : reason_value {
    template <class V>
    explicit typed_reason_value(V&& v) : value(std::forward<V>(v)) {}

    const std::type_info& type() const noexcept override { return typeid(T); }
    const void* address() const noexcept override { return &value; }

    bool equals(const reason_value& other) const override {
        if constexpr (requires { value == value; }) {
            return other.type() == typeid(T) && value == *static_cast<const T*>(other.address());
        } else {
            return this == &other;
        }
    }

    std::string print() const override {
        if constexpr (requires { std::string{to_string(value)}; }) {
            return printed_safely([&] { return std::string{to_string(value)}; });
        } else {
            return "#" + readable_type_name(typeid(T));
        }
    }

    encode_function encoding() const noexcept override { return encoding_of<T>; }

    T value;
};

}  // namespace detail

/// Why a process has ended: OTP's exit reason. A default-constructed reason is `normal`.
class exit_reason {
  public:
    /// `normal`.
    constexpr exit_reason() noexcept : exit_reason{detail::known_reason::normal} {}
    /// Made by the constants of namespace `reason`.
    constexpr explicit exit_reason(detail::known_reason known) noexcept
        : word_{(static_cast<std::uintptr_t>(known) << 1U) | 1U} {}

    /// A symbol, as in `exit("disk_full")`.
    exit_reason(const char* name);  // NOLINT(google-explicit-constructor): a symbol is written bare

    /// A copy shares the term. Construction by a move leaves `normal`, and assignment by a move swaps.
    constexpr exit_reason(const exit_reason& other) noexcept : word_{other.word_} {
        if (!is_known()) {
            retain();
        }
    }
    constexpr exit_reason(exit_reason&& other) noexcept
        : word_{std::exchange(other.word_, std::uintptr_t{1})} {}
    constexpr exit_reason& operator=(const exit_reason& other) noexcept {
        exit_reason{other}.swap(*this);
        return *this;
    }
    constexpr exit_reason& operator=(exit_reason&& other) noexcept {
        other.swap(*this);
        return *this;
    }
    constexpr ~exit_reason() {
        if (!is_known()) {
            release();
        }
    }

    /// The terms without a user's type. A symbol with the name of a constant in namespace `reason` equals the
    /// constant. A text prints in quotes, a symbol bare.
    static exit_reason symbol(std::string_view name);
    static exit_reason text(std::string value);
    static exit_reason integer(std::int64_t value);
    static exit_reason process(const pid& who);
    /// An exception as a reason. The runtime makes these for exceptions that leave a process.
    static exit_reason error(error_info info);

    /// `{term, …}`: `tuple("bad_order", exit_reason::integer(7))`. The second form takes a list.
    template <class... Terms>
    static exit_reason tuple(Terms... terms) {
        return tuple_of(std::vector<exit_reason>{exit_reason{std::move(terms)}...});
    }
    static exit_reason tuple_of(std::vector<exit_reason> terms);

    /// Any value of a user's type. Compared by the type's `==` and printed by its `to_string`,
    /// unless `to_string` throws. A reason travels to other processes, so the value must share
    /// no memory, like a message.
    template <class T>
    static exit_reason of(T&& value) {
        detail::require_safe_arguments<T>();
        detail::require_message<std::decay_t<T>>();
        return holding(new detail::typed_reason_value<std::decay_t<T>>(std::forward<T>(value)));
    }

    /// `normal`, `shutdown` or `{shutdown, X}`: an end without a report.
    bool is_quiet() const noexcept;
    /// `shutdown` or `{shutdown, X}`.
    bool is_shutdown() const noexcept;

    /// The error, or null when the reason is no error.
    const error_info* as_error() const noexcept;
    /// The symbol's name, empty when the reason is no symbol.
    std::string_view as_symbol() const noexcept;
    /// The text, or null.
    const std::string* as_text() const noexcept;
    /// The pid, empty when the reason is no pid.
    pid as_process() const noexcept;
    /// The user's value, or null when the reason holds no `T`.
    template <class T>
    const T* as() const noexcept {
        const detail::reason_value* held = value();
        return held != nullptr && held->type() == typeid(T) ? static_cast<const T*>(held->address())
                                                            : nullptr;
    }

    /// A tuple's number of terms, 0 for anything else.
    std::size_t size() const noexcept;
    /// Precondition: `index < size()`.
    const exit_reason& operator[](std::size_t index) const noexcept;

    /// Two errors are equal if type and message are equal. Stacks are not compared.
    friend bool operator==(const exit_reason& left, const exit_reason& right) {
        return left.word_ == right.word_ ||
               (!left.is_known() && !right.is_known() && are_equal_terms(left, right));
    }

    /// O(1), without counting owners.
    constexpr void swap(exit_reason& other) noexcept { std::swap(word_, other.word_); }

  private:
    friend struct detail::reason_rep;
    explicit exit_reason(const detail::reason_rep* rep) noexcept
        : word_{reinterpret_cast<std::uintptr_t>(rep)} {}

    constexpr bool is_known() const noexcept { return (word_ & 1U) != 0; }
    const detail::reason_rep& rep() const noexcept {
        return *reinterpret_cast<const detail::reason_rep*>(word_);
    }
    void retain() const noexcept;
    void release() const noexcept;
    /// Precondition: neither reason is a known one.
    static bool are_equal_terms(const exit_reason& left, const exit_reason& right);
    static exit_reason holding(detail::reason_value* owned);
    const detail::reason_value* value() const noexcept;

    std::uintptr_t word_;  ///< Odd: a known reason. Even: a counted representation.
};

/// In Erlang's syntax on one line, made printable by printable.hpp. Cut with `...` at 16 levels and 16 KiB.
[[nodiscard]] std::string to_string(const exit_reason& why);
/// Prints the text of `to_string`.
std::ostream& operator<<(std::ostream& out, const exit_reason& why);

/// The reasons with a meaning in OTP.
namespace reason {
/// The work is done. Peers that are linked do not end.
inline constexpr exit_reason normal{detail::known_reason::normal};
/// An orderly stop, as by a supervisor.
inline constexpr exit_reason shutdown{detail::known_reason::shutdown};
/// Only for `exit(pid, reason::kill)`: ends the process even if the process traps exits.
inline constexpr exit_reason kill{detail::known_reason::kill};
/// The reason of a process that `kill` has ended.
inline constexpr exit_reason killed{detail::known_reason::killed};
/// There is no such process.
inline constexpr exit_reason noproc{detail::known_reason::noproc};
/// A call, a start or a stop took too long.
inline constexpr exit_reason timeout{detail::known_reason::timeout};
/// A process called or stopped itself.
inline constexpr exit_reason calling_self{detail::known_reason::calling_self};
/// An argument is not valid.
inline constexpr exit_reason badarg{detail::known_reason::badarg};
/// The process is of another node, and there is no connection to the node. The process may be alive.
inline constexpr exit_reason noconnection{detail::known_reason::noconnection};
/// The mailbox is full: why a call fails, and why a process ends, see mailbox_limit.hpp.
inline constexpr exit_reason mailbox_full{detail::known_reason::mailbox_full};

/// `{shutdown, payload}`.
[[nodiscard]] inline exit_reason shutdown_with(exit_reason payload) {
    return exit_reason::tuple(shutdown, std::move(payload));
}
}  // namespace reason

}  // namespace coppice

#pragma GCC visibility pop
