// SPDX-License-Identifier: Apache-2.0
// A call as a span, for the one who waits for its reply.

#pragma once

#include <memory>

#include "coppice/detail/server_body.hpp"
#include "coppice/telemetry_events.hpp"
#include "telemetry/hub.hpp"

namespace coppice::detail {

class call_span {
  public:
    /// Tells of the start. Null if there is nobody to tell, or no memory. If the caller has a context the
    /// request carries the span's.
    static call_span* begin(message_node& request, const call_target& target) noexcept;

    // Each tells of the end, once, and destroys it.
    static void stop(call_span* ended) noexcept;
    static void fail(call_span* ended, const exit_reason& why,
                     telemetry::call_failure how) noexcept;

  private:
    call_span(runtime_core& world, message_node& request, const call_target& target);
    nanoseconds duration() const;

    runtime_core& world_;
    telemetry::call_facts facts_;
    nanoseconds began_;
};

}  // namespace coppice::detail
