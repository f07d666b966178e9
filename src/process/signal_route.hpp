// SPDX-License-Identifier: Apache-2.0
// The route of a runtime's signals, if signals do not arrive at once.
//
// Threads    Any.

#pragma once

#include "coppice/detail/signal.hpp"
#include "coppice/fwd.hpp"
#include "process/receipt.hpp"

namespace coppice::process_layer {

class signal_route {
  public:
    signal_route() = default;
    signal_route(const signal_route&) = delete;
    signal_route& operator=(const signal_route&) = delete;
    virtual ~signal_route() = default;

    /// Delivers the signal, now or later. If no process will get the signal, the caller keeps the signal.
    virtual receipt offer(const pid& to, detail::signal& sent) noexcept = 0;
    /// Called when the calling process hands a message to a timer, which sends the message
    /// later from no process.
    virtual void prepare(detail::message_node& leaving) noexcept { static_cast<void>(leaving); }
};

}  // namespace coppice::process_layer
