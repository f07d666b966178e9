// SPDX-License-Identifier: Apache-2.0

#include "supervise/stop_child.hpp"

#include <optional>
#include <utility>

#include "coppice/detail/reply.hpp"

namespace coppice::supervise {

using detail::nanoseconds;

void child_stop::await_suspend(std::coroutine_handle<> here) {
    const bool no_time = !limit_.is_brutal_kill() && limit_.value().count() == 0;
    const bool no_limit = limit_.is_brutal_kill() || limit_.is_infinity() || no_time;
    const exit_reason why = limit_.is_brutal_kill() ? reason::kill : reason::shutdown;
    detail::with_reserve([&] {
        detail::end_request asking{why, no_time ? std::optional{reason::kill} : std::nullopt};
        suspend(here, no_limit ? detail::forever : nanoseconds{limit_.value()},
                [&](std::uint64_t tag) { asking.send(child_, tag); });
    });
}

child_end child_stop::await_resume() {
    unlink(child_);
    child_end ended{std::move(why_), false};
    ended.before = ended.why == reason::noproc;
    if (const detail::owned_message message = detail::take_exit_message(child_)) {
        ended.why = static_cast<exit_message*>(message->type->payload(*message))->why;
    }
    return ended;
}

bool child_stop::on_signal(detail::signal& s) {
    why_ = static_cast<detail::down_signal&>(s).why;
    return true;
}

bool child_stop::on_timeout() {
    exit(child_, reason::kill);
    return false;  // wait on, now without a limit
}

bool is_expected_end(const child_end& ended, const child_spec& spec) {
    if (spec.shutdown().is_brutal_kill() && ended.why == reason::killed) {
        return true;
    }
    return ended.why == reason::normal ? spec.restart() != restart_type::permanent
                                       : ended.why.is_shutdown();
}

bool is_expected_dynamic_end(const child_end& ended, const child_spec& spec) {
    const bool normally = ended.why == reason::normal && spec.restart() != restart_type::permanent;
    if (ended.before) {
        return normally;
    }
    return spec.shutdown().is_brutal_kill() ? ended.why == reason::killed
                                            : normally || ended.why.is_shutdown();
}

}  // namespace coppice::supervise
