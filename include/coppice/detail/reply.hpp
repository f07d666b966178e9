// SPDX-License-Identifier: Apache-2.0
// Signals that answer.

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Signals of one block size, so that an answer can reuse the memory of the answered signal.
struct control_signal : signal {
    using signal::signal;
    static constexpr std::size_t block_size = 48;
    static void* operator new(std::size_t) { return pool_allocate(block_size); }
    static void operator delete(void* block) noexcept { pool_free(block, block_size); }
};

/// Builds an answer in the memory of `asked`, which is destroyed. The answer's `from` and `tag` are not set.
template <class Answer, class Asked, class... Args>
Answer* turned_into(Asked* asked, Args&&... args) noexcept {
    static_assert(std::is_base_of_v<control_signal, Asked>);
    static_assert(std::is_base_of_v<control_signal, Answer>);
    static_assert(sizeof(Asked) <= control_signal::block_size);
    static_assert(sizeof(Answer) <= control_signal::block_size);
    std::destroy_at(asked);
    return ::new (static_cast<void*>(asked)) Answer{std::forward<Args>(args)...};
}

/// The value of a reply without content.
struct nothing {};
/// As OTP shows a reply without content.
inline std::string to_string(nothing /*unused*/) {
    return "ok";
}
inline owned_message no_value() {
    return owned_message{new value_message<nothing>()};
}

/// `reply`: answers the wait, or the monitor, with `tag`. The value itself is the signal, so a reply is one block.
/// flag: of the reply to a call, that the sender has already removed the call's monitor; of the reply to a `request`,
/// that the value is the answer.
inline message_node* as_reply(owned_message value) noexcept {
    value->kind = signal_kind::reply;
    return value.release();
}
/// The value as a message again. Takes the reply.
inline owned_message taken_value(message_node& reply) noexcept {
    reply.kind = signal_kind::message;
    reply.flag = false;
    reply.to_monitor = false;
    reply.tag = 0;
    return owned_message{&reply};
}

/// An optional name. Most signals have none, so a null pointer stands for an empty name.
using name_if_any = std::unique_ptr<std::string>;

/// `down`: the process `from`, monitored with `tag`, has ended. flag: for a wait, not for the mailbox.
struct down_signal final : control_signal {
    explicit down_signal(exit_reason w) noexcept
        : control_signal{signal_kind::down}, why{std::move(w)} {}
    name_if_any name;  ///< The name that was monitored.
    exit_reason why;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
