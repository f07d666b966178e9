// SPDX-License-Identifier: Apache-2.0
// Children for tests of supervisors, with scripted starts, ends and stops.

#pragma once

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/worlds.hpp"

namespace coppice::test {

/// The outcome of a start. `leave` and `raise` happen in the start function, in a turn of the supervisor.
enum class answer : std::uint8_t { ok, ignore, error, crash, leave, raise };

struct kid {
    struct end {
        exit_reason why;
    };
    struct detach {
        pid from;
    };
    struct get {};

    /// `takes`: the time from the request to stop until the end. The exit reason is `leaves_with`.
    struct manners {
        bool traps = false;
        std::chrono::nanoseconds takes{0};
        exit_reason leaves_with = reason::shutdown;
        answer init = answer::ok;
        std::chrono::nanoseconds init_takes{0};
    };

    explicit kid(manners m) : how{std::move(m)} {}
    kid() = default;

    task<> init() {
        trap_exit(how.traps);
        if (how.init_takes.count() > 0) {
            co_await sleep(how.init_takes);
        }
        if (how.init == answer::ignore) {
            coppice::ignore();
        }
        if (how.init == answer::error) {
            exit("no_luck");
        }
        if (how.init == answer::crash) {
            throw std::runtime_error{"init"};
        }
    }
    int handle_call(get) const { return 1; }
    void handle_cast(end m) { exit(m.why); }
    void handle_cast(detach m) { unlink(m.from); }
    task<> terminate(exit_reason why) {
        if (why == reason::shutdown) {
            co_await sleep(how.takes);
            exit(how.leaves_with);
        }
    }

    manners how;
};

/// Ends on request, and stops at once.
inline child_spec obedient(const std::string& id) {
    return child<kid>().id(id);
}

/// Traps exits; takes the given time to stop.
inline child_spec slow(const std::string& id, std::chrono::nanoseconds takes) {
    kid::manners how;
    how.traps = true;
    how.takes = takes;
    return child<kid>(how).id(id);
}

/// Traps exits; stops with another reason than requested.
inline child_spec leaving_with(const std::string& id, exit_reason why) {
    kid::manners how;
    how.traps = true;
    how.leaves_with = std::move(why);
    return child<kid>(how).id(id);
}

/// Every start has the outcome `init`.
inline child_spec always(const std::string& id, answer init) {
    kid::manners how;
    how.init = init;
    return child<kid>(how).id(id);
}

/// The outcomes of the next starts of a child, followed by `then`.
struct script {
    std::deque<answer> next;
    answer then = answer::ok;
    std::chrono::nanoseconds init_takes{0};
    int starts = 0;

    answer take() {
        ++starts;
        if (next.empty()) {
            return then;
        }
        const answer out = next.front();
        next.pop_front();
        return out;
    }
};
using script_ptr = std::shared_ptr<script>;

template <class... Answers>
script_ptr script_of(Answers... answers) {
    auto out = std::make_shared<script>();
    (out->next.push_back(answers), ...);
    return out;
}

/// A child whose starts follow the script. For the simulator only, since processes share the script.
inline child_spec scripted(const std::string& id, script_ptr plot, const std::string& name = {}) {
    const auto begin = [plot = std::move(plot), name] {
        kid::manners how;
        how.init = plot->take();
        how.init_takes = plot->init_takes;
        if (how.init == answer::leave) {
            exit("left");
        }
        if (how.init == answer::raise) {
            throw std::runtime_error{"start"};
        }
        return start_link<kid>(start_options{name}, how);
    };
    return child_with_start(id, begin);
}

inline task<supervisor> started(child_list specs, supervisor_flags flags = {}) {
    auto starting = supervisor::start_link(std::move(specs), flags);
    const auto result = co_await starting;
    co_return result.value();
}

/// The reason of a failed start. The caller has to trap exits.
inline task<exit_reason> failure_of(child_list specs, supervisor_flags flags = {}) {
    auto starting = supervisor::start_link(std::move(specs), flags);
    const auto result = co_await starting;
    EXPECT_FALSE(result.ok());
    EXPECT_FALSE(result.ignored());
    co_return result.error();
}

inline task<dynamic_supervisor> started_dynamic(dynamic_supervisor_flags flags = {}) {
    auto starting = dynamic_supervisor::start_link(flags);
    const auto result = co_await starting;
    co_return result.value();
}

/// Waits until all processes rest. Only in the simulator, where time passes only when all processes rest.
inline sleep_awaiter settle() {
    return sleep(std::chrono::microseconds{1});
}

/// Makes a kid end from inside, and waits until the supervisor has reacted. For the simulator.
inline task<> end(pid who, exit_reason why) {
    kid::end told{std::move(why)};
    server<kid>{who}.cast(std::move(told));
    co_await settle();
}

/// The process of a child; empty unless running.
inline task<pid> child_of(supervisor s, std::string id) {
    const auto list = co_await s.which_children();
    pid found;
    for (const child_info& each : list) {
        found = each.id == id ? each.process : found;
    }
    co_return found;
}

/// "c:alive b:undefined a:restarting", newest first.
inline task<std::string> shown(supervisor s) {
    const auto list = co_await s.which_children();
    std::string out;
    for (const child_info& each : list) {
        out += (out.empty() ? "" : " ") + each.id + ":" + std::string{to_string(each.status)};
    }
    co_return out;
}

/// "specs active supervisors workers".
inline std::string shown(const child_counts& counts) {
    return std::to_string(counts.specs) + " " + std::to_string(counts.active) + " " +
           std::to_string(counts.supervisors) + " " + std::to_string(counts.workers);
}

/// The exit reason of a new process that runs `f`.
template <class F>
task<exit_reason> fate_of(F f) {
    const monitored_process running = spawn_monitor(std::move(f));
    const ref watching = running.monitor;
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message& m) { return m.why; }));
    co_return co_await waiting;
}

/// The reports of type `Report` from a run of `body` in the simulator.
template <class Report, class Body>
std::vector<Report> reports_of(Body body, report_level level = report_level::error,
                               std::uint64_t seed = 1) {
    std::vector<Report> out;
    runtime_options options;
    options.level = level;
    options.on_report = [&](const report& r) {
        if (const auto* wanted = std::get_if<Report>(&r.body)) {
            out.push_back(*wanted);
        }
    };
    testing::sim_world world{seed, options};
    EXPECT_EQ(world.run(body), reason::normal);
    return out;
}

/// "child_terminated a boom", one text for each report.
inline std::vector<std::string> brief(const std::vector<supervisor_report>& reports) {
    std::vector<std::string> out;
    out.reserve(reports.size());
    for (const supervisor_report& each : reports) {
        out.push_back(std::string{to_string(each.context)} + " " + each.offender.id + " " +
                      to_string(each.why));
    }
    return out;
}

}  // namespace coppice::test
