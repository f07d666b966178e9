// SPDX-License-Identifier: Apache-2.0
// Everything that passes between two processes is a signal in one queue, so that order per sender
// holds across messages, links, monitors and exits without being arranged.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coppice/detail/pool.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/fwd.hpp"
#include "coppice/pid.hpp"
#include "coppice/show.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

enum class signal_kind : std::uint8_t {
    message,    ///< For the mailbox.
    call,       ///< For the mailbox, and monitors its receiver until it is answered.
    exit,       ///< `exit(pid, reason)`.
    link_exit,  ///< A linked process ended.
    link,
    unlink,      ///< `tag` is the number of this one.
    unlink_ack,  ///< The same number: the link is over on both sides.
    monitor,
    demonitor,
    down,     ///< A monitored process ended, or never was.
    reply,    ///< Answers whoever waits for `tag`.
    timeout,  ///< A timer of a wait ran out.
    request,  ///< Runs a function in the receiver, answered even when it is dead.
};

struct signal {
    explicit signal(signal_kind k) noexcept : kind{k} {}

    signal* next = nullptr;
    signal_kind kind;
    bool flag = false;  ///< What it says depends on the kind, see process_signals.cpp.
    pid from;
    std::uint64_t tag = 0;  ///< A ref's value, 0 for none.
};

inline bool is_exit_signal(const signal& s) noexcept {
    return s.kind == signal_kind::exit || s.kind == signal_kind::link_exit;
}

struct message_node;

/// Messages that the runtime itself looks for.
enum class message_role : std::uint8_t {
    ordinary,
    exit,
    down,
    request,  ///< To servers of one class. flag: for their `handle_info`.
    system,   ///< A `system_request`, for what serves others of any class.
};

template <class T>
constexpr message_role role_of = std::is_same_v<T, exit_message>   ? message_role::exit
                                 : std::is_same_v<T, down_message> ? message_role::down
                                                                   : message_role::ordinary;

/// The hash of a type's name, once somebody has asked; 0 before.
template <class T>
constinit inline std::atomic<std::size_t> type_hash{0};

/// What the runtime has to know of a message's type.
struct message_type {
    const std::type_info* info;
    std::atomic<std::size_t>* hash;  ///< `type_hash` of it.
    void (*destroy)(message_node*) noexcept;
    std::string (*describe)(const message_node&);
    std::string (*show)(const message_node&);  ///< The value, as show.hpp prints it.
    void* (*payload)(message_node&) noexcept;
    /// The type whose name is all that `describe` says; null if it says more.
    const std::type_info* (*described_by)(const message_node&) noexcept;
    /// What the sender sent: `info` may be an envelope's.
    const std::type_info* (*carried)(const message_node&) noexcept;
    /// Likewise, when the receiver takes it; may have marks in its lowest bits, as handled_message tells.
    const std::type_info* (*taken)(const message_node&) noexcept;
    message_role role = message_role::ordinary;
};

struct message_node : signal {
    explicit message_node(const message_type& t) noexcept
        : signal{signal_kind::message}, type{&t} {}
    const message_type* type;
};

inline std::size_t hash_of(const std::type_info& type, std::atomic<std::size_t>& known) noexcept {
    std::size_t hash = known.load(std::memory_order_relaxed);
    if (hash == 0) {
        hash = type.hash_code() | 1U;
        known.store(hash, std::memory_order_relaxed);
    }
    return hash;
}

/// Whether the message is a T. A shared library may have a type_info of its own for the same type,
/// so types at different addresses have to be compared by name; their hashes spare most of that.
template <class T>
bool is_a(const message_node& node) noexcept {
    const message_type& type = *node.type;
    return type.info == &typeid(T) ||
           (hash_of(*type.info, *type.hash) == hash_of(typeid(T), type_hash<T>) &&
            *type.info == typeid(T));
}

template <class T>
std::string describe_value(const T& value) {
    if constexpr (requires { std::string{to_string(value)}; }) {
        return printed_safely([&] { return std::string{to_string(value)}; });
    } else if constexpr (requires { std::string{value}; }) {
        return printed_safely([&] { return "\"" + std::string{value} + "\""; });
    } else if constexpr (requires { std::to_string(value); }) {
        return std::to_string(value);
    } else {
        return readable_type_name(typeid(T));
    }
}

/// The same for every value of the type.
template <class T>
constexpr bool described_by_type = !requires(const T& value) { std::string{to_string(value)}; } &&
                                   !requires(const T& value) { std::string{value}; } &&
                                   !requires(const T& value) { std::to_string(value); };

template <class T>
const std::type_info* described_by() noexcept {
    return described_by_type<T> ? &typeid(T) : nullptr;
}

template <class T>
struct value_message final : message_node, pooled {
    template <class... Args>
    explicit value_message(Args&&... args)
        : message_node{type_of}, value{std::forward<Args>(args)...} {}

    static void destroy(message_node* node) noexcept { delete static_cast<value_message*>(node); }
    static std::string describe(const message_node& node) {
        return describe_value(static_cast<const value_message&>(node).value);
    }
    static std::string show(const message_node& node) {
        return coppice::show(static_cast<const value_message&>(node).value);
    }
    static void* payload(message_node& node) noexcept {
        return &static_cast<value_message&>(node).value;
    }
    static const std::type_info* described_by(const message_node&) noexcept {
        return detail::described_by<T>();
    }

    static const std::type_info* carried(const message_node&) noexcept { return &typeid(T); }

    static constexpr message_type type_of{&typeid(T), &type_hash<T>, &destroy,      &describe,
                                          &show,      &payload,      &described_by, &carried,
                                          &carried,   role_of<T>};
    T value;
};

void destroy_signal(signal* dead) noexcept;

}  // namespace coppice::detail

#pragma GCC visibility pop
