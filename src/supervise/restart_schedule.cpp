// SPDX-License-Identifier: Apache-2.0

#include "coppice/restart_schedule.hpp"

#include "coppice/process.hpp"
#include "supervise/backoff_delays.hpp"
#include "supervise/restart_window.hpp"
#include "supervise/validate.hpp"

namespace coppice {
namespace {

using std::chrono::nanoseconds;

/// Saturates, as the deadlines of the runtime do.
nanoseconds sum(nanoseconds a, nanoseconds b) {
    return a > nanoseconds::max() - b ? nanoseconds::max() : a + b;
}

void check(const failing_child& child) {
    if (supervise::has_wrong_field(child.backoff) || supervise::has_wrong_field(child.limit) ||
        child.lives_for.value() < nanoseconds::zero()) {
        throw badarg_error{
            "restart_schedule: a back-off, a limit or a life that no child can have"};
    }
}

}  // namespace

std::vector<scheduled_restart> restart_schedule(const failing_child& child, std::size_t count) {
    check(child);
    std::vector<scheduled_restart> out;
    supervise::backoff_delays delays{child.backoff};
    supervise::restart_window window{child.limit.max_restarts, child.limit.max_seconds.count()};
    nanoseconds now{0};
    while (out.size() < count && (out.empty() || !out.back().gives_up)) {
        const nanoseconds delay =
            child.backoff.is_on() ? delays.after_life(child.lives_for, 0) : nanoseconds::zero();
        now = sum(sum(now, child.lives_for), delay);
        const auto second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
        const bool allowed = window.account(second);
        out.push_back({delay, now, !allowed});
    }
    return out;
}

}  // namespace coppice
