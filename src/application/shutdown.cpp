// SPDX-License-Identifier: Apache-2.0

#include "application/shutdown.hpp"

#include "coppice/receive.hpp"

namespace coppice::application::detail {

task<> until_down(ref watching) {
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message&) {}));
    co_await waiting;
}

task<> shut_down(pid who) {
    auto ending = shut_down_within(who, std::chrono::nanoseconds::max());
    (void)co_await ending;
}

task<bool> shut_down_within(pid who, time_span limit) {
    const ref watching = monitor(who);
    exit(who, reason::shutdown);
    bool in_time = true;
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message&) {}),
                           after(limit, [&in_time] { in_time = false; }));
    co_await waiting;
    if (!in_time) {
        exit(who, reason::kill);
        auto dying = until_down(watching);
        co_await dying;
    }
    co_return in_time;
}

}  // namespace coppice::application::detail
