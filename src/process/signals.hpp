// SPDX-License-Identifier: Apache-2.0
// The signals that are no messages. What `flag` and `tag` of the base mean is said at each.

#pragma once

#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"

namespace coppice::detail {

/// `exit`: exit(pid, why). `link_exit`: the linked process `from` ended with why.
struct exit_signal final : signal, pooled {
    exit_signal(signal_kind k, exit_reason w) noexcept : signal{k}, why{std::move(w)} {}
    exit_reason why;
};

/// `link`, `unlink` and `unlink_ack` (tag), `demonitor` (tag). Nothing but the base.
struct plain_signal final : signal, pooled {
    using signal::signal;
};

/// `monitor`: from watches with tag. flag: the down signal goes to a waiter, not to the mailbox.
struct monitor_signal final : signal, pooled {
    explicit monitor_signal(name_if_any n) noexcept
        : signal{signal_kind::monitor}, name{std::move(n)} {}
    name_if_any name;
};

/// `timeout`: the timer of tag is due.
struct timeout_signal final : signal, pooled {
    timeout_signal() noexcept : signal{signal_kind::timeout} {}
};

/// `request`: runs in the receiver. The answer goes to from, as a reply with tag.
struct request_signal : signal {
    request_signal() noexcept : signal{signal_kind::request} {}
    virtual ~request_signal() = default;
    /// Builds the answer; `target` is null when the process is gone.
    virtual message_node* answer(process* target) = 0;
};

}  // namespace coppice::detail
