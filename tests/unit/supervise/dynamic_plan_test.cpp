// SPDX-License-Identifier: Apache-2.0
// The plan of a dynamic supervisor against a model written straight from Elixir's DynamicSupervisor.
//
// Goal    For every dynamic supervisor of up to three children, every restart type, every short sequence of
//         events and every outcome of every start, the plan asks for the same starts, stops and reports, has
//         the same children, and counts the same.
// Method  Exhaustive enumeration, depth first. The model keeps a map from pids to children, as Elixir does;
//         the plan answers with actions, and the driver keeps the tables of a supervisor. Both write a log
//         for each event, and the logs have to be equal.

#include "supervise/dynamic_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "unit/supervise/dynamic_model.hpp"

namespace coppice::supervise {
namespace {

using namespace elixir;

/// Carries out a plan as a dynamic supervisor does.
class driver {
  public:
    driver(int max_restarts, bool delays)
        : plan_{max_children, restart_window{max_restarts, 5}}, delay_{delays ? 1 : 0} {}

    void begin_event(outcome next) {
        next_outcome_ = next;
        out_.log.clear();
        out_.has_started = false;
    }

    void add(int name, restart_type restart, child_type type) {
        if (plan_.is_full()) {
            out_.log += "full ";
            return;
        }
        const child_key key = plan_.add(restart, type);
        children_.push_back({name, no_process});
        out_.log += numbered("start", name);
        start(key);
        run();
    }
    void end(int process, bool quiet) {
        plan_.child_ended(find(process), reason_of(quiet), 0, {delay_});
        run();
    }
    void terminate(int process) {
        const child_key key = find(process);
        if (plan_.status_of(key) == child_status::running) {
            out_.log += numbered("stop", children_[key].name);
        }
        plan_.stopped(key);
        run();
    }
    void retry() {
        const int process = retries_.front();
        retries_.erase(retries_.begin());
        if (const child_key key = find(process); key != no_child) {
            plan_.try_again(key, 0);
        }
        run();
    }
    /// The processes that the plan stops before it learns of an end.
    std::vector<int> stop_all() {
        plan_.stop_all();
        std::vector<child_key> keys;
        for (action next = plan_.next(); next.kind != action_kind::none; next = plan_.next()) {
            EXPECT_EQ(next.kind, action_kind::stop);
            keys.push_back(next.child);
        }
        std::vector<int> out;
        for (const child_key key : keys) {
            plan_.stopped(key);
            out.push_back(children_[key].process);
        }
        EXPECT_EQ(plan_.next(), action{});
        EXPECT_EQ(plan_.counts().active, 0U);
        std::sort(out.begin(), out.end());
        return out;
    }

    view seen() const {
        view out = out_;
        for (child_key key = 0; key < plan_.size(); ++key) {
            out.children[children_[key].process] = shown(children_[key].name, plan_.status_of(key));
        }
        out.counts = shown(plan_.counts());
        return out;
    }

  private:
    struct child {
        int name;
        int process;
    };

    child_key find(int process) const {
        for (child_key key = 0; key < children_.size(); ++key) {
            if (children_[key].process == process) {
                return key;
            }
        }
        return no_child;
    }
    void run() {
        for (action next = plan_.next(); next.kind != action_kind::none; next = plan_.next()) {
            perform(next);
        }
        EXPECT_EQ(children_.size(), plan_.size());
    }
    void perform(const action& next) {
        switch (next.kind) {
            case action_kind::start:
                EXPECT_TRUE(next.restarts);
                out_.log += numbered("restart", children_[next.child].name);
                start(next.child);
                break;
            case action_kind::forget:
                children_[next.child] = children_.back();
                children_.pop_back();
                break;
            case action_kind::retry:
                retries_.push_back(children_[next.child].process);
                break;
            case action_kind::wait:
                EXPECT_EQ(next.delay, delay_);
                out_.log += numbered("wait", children_[next.child].name);
                retries_.push_back(children_[next.child].process);
                break;
            case action_kind::report_ended:
                out_.log +=
                    numbered("report", children_[next.child].name) + to_string(next.why) + " ";
                break;
            case action_kind::report_limit:
                out_.log += numbered("limit", children_[next.child].name);
                break;
            case action_kind::shut_down:
                out_.log += "shutdown ";
                break;
            case action_kind::stop:
            case action_kind::none:
                ADD_FAILURE() << "a stop without a request";
                break;
        }
    }
    void start(child_key key) {
        out_.has_started = true;
        const int fresh = next_process_++;
        switch (next_outcome_) {
            case outcome::twin:
                if (const child_key other = lowest_other(key); other != no_child) {
                    children_[other].name = children_[key].name;
                    plan_.started_as(key, other);
                    break;
                }
                [[fallthrough]];
            case outcome::ok:
                children_[key].process = fresh;
                plan_.started(key);
                break;
            case outcome::fails:
                plan_.start_failed(key, delay_);
                break;
            case outcome::ignored:
                plan_.ignored(key);
                break;
        }
    }
    child_key lowest_other(child_key than) const {
        child_key lowest = no_child;
        for (child_key key = 0; key < children_.size(); ++key) {
            if (key != than &&
                (lowest == no_child || children_[key].process < children_[lowest].process)) {
                lowest = key;
            }
        }
        return lowest;
    }

    dynamic_plan plan_;
    std::chrono::seconds delay_;
    outcome next_outcome_ = outcome::ok;
    std::vector<child> children_;
    std::vector<int> retries_;
    view out_;
    int next_process_ = 0;
};

/// A supervisor of both kinds.
struct pair {
    model expected;
    driver actual;
    int names = 0;

    pair(int max_restarts, bool delays)
        : expected{max_restarts, delays}, actual{max_restarts, delays} {}

    void add(restart_type restart) {
        const child_type type = names % 2 == 0 ? child_type::worker : child_type::supervisor;
        expected.add(names, restart, type);
        actual.add(names, restart, type);
        ++names;
    }
};

enum class event_kind { ends_quietly, ends_loudly, is_terminated, add, retry };

struct event {
    event_kind kind;
    int process = no_process;
};

std::vector<event> events_of(const model& now) {
    std::vector<event> out{{event_kind::add}};
    if (now.has_retries()) {
        out.push_back({event_kind::retry});
    }
    for (const int process : now.processes()) {
        out.push_back({event_kind::ends_quietly, process});
        out.push_back({event_kind::ends_loudly, process});
        out.push_back({event_kind::is_terminated, process});
    }
    return out;
}

template <class Supervisor>
void happen(Supervisor& to, const event& what) {
    switch (what.kind) {
        case event_kind::ends_quietly:
        case event_kind::ends_loudly:
            to.end(what.process, what.kind == event_kind::ends_quietly);
            break;
        case event_kind::is_terminated:
            to.terminate(what.process);
            break;
        case event_kind::retry:
            to.retry();
            break;
        case event_kind::add:
            break;
    }
}

/// The events so far, for the message of a failure: a list through the frames of explore(), as a text for each
/// case would take most of the time.
struct history {
    const history* before;
    event what;
    outcome how;
};

std::string to_string(const history* latest) {
    if (latest == nullptr) {
        return {};
    }
    return to_string(latest->before) + "(" + std::to_string(static_cast<int>(latest->what.kind)) +
           " " + std::to_string(latest->what.process) + " " +
           std::to_string(static_cast<int>(latest->how)) + ")";
}

struct tally {
    std::size_t cases = 0;
    std::size_t different = 0;
};

void compare(pair& both, const history& events, tally& count) {
    ++count.cases;
    view expected = both.expected.seen();
    view actual = both.actual.seen();
    if (both.expected
            .is_dead()) {  // nothing is asked afterwards, and the plan keeps the child over the limit
        actual = {.log = actual.log};
        expected = {.log = expected.log};
    }
    const std::vector<int> stopped = driver{both.actual}.stop_all();
    if (expected != actual || stopped != both.expected.stop_all()) {
        ++count.different;
        EXPECT_EQ(actual.log, expected.log) << to_string(&events);
        EXPECT_EQ(actual.children, expected.children) << to_string(&events);
        EXPECT_EQ(actual.counts, expected.counts) << to_string(&events);
        EXPECT_EQ(stopped, both.expected.stop_all()) << to_string(&events);
    }
}

/// Tries each event with each outcome of its start, and then all that may follow.
void explore(const pair& from, const history* before, int depth, tally& count) {
    if (depth == 0 || from.expected.is_dead() || count.different >= 10) {
        return;
    }
    for (const event& what : events_of(from.expected)) {
        for (const auto how : {outcome::ok, outcome::fails, outcome::ignored, outcome::twin}) {
            pair both = from;
            const history events{before, what, how};
            both.expected.begin_event(how);
            both.actual.begin_event(how);
            if (what.kind == event_kind::add) {
                both.add(restart_type::transient);
            } else {
                happen(both.expected, what);
                happen(both.actual, what);
            }
            compare(both, events, count);
            explore(both, &events, depth - 1, count);
            if (!both.expected.seen().has_started) {
                break;  // the outcome does not matter
            }
        }
    }
}

void explore_all(std::size_t children, int depth, int max_restarts, const pair& from,
                 tally& count) {
    if (children == 0) {
        explore(from, nullptr, depth, count);
        return;
    }
    for (const auto restart : {permanent, transient, temporary}) {
        pair longer = from;
        longer.add(restart);
        explore_all(children - 1, depth, max_restarts, longer, count);
    }
}

struct extent {
    std::size_t children;
    int depth;
    std::size_t cases;  ///< More than so many are compared even with no restart.
};

/// A test for each number of children and of restarts: one test of all would need most of its limit under ASan.
class dynamic_plan_of : public testing::TestWithParam<std::tuple<extent, int, bool>> {};

TEST_P(dynamic_plan_of, this_size_matches_elixir_for_every_short_sequence_of_events) {
    const auto& [size, max_restarts, delays] = GetParam();
    tally count;
    explore_all(size.children, size.depth, max_restarts, pair{max_restarts, delays}, count);
    EXPECT_EQ(count.different, 0U) << "stopped after ten differences";
    EXPECT_GT(count.cases, size.cases);
}

std::string name_of(const testing::TestParamInfo<std::tuple<extent, int, bool>>& each) {
    return std::to_string(std::get<extent>(each.param).children) + "_and_" +
           std::to_string(std::get<int>(each.param)) + "_restarts" +
           (std::get<bool>(each.param) ? "_with_delays" : "");
}

INSTANTIATE_TEST_SUITE_P(children, dynamic_plan_of,
                         testing::Combine(testing::Values(extent{1, 4, 5000}, extent{2, 4, 30000},
                                                          extent{3, 3, 25000}),
                                          testing::Values(0, 1, 2), testing::Bool()),
                         name_of);

}  // namespace
}  // namespace coppice::supervise
