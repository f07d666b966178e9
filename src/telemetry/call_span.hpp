// SPDX-License-Identifier: Apache-2.0
// The span of a call, seen from the caller that waits for the reply.

#pragma once

#include <memory>

#include "coppice/detail/call_wait.hpp"
#include "coppice/telemetry_events.hpp"
#include "telemetry/hub.hpp"

namespace coppice::detail {

class call_span {
  public:
    /// Reports the start. Null for a call by dead code, for a system message, or if memory runs out. If the
    /// caller has a context, the request carries the context of the span.
    static call_span* begin(message_node& request, const call_target& target) noexcept;

    // Each reports the end and destroys the span. One of the two is called, once.
    static void stop(call_span* ended) noexcept;
    static void fail(call_span* ended, const exit_reason& why,
                     telemetry::call_failure how) noexcept;

  private:
    call_span(runtime_core& world, message_node& request, const call_target& target);
    nanoseconds duration() const;

    runtime_core& runtime_;
    telemetry::call_facts facts_;
    nanoseconds began_;
};

}  // namespace coppice::detail
