// SPDX-License-Identifier: Apache-2.0
// The signals that are no messages. Each struct gives the meaning of `flag` and `tag` of the base.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"

namespace coppice::detail {

/// `exit`: exit(pid, why); flag: as if the receiver's parent had sent the signal. `link_exit`: the linked
/// process `from` has ended with why.
struct exit_signal final : control_signal {
    exit_signal(signal_kind k, exit_reason w) noexcept : control_signal{k}, why{std::move(w)} {}
    exit_reason why;
};

/// `link`, `unlink` and `unlink_ack` (tag), `demonitor` (tag). No fields but the base's.
struct plain_signal final : control_signal {
    using control_signal::control_signal;
};

/// `monitor`: the process `from` monitors with tag. flag: the down signal goes to a wait, not to the mailbox.
struct monitor_signal final : control_signal {
    explicit monitor_signal(name_if_any n) noexcept
        : control_signal{signal_kind::monitor}, name{std::move(n)} {}
    name_if_any name;
};

/// `timeout`: the timer of tag is due. The signal is part of that timer, so a due timer needs no memory.
struct timeout_signal : signal {
    timeout_signal() noexcept : signal{signal_kind::timeout} {}
    virtual ~timeout_signal() = default;
};

/// `request`: runs in the receiver. The answer goes to `from`, as a reply with tag. The asking process
/// allocates the reply, so neither a living nor a dead receiver needs memory to answer.
struct request_signal : signal {
    explicit request_signal(owned_message blank)
        : signal{signal_kind::request}, reply{std::make_unique<reply_signal>(std::move(blank))} {}
    virtual ~request_signal() = default;
    /// Fills in the value of `reply`. If an exception is thrown, the reply is empty and the
    /// asking process throws.
    virtual void answer(process& target) = 0;
    /// Whether the answer is independent of state that a handler may be changing.
    virtual bool is_of_birth() const noexcept { return false; }

    std::unique_ptr<reply_signal> reply;
};

}  // namespace coppice::detail
