// SPDX-License-Identifier: Apache-2.0

#include "behaviour/stop_wait.hpp"

#include "behaviour/stop_request.hpp"
#include "coppice/detail/reply.hpp"
#include "coppice/process.hpp"

namespace coppice::behaviour {

void stop_wait::await_suspend(std::coroutine_handle<> here) {
    suspend(here, timeout_, [this](std::uint64_t tag) {
        detail::owned_message asked{new stop_request{why_}};
        detail::monitor_for_wait(who_, tag);
        deliver(who_, asked.release());
    });
}

void stop_wait::await_resume() {
    if (timed_out) {
        detail::demonitor_for_wait(who_, tag());
        exit(reason::timeout);
    }
    if (!(ended_with_ == why_)) {
        exit(std::move(ended_with_));
    }
}

bool stop_wait::on_signal(detail::signal& s) {
    ended_with_ = static_cast<detail::down_signal&>(s).why;
    return true;
}

}  // namespace coppice::behaviour
