// SPDX-License-Identifier: Apache-2.0
// What a runtime's signals pass through on their way, if they do not arrive at once.
//
// Threads    Any.

#pragma once

#include "coppice/detail/signal.hpp"
#include "coppice/fwd.hpp"

namespace coppice::detail {

class process;

class signal_route {
  public:
    signal_route() = default;
    signal_route(const signal_route&) = delete;
    signal_route& operator=(const signal_route&) = delete;
    virtual ~signal_route() = default;

    /// Brings it there, now or later, and answers whose it is going to be; null, and the signal is still the
    /// caller's, if nobody's.
    virtual process* offer(const pid& to, signal& sent) noexcept = 0;
    /// A message is given away by the calling process, and sent later, by nobody.
    virtual void prepare(message_node& leaving) noexcept { static_cast<void>(leaving); }
};

}  // namespace coppice::detail
