// SPDX-License-Identifier: Apache-2.0
// The topics reports, events, statistics and trace.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coppice/events.hpp"
#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "coppice/statistics.hpp"
#include "coppice/sys.hpp"
#include "inspect/ask.hpp"
#include "inspect/protocol.hpp"
#include "inspect/statistics_json.hpp"
#include "inspect/subscriptions.hpp"

namespace coppice::inspect {
namespace {

using namespace std::chrono_literals;

/// The polling interval for new events.
constexpr std::chrono::milliseconds pause = 100ms;
/// The most reports or events in one round. Further events wait; reports beyond the
/// reader's room are dropped and counted.
constexpr std::size_t at_a_time = 200;
constexpr bounds intervals{100, 10'000};

/// The pause between two rounds. Also collects the processes that request a flush.
class rest_between_looks {
  public:
    /// Whether a process waits for the end of this round.
    bool is_awaited() const noexcept { return !requesters_.empty(); }
    /// Ends the round.
    task<> rest() {
        for (const pid& each : requesters_) {
            send(each, flushed{self()});
        }
        requesters_.clear();
        co_await receive([this](const flush_request& m) { requesters_.push_back(m.requester); },
                         after(pause, [] {}));
    }

  private:
    std::vector<pid> requesters_;
};

void check_reports(const parameters& given) {
    (void)level_from(given.text("level", "notice"));
}

std::shared_ptr<report_reader> listen_to_reports(const parameters& given) {
    return std::make_shared<report_reader>(level_from(given.text("level", "notice")));
}

task<> tell_reports(const subscription& what) {
    report_reader& reader = *what.reports;
    std::uint64_t dropped = 0;
    rest_between_looks between;
    for (;;) {
        for (const report& each : reader.take(between.is_awaited() ? SIZE_MAX : at_a_time)) {
            what.tell(to_json(each));
        }
        if (const std::uint64_t now = reader.dropped(); now != dropped) {
            json data;
            data["dropped"] = now - std::exchange(dropped, now);
            what.tell(data);
        }
        auto resting = between.rest();
        co_await resting;
    }
}

void check_events(const parameters& given) {
    (void)given.number("since", 0, {0, INT64_MAX});
}

task<> tell_events(const subscription& what) {
    auto next = static_cast<std::uint64_t>(what.given.number("since", 0, {0, INT64_MAX}));
    rest_between_looks between;
    for (;;) {
        const events::page found = events::recent(next, at_a_time);
        if (!found.items.empty()) {
            what.tell(to_json(found));
        }
        next = std::max(next, found.next);
        if (between.is_awaited() && found.items.size() == at_a_time) {
            co_await yield_if_due();
            // A full page: more events wait.
            continue;
        }
        auto resting = between.rest();
        co_await resting;
    }
}

void check_statistics(const parameters& given) {
    (void)given.number("interval", 1000, intervals);
}

task<> tell_statistics(const subscription& what) {
    const std::chrono::milliseconds interval{what.given.number("interval", 1000, intervals)};
    runtime_statistics before = statistics();
    co_await sleep(std::min(interval, pause));
    for (;;) {
        runtime_statistics now = statistics();
        what.tell(to_json(now, before));
        before = std::move(now);
        co_await sleep(interval);
    }
}

/// From the traced server to the process of the subscription.
struct traced {
    sys::event event;
};

void check_trace(const parameters& given) {
    (void)given.process();
}

json to_json(const sys::event& seen) {
    constexpr std::array names{"call", "cast", "info", "reply", "noreply", "continue"};
    return {{"text", to_string(seen)},
            {"kind", names.at(static_cast<std::size_t>(seen.kind))},
            {"peer", pid_or_null(seen.peer)},
            {"message", seen.message},
            {"state", seen.state}};
}

/// Counts the trace messages on the way to the subscription. Bounded, since the server must not wait.
struct trace_account {
    static constexpr int waiting_max = 1000;
    std::atomic<int> waiting{0};
    std::atomic<std::uint64_t> dropped{0};
};

/// Ends when the subscription has ended. A server without messages never runs the tracer;
/// `end_trace_after` covers that case.
struct tracer {
    pid to;
    std::shared_ptr<trace_account> account;

    sys::next operator()(const sys::event& seen) const {
        if (!coppice::detail::is_alive_now(to)) {
            return sys::next::done;
        }
        if (account->waiting.load(std::memory_order_relaxed) >= trace_account::waiting_max) {
            account->dropped.fetch_add(1, std::memory_order_relaxed);
            return sys::next::go_on;
        }
        account->waiting.fetch_add(1, std::memory_order_relaxed);
        send(to, traced{seen});
        return sys::next::go_on;
    }
};

/// Outlives the subscription, whatever its end: on an idle server the trace would stay installed.
task<> end_trace_after(pid subscription, pid who, std::string id) {
    // A request in the mailbox of a busy server takes effect later.
    constexpr auto patience = 5s;
    monitor(subscription);
    co_await receive<down_message>();
    const sys::target target{who};
    auto removing = sys::try_remove(target, id, patience);
    (void)co_await removing;
}

task<> tell_trace(const subscription& what) {
    const pid who = what.given.process();
    const sys::target target{who};
    const std::string id = "inspect " + to_string(self());
    monitor(who);
    const pid me = self();
    spawn(end_trace_after, me, who, id);
    const auto account = std::make_shared<trace_account>();
    tracer installed_one{self(), account};
    auto installing = sys::try_install(target, id, std::move(installed_one));
    const auto installed = co_await installing;
    if (!installed) {
        exit(installed.error());
    }
    for (;;) {
        bool has_ended = false;
        exit_reason why;
        co_await receive(
            [&](const traced& m) {
                account->waiting.fetch_sub(1, std::memory_order_relaxed);
                json data = to_json(m.event);
                data["dropped"] = account->dropped.load(std::memory_order_relaxed);
                what.tell(data);
            },
            [&](const down_message& m) {
                has_ended = true;
                why = m.why;
            });
        if (has_ended) {
            exit(why);
        }
    }
}

constexpr std::array table{
    topic{"reports", check_reports, tell_reports, listen_to_reports, true},
    topic{"events", check_events, tell_events, nullptr, true},
    topic{"statistics", check_statistics, tell_statistics},
    topic{"trace", check_trace, tell_trace},
};

}  // namespace

std::span<const topic> other_topics() {
    return table;
}

}  // namespace coppice::inspect
