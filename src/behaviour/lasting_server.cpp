// SPDX-License-Identifier: Apache-2.0

#include "coppice/lasting_server.hpp"

#include <algorithm>
#include <chrono>

#include "coppice/address.hpp"
#include "coppice/process.hpp"

namespace coppice {
namespace {

using detail::nanoseconds;
using namespace std::chrono_literals;

constexpr nanoseconds pause_first = 1ms;
constexpr nanoseconds pause_longest = 50ms;

/// The pause before the next look-up, which ends at the latest with the wait.
nanoseconds next_pause(nanoseconds& pause, nanoseconds end) {
    const nanoseconds out = std::min(pause, detail::time_until(end));
    pause = std::min(2 * pause, pause_longest);
    return out;
}

}  // namespace

pid lasting_name::process() {
    const pid now = detail::whereis_name(name_);
    if (now != met_) {
        lost_ += std::exchange(unconfirmed_, 0);
        if (now) {
            met_ = now;
            ++incarnation_;
        }
    }
    return now;
}

std::uint64_t lasting_name::incarnation() {
    (void)process();
    return incarnation_;
}

std::uint64_t lasting_name::unconfirmed() {
    (void)process();
    return unconfirmed_;
}

std::uint64_t lasting_name::take_lost() {
    (void)process();
    return std::exchange(lost_, 0);
}

void lasting_name::confirmed(const pid& answered) noexcept {
    if (answered == met_) {
        unconfirmed_ = 0;
    }
}

task<std::expected<pid, exit_reason>> lasting_name::wait_until_running(time_span limit) {
    const nanoseconds end = detail::time_after(limit);
    nanoseconds pause = pause_first;
    for (;;) {
        if (const pid found = process()) {
            co_return found;
        }
        if (detail::time_until(end) == nanoseconds::zero()) {
            co_return std::unexpected{reason::timeout};
        }
        co_await sleep(next_pause(pause, end));
    }
}

task<std::expected<pid, exit_reason>> lasting_name::wait_until_restarted(time_span limit) {
    const nanoseconds end = detail::time_after(limit);
    const pid before = met_;
    nanoseconds pause = pause_first;
    for (;;) {
        if (const pid found = process(); found && found != before) {
            co_return found;
        }
        if (detail::time_until(end) == nanoseconds::zero()) {
            co_return std::unexpected{reason::timeout};
        }
        co_await sleep(next_pause(pause, end));
    }
}

namespace detail {

/// A failed call has the reason `{cause, {gen_server, call, …}}`.
exit_reason cause_of(const exit_reason& why) {
    return why.size() == 2 ? why[0] : why;
}

bool is_repeated(const exit_reason& cause, after_end then) {
    if (cause == reason::timeout || cause == reason::calling_self) {
        return false;
    }
    return cause == reason::noproc || then == after_end::again;
}

nanoseconds pause_until(nanoseconds end) {
    return std::min(pause_first, time_until(end));
}

}  // namespace detail
}  // namespace coppice
