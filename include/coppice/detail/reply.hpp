// SPDX-License-Identifier: Apache-2.0
// The signals that answer.

#pragma once

#include <utility>

#include "coppice/detail/kernel.hpp"

namespace coppice::detail {

/// `reply`: answers the wait with tag. flag: the sender has already dropped the call's monitor.
struct reply_signal final : signal, pooled {
    explicit reply_signal(owned_message m) noexcept
        : signal{signal_kind::reply}, message{std::move(m)} {}
    owned_message message;
};

/// `down`: the process `from` that tag monitors ended. flag: for a wait, not for the mailbox.
struct down_signal final : signal, pooled {
    explicit down_signal(exit_reason w) noexcept : signal{signal_kind::down}, why{std::move(w)} {}
    std::string name;
    exit_reason why;
};

}  // namespace coppice::detail
