// SPDX-License-Identifier: Apache-2.0
// Signals that answer.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
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

/// The value of a reply without content.
struct nothing {};
/// As OTP shows a reply without content.
inline std::string to_string(nothing /*unused*/) {
    return "ok";
}
owned_message no_value();

/// `reply`: answers the wait, or the monitor, with `tag`. The value itself is the signal, so a reply is one block.
/// flag: of the reply to a call, that the sender has already removed the call's monitor; of the reply to a `request`,
/// that the value is the answer.
message_node* as_reply(owned_message value) noexcept;
/// The value as a message again. Takes the reply.
owned_message taken_value(message_node& reply) noexcept;

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
