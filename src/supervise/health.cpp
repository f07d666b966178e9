// SPDX-License-Identifier: Apache-2.0

#include "supervise/health.hpp"

#include <optional>
#include <string>

#include "coppice/health_check.hpp"
#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/sys.hpp"
#include "supervise/reports.hpp"

namespace coppice::supervise {
namespace {

/// Waits for the next check. False: the child has ended.
task<bool> wait_for_check(std::chrono::nanoseconds time) {
    auto waiting =
        receive([](const down_message&) { return false; }, after(time, [] { return true; }));
    co_return co_await waiting;
}

text_report ill(const pid& child, const std::string& id, int missed) {
    return {"Child " + id + " " + to_string(child) + " has not answered " + std::to_string(missed) +
            (missed == 1 ? " health check" : " health checks") + " and is killed"};
}

/// A failed question has the reason `{cause, {sys, …}}`.
bool is_late(const exit_reason& why) {
    return why.size() == 2 && why[0] == reason::timeout;
}

/// The function of the process. Ends with the child.
task<> look_after(pid child, std::string id, health_check how) {
    (void)monitor(child);
    int missed = 0;
    for (;;) {
        auto waiting = wait_for_check(how.every.value());
        const bool lives = co_await waiting;
        if (!lives) {
            co_return;
        }
        const sys::target asked{child};
        auto asking = sys::try_get_statistics(asked, how.timeout);
        const auto answer = co_await asking;
        if (!answer && !is_late(answer.error())) {
            co_return;  // the child has ended
        }
        missed = answer.has_value() ? 0 : missed + 1;
        if (missed >= how.failures) {
            break;
        }
    }
    report_if_possible(report_level::error, [&] { return ill(child, id, missed); });
    exit(child, reason::kill);
}

}  // namespace

void begin_health_checks(const pid& child, const child_spec& spec) {
    if (const std::optional<health_check> how = spec.health()) {
        detail::with_reserve([&] { spawn_link(look_after, child, spec.id(), *how); });
    }
}

}  // namespace coppice::supervise
