// SPDX-License-Identifier: Apache-2.0
// The signals that answer.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// `reply`: answers the wait with tag. flag: the sender has already dropped the call's monitor.
struct reply_signal final : signal, pooled {
    explicit reply_signal(owned_message m) noexcept
        : signal{signal_kind::reply}, message{std::move(m)} {}
    owned_message message;
};

/// A name that most have none of: null instead of empty.
using name_if_any = std::unique_ptr<std::string>;

/// `down`: the process `from` that tag monitors ended. flag: for a wait, not for the mailbox.
struct down_signal final : signal, pooled {
    explicit down_signal(exit_reason w) noexcept : signal{signal_kind::down}, why{std::move(w)} {}
    name_if_any name;  ///< By which it was monitored.
    exit_reason why;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
