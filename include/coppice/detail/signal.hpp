// SPDX-License-Identifier: Apache-2.0
// Signals. Everything that passes between two processes is a signal in one queue. So signals from one sender
// keep their order without extra work, across messages, links, monitors and exits.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coppice/detail/encoding.hpp"
#include "coppice/detail/pool.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/fwd.hpp"
#include "coppice/pid.hpp"
#include "coppice/show.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

enum class signal_kind : std::uint8_t {
    message,    ///< For the mailbox.
    call,       ///< For the mailbox. The caller monitors the receiver until the reply comes.
    exit,       ///< `exit(pid, reason)`.
    link_exit,  ///< A linked process has ended.
    link,
    unlink,      ///< `tag` is the number of this unlink.
    unlink_ack,  ///< The number of the unlink again: the link is gone on both sides.
    monitor,
    demonitor,
    down,     ///< A monitored process has ended, or never existed.
    reply,    ///< The answer to the wait with `tag`, or to the monitor with `tag`.
    timeout,  ///< A timer has run out.
    request,  ///< Runs a function in the receiver. Answered even if the receiver is dead.
};

struct signal {
    explicit signal(signal_kind k) noexcept : kind{k} {}

    signal* next = nullptr;
    signal_kind kind;
    bool flag = false;  ///< Meaning depends on the kind, see process/signals.hpp.
    /// Of a reply: it answers the monitor with the tag, not a call or a request. Of a message: it was such a reply. Of a call: the caller takes such a reply.
    bool to_monitor = false;
    pid from;
    std::uint64_t tag = 0;  ///< The value of a ref. 0 for none.
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
    request,   ///< For servers of one class. flag: for `handle_info`.
    system,    ///< A `system_request`, for a server of any class.
    response,  ///< To a request whose sender does not wait.
};

template <class T>
constexpr message_role role_of = std::is_same_v<T, exit_message>   ? message_role::exit
                                 : std::is_same_v<T, down_message> ? message_role::down
                                                                   : message_role::ordinary;

/// The hash of the type's name, computed at first use. 0 before.
template <class T>
constinit inline std::atomic<std::size_t> type_hash{0};

/// The facts that the runtime needs about the type of a message.
struct message_type {
    const std::type_info* info;
    std::atomic<std::size_t>* hash;  ///< The `type_hash` of the type.
    void (*destroy)(message_node*) noexcept;
    std::string (*describe)(const message_node&);
    std::string (*show)(const message_node&);  ///< The value, as show.hpp prints it.
    void* (*payload)(message_node&) noexcept;
    /// The type, if `describe` answers with nothing but the type's name. Null if `describe` says more.
    const std::type_info* (*described_by)(const message_node&) noexcept;
    /// The type that the sender sent. `info` may be the type of an envelope.
    const std::type_info* (*carried)(const message_node&) noexcept;
    /// The type when the receiver takes the message. The lowest bits may be marks, see `handled_message`.
    const std::type_info* (*taken)(const message_node&) noexcept;
    message_role role = message_role::ordinary;
    /// Encodes the value that `payload` returns. Null: the message stays within this OS process.
    encode_function encode = nullptr;
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

/// Compares types that are at different addresses. Not inlined: most messages of a receive are of the wanted
/// type, and pass by without saving registers.
[[gnu::noinline]] inline bool is_named_alike(const message_type& type, const std::type_info& wanted,
                                             std::atomic<std::size_t>& known) noexcept {
    return hash_of(*type.info, *type.hash) == hash_of(wanted, known) && *type.info == wanted;
}

/// Whether the message is a T. A shared library may have another type_info object for the same type, so types
/// at different addresses are compared by name. Comparing hashes first avoids most comparisons of names.
template <class T>
bool is_a(const message_node& node) noexcept {
    const message_type& type = *node.type;
    return type.info == &typeid(T) || is_named_alike(type, typeid(T), type_hash<T>);
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

/// Whether the description is the same for all values of the type.
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
                                          &carried,   role_of<T>,    encoding_of<T>};
    T value;
};

void destroy_signal(signal* dead) noexcept;

}  // namespace coppice::detail

#pragma GCC visibility pop
