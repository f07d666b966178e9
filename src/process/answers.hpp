// SPDX-License-Identifier: Apache-2.0
// Answers to signals: the answers of any process, and the answers of the runtime for a dead process.
//
//     a signal to a dead process    the answer
//     link                          `link_exit` with the reason of the absence
//     unlink                        `unlink_ack`
//     call, monitor                 `down` with the reason of the absence
//     request                       the reply, left blank
//     down, to the outside pid      none; ends the wait of a thread outside
//     any other                     none
//
// Threads    Any.

#pragma once

#include "process/signals.hpp"

namespace coppice::detail {
class runtime_core;
}

namespace coppice::process_layer {

/// Consumes a signal to a dead process and sends the answer of the dead. Throws std::bad_alloc for a
/// call, and for nothing else.
void refuse(detail::runtime_core& world, const pid& dead, detail::signal* refused);
/// Sends the answer of the dead to a call, and leaves the call alone. If the function
/// throws, nothing has changed.
void tell_caller(detail::runtime_core& world, const pid& dead, const detail::signal& call);
/// Turns the `unlink` into the `unlink_ack` that the process `me` sends back.
void acknowledge_unlink(detail::runtime_core& world, const pid& me,
                        detail::owned_signal told) noexcept;
/// Sends the reply that the request brought.
void send_reply_of(detail::runtime_core& world, const pid& me, request_signal& asked) noexcept;

}  // namespace coppice::process_layer
