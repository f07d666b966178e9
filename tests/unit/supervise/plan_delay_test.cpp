// SPDX-License-Identifier: Apache-2.0
// The delays of the plan against a model.
//
// Goal    For every supervisor of up to 3 children, with and without back-off, every strategy and every place
//         where a start fails, and for all ways in which a wait can end, the plan asks for the same actions
//         in the same order as the model, and knows the same states.
// Method  Exhaustive enumeration, as in plan_test.cpp.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "supervise/plan.hpp"
#include "support/sanitizers.hpp"
#include "unit/supervise/waiting_model.hpp"

namespace coppice::supervise {
namespace {

using namespace std::chrono_literals;

/// Carries out a plan as a supervisor does.
class waiting_driver {
  public:
    explicit waiting_driver(const waiting_case& given)
        : given_{given},
          plan_{given.strategy, auto_shutdown_mode::never, restart_window{given.max_restarts, 5}} {
        for (const restart_type type : given.types) {
            plan_.add(type, false);
        }
    }

    void start_all() {
        plan_.start_all();
        run();
        if (failed_) {
            plan_.stop_all();
            run();
            dead = true;
        }
    }
    void end(std::size_t name, bool quiet) {
        const auto child = static_cast<child_key>(name);
        if (is_asked(child) && plan_.status_of(child) == child_status::running) {
            plan_.child_ended(child, delayed_reason_of(quiet), 0, {delay_of(child)});
            run_all();
        }
    }
    void delay_is_over(std::size_t name) {
        const auto child = static_cast<child_key>(name);
        if (is_asked(child) && plan_.leader_of(child) == child) {
            plan_.try_again(child, 0);
            run_all();
        }
    }
    void restart_by_request(std::size_t name) {
        const auto child = static_cast<child_key>(name);
        if (is_asked(child) && plan_.leader_of(child) != no_child) {
            plan_.start_waiting(child);
            run_all();
        }
    }
    void terminate(std::size_t name) {
        const auto child = static_cast<child_key>(name);
        if (is_asked(child)) {
            if (plan_.status_of(child) == child_status::running) {
                log.push_back("stop " + std::to_string(name));
            }
            plan_.stopped(child);
            run_all();
        }
    }
    std::string children() const {
        std::string out;
        for (child_key child = plan_.first(); child != no_child; child = plan_.after(child)) {
            out +=
                std::to_string(child) + ":" + std::string{to_string(plan_.status_of(child))} + " ";
        }
        return out;
    }

    std::vector<std::string> log;
    bool dead = false;

  private:
    bool is_asked(child_key child) const { return !dead && plan_.contains(child); }
    std::chrono::nanoseconds delay_of(child_key child) const {
        return given_.delays[child] ? 1s + std::chrono::seconds{child} : 0s;
    }
    void run_all() {
        run();
        while (!retries_.empty() && !dead) {
            const child_key again = retries_.front();
            retries_.erase(retries_.begin());
            plan_.try_again(again, 0);
            run();
        }
    }
    void run() {
        for (action next = plan_.next(); next.kind != action_kind::none; next = plan_.next()) {
            perform(next);
        }
        if (shuts_down_ && !dead) {
            dead = true;
            plan_.stop_all();
            run();
        }
    }
    void perform(const action& next) {
        const std::string name = std::to_string(next.child);
        switch (next.kind) {
            case action_kind::start:
                log.push_back((next.restarts ? "restart " : "start ") + name);
                failed_ = starts_++ == given_.fail_at;
                failed_ ? plan_.start_failed(next.child, delay_of(next.child))
                        : plan_.started(next.child);
                break;
            case action_kind::stop:
                log.push_back("stop " + name);
                plan_.stopped(next.child);
                break;
            case action_kind::retry:
                retries_.push_back(next.child);
                break;
            case action_kind::wait:
                log.push_back("wait " + name);
                EXPECT_EQ(next.delay, delay_of(next.child));
                EXPECT_EQ(plan_.leader_of(next.child), next.child);
                break;
            case action_kind::report_ended:
                log.push_back("report " + name + to_string(next.why));
                break;
            case action_kind::report_limit:
                log.push_back("limit " + name);
                break;
            case action_kind::shut_down:
                shuts_down_ = true;
                break;
            case action_kind::forget:
            case action_kind::none:
                break;
        }
    }

    waiting_case given_;
    plan plan_;
    std::vector<child_key> retries_;
    int starts_ = 0;
    bool failed_ = false;
    bool shuts_down_ = false;
};

enum class event_kind : std::uint8_t { ends, ends_quietly, delay_over, restarted, terminated };
using event = std::pair<event_kind, std::size_t>;

template <class Supervisor>
void happen(Supervisor& to, const event& what) {
    switch (what.first) {
        case event_kind::ends:
        case event_kind::ends_quietly:
            to.end(what.second, what.first == event_kind::ends_quietly);
            break;
        case event_kind::delay_over:
            to.delay_is_over(what.second);
            break;
        case event_kind::restarted:
            to.restart_by_request(what.second);
            break;
        case event_kind::terminated:
            to.terminate(what.second);
            break;
    }
}

std::vector<event> events_of(std::size_t children) {
    std::vector<event> out;
    for (std::size_t child = 0; child < children; ++child) {
        for (const auto kind : {event_kind::ends, event_kind::ends_quietly, event_kind::delay_over,
                                event_kind::restarted, event_kind::terminated}) {
            out.emplace_back(kind, child);
        }
    }
    return out;
}

struct tally {
    std::size_t lists = 0;
    std::size_t cases = 0;
    std::size_t different = 0;
    std::size_t waits = 0;
};

void compare(const waiting_case& given, const std::vector<event>& events, tally& count) {
    waiting_model expected{given};
    waiting_driver actual{given};
    expected.start_all();
    actual.start_all();
    std::string text;
    for (const event& each : events) {
        happen(expected, each);
        happen(actual, each);
        text +=
            std::to_string(static_cast<int>(each.first)) + " " + std::to_string(each.second) + ", ";
    }
    ++count.cases;
    count.waits += actual.children().find("restarting") != std::string::npos ? 1U : 0U;
    const bool same_children = expected.dead || expected.children() == actual.children();
    if (expected.log != actual.log || expected.dead != actual.dead || !same_children) {
        ++count.different;
        EXPECT_EQ(actual.log, expected.log);
        EXPECT_EQ(actual.children(), expected.children());
        ADD_FAILURE() << to_string(given.strategy) << ", fail_at " << given.fail_at << ", events "
                      << text;
    }
}

/// A sanitizer slows the model down by ten, and the plan is one object of one thread: there every eleventh list of
/// events is compared. Eleven divides no number of events, so each event keeps its turn.
constexpr std::size_t compared_every = test::under_asan || test::under_tsan ? 11 : 1;

void explore(const waiting_case& given, std::vector<event> events, std::size_t depth,
             tally& count) {
    if (depth == 0) {
        if (count.lists++ % compared_every == 0) {
            compare(given, events, count);
        }
        return;
    }
    for (const event& each : events_of(given.types.size())) {
        if (count.different >= 10) {
            return;
        }
        events.push_back(each);
        explore(given, events, depth - 1, count);
        events.pop_back();
    }
}

/// All lists of `count` of the values.
template <class T>
std::vector<std::vector<T>> lists_of(std::size_t count, const std::vector<T>& values) {
    std::vector<std::vector<T>> out{{}};
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::vector<T>> longer;
        for (const auto& begun : out) {
            for (const T value : values) {
                longer.push_back(begun);
                longer.back().push_back(value);
            }
        }
        out = std::move(longer);
    }
    return out;
}

/// None, and each of the first starts after the start of the supervisor.
std::vector<int> failing_restarts(int children) {
    std::vector<int> out{-1};
    for (int fail = children; fail <= 2 * children; ++fail) {
        out.push_back(fail);
    }
    return out;
}

void explore_all(std::size_t children, const std::vector<restart_type>& types,
                 const std::vector<event>& first, std::size_t depth, tally& count) {
    for (const auto& chosen : lists_of(children, types)) {
        for (const auto& delays : lists_of<bool>(children, {false, true})) {
            for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
                for (const int fail : failing_restarts(static_cast<int>(children))) {
                    for (const event& begin : first) {
                        explore({strategy, 2, chosen, delays, fail}, {begin}, depth, count);
                    }
                }
            }
        }
    }
}

TEST(plan_with_delays, matches_the_model_for_all_short_lives_of_one_child_and_of_two) {
    tally count;
    for (const std::size_t children : {1U, 2U}) {
        explore_all(children, {permanent, transient, temporary}, events_of(children), 2, count);
    }
    EXPECT_EQ(count.different, 0U) << "stopped after ten differences";
    EXPECT_GT(count.cases, 400'000U / compared_every);
    EXPECT_GT(count.waits, 10'000U / compared_every);
}

TEST(plan_with_delays, matches_the_model_for_three_children_after_each_first_crash) {
    tally count;
    const std::vector<event> crashes{
        {event_kind::ends, 0}, {event_kind::ends, 1}, {event_kind::ends, 2}};
    explore_all(3, {permanent, temporary}, crashes, 2, count);
    EXPECT_EQ(count.different, 0U) << "stopped after ten differences";
    EXPECT_GT(count.cases, 500'000U / compared_every);
    EXPECT_GT(count.waits, 20'000U / compared_every);
}

TEST(plan_with_a_budget, counts_in_the_budget_and_not_in_the_window) {
    plan asked{one_for_one, auto_shutdown_mode::never, restart_window{0, 5}};
    const child_key child = asked.add(permanent, false);
    asked.started(child);
    asked.child_ended(child, "boom", 0, {0s, budget_answer::within});
    EXPECT_EQ(asked.next().kind, action_kind::report_ended);
    EXPECT_EQ(asked.next().kind, action_kind::start);
    asked.started(child);
    EXPECT_EQ(asked.restarts_at(0), 0);
}

TEST(plan_with_a_budget, gives_up_when_the_budget_is_exceeded_within_the_window) {
    plan asked{one_for_one, auto_shutdown_mode::never, restart_window{100, 5}};
    const child_key child = asked.add(permanent, false);
    asked.started(child);
    asked.child_ended(child, "boom", 0, {0s, budget_answer::exceeded});
    EXPECT_EQ(asked.next().kind, action_kind::report_ended);
    EXPECT_EQ(asked.next().kind, action_kind::report_limit);
    EXPECT_EQ(asked.next().kind, action_kind::shut_down);
}

TEST(plan_with_a_budget, asks_the_budget_after_the_delay) {
    plan asked{one_for_all, auto_shutdown_mode::never, restart_window{100, 5}};
    const child_key child = asked.add(permanent, false);
    asked.started(child);
    asked.child_ended(child, "boom", 0, {1s});
    EXPECT_EQ(asked.next().kind, action_kind::report_ended);
    EXPECT_EQ(asked.next().kind, action_kind::wait);
    asked.try_again(child, 1, budget_answer::exceeded);
    EXPECT_EQ(asked.next().kind, action_kind::report_limit);
    EXPECT_EQ(asked.next().kind, action_kind::shut_down);
}

}  // namespace
}  // namespace coppice::supervise
