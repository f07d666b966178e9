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
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace coppice::supervise {
namespace {

constexpr int no_process = -1;
constexpr std::size_t max_children = 4;

/// The outcome of a start. `twin`: the process of another child, which only a start function of the user can
/// cause.
enum class outcome { ok, fails, ignored, twin };

exit_reason reason_of(bool quiet) {
    return quiet ? exit_reason{reason::normal} : exit_reason{"boom"};
}

std::string numbered(const char* what, int name) {
    return what + std::to_string(name) + " ";
}

struct model_child {
    int name;
    restart_type restart;
    child_type type;
    bool restarting = false;
};

/// The knowledge of either side after an event.
struct view {
    std::string log;
    std::map<int, std::string> children = {};  ///< By pid.
    std::string counts = {};
    bool has_started = false;  ///< Whether the event has led to a start.

    bool operator==(const view&) const = default;
};

std::string shown(const child_counts& c) {
    return std::to_string(c.specs) + " " + std::to_string(c.active) + " " +
           std::to_string(c.supervisors) + " " + std::to_string(c.workers);
}

std::string shown(int name, child_status status) {
    return std::to_string(name) + ":" + std::string{to_string(status)};
}

/// Elixir's algorithm.
class model {
  public:
    explicit model(int max_restarts) : max_restarts_{max_restarts} {}

    void begin_event(outcome next) {
        next_outcome_ = next;
        out_.log.clear();
        out_.has_started = false;
    }

    void add(int name, restart_type restart, child_type type) {
        if (children_.size() >= max_children) {
            out_.log += "full ";
            return;
        }
        const int started = start({name, restart, type}, no_process);
        if (started != no_process) {
            children_.insert_or_assign(started, model_child{name, restart, type});
        }
    }
    void end(int process, bool quiet) {
        const model_child ended = children_.at(process);
        if (ended.restarting) {
            return;
        }
        const std::string report =
            numbered("report", ended.name) + to_string(reason_of(quiet)) + " ";
        if (ended.restart == restart_type::permanent) {
            out_.log += report;
            restart(process);
        } else if (quiet) {
            children_.erase(process);
        } else if (ended.restart == restart_type::transient) {
            out_.log += report;
            restart(process);
        } else {
            out_.log += report;
            children_.erase(process);
        }
    }
    void terminate(int process) {
        if (!children_.at(process).restarting) {
            out_.log += numbered("stop", children_.at(process).name);
        }
        children_.erase(process);
    }
    void retry() {
        const int process = retries_.front();
        retries_.pop_front();
        const auto found = children_.find(process);
        if (found != children_.end() && found->second.restarting) {
            restart(process);
        }
    }
    std::vector<int> stop_all() const {
        std::vector<int> out;
        for (const auto& [process, each] : children_) {
            if (!each.restarting) {
                out.push_back(process);
            }
        }
        return out;
    }

    view seen() const {
        view out = out_;
        child_counts counts;
        for (const auto& [process, each] : children_) {
            ++counts.specs;
            counts.active += each.restarting ? 0U : 1U;
            ++(each.type == child_type::supervisor ? counts.supervisors : counts.workers);
            const auto status = each.restarting ? child_status::restarting : child_status::running;
            out.children[process] = shown(each.name, status);
        }
        out.counts = shown(counts);
        return out;
    }
    std::vector<int> processes() const {
        std::vector<int> out;
        for (const auto& [process, each] : children_) {
            out.push_back(process);
        }
        return out;
    }
    bool has_retries() const { return !retries_.empty(); }
    bool is_dead() const { return is_dead_; }

  private:
    void restart(int process) {
        model_child& again = children_.at(process);
        if (++restarts_ > max_restarts_) {
            out_.log += numbered("limit", again.name) + "shutdown ";
            children_.erase(process);
            is_dead_ = true;
            return;
        }
        const model_child child{again.name, again.restart, again.type};
        const int started = start(child, process);
        if (started != no_process) {
            children_.erase(process);
            children_.insert_or_assign(started, child);
        } else if (next_outcome_ == outcome::ignored) {
            children_.erase(process);
        } else {
            again.restarting = true;
            retries_.push_back(process);
        }
    }
    int start(const model_child& child, int before) {
        out_.log += numbered(before == no_process ? "start" : "restart", child.name);
        out_.has_started = true;
        const int fresh = next_process_++;
        switch (next_outcome_) {
            case outcome::ok:
                return fresh;
            case outcome::twin:
                for (const auto& [process, each] : children_) {
                    if (process != before) {
                        return process;
                    }
                }
                return fresh;
            case outcome::fails:
            case outcome::ignored:
                break;
        }
        return no_process;
    }

    int max_restarts_;
    outcome next_outcome_ = outcome::ok;
    std::map<int, model_child> children_;
    std::deque<int> retries_;
    view out_;
    int restarts_ = 0;
    int next_process_ = 0;
    bool is_dead_ = false;
};

/// Carries out a plan as a dynamic supervisor does.
class driver {
  public:
    explicit driver(int max_restarts) : plan_{max_children, restart_window{max_restarts, 5}} {}

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
        plan_.child_ended(find(process), reason_of(quiet), 0);
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
        retries_.pop_front();
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
                plan_.start_failed(key);
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
    outcome next_outcome_ = outcome::ok;
    std::vector<child> children_;
    std::deque<int> retries_;
    view out_;
    int next_process_ = 0;
};

/// A supervisor of both kinds, with the events so far for the message of a failure.
struct pair {
    model expected;
    driver actual;
    int names = 0;
    std::string history = {};

    explicit pair(int max_restarts) : expected{max_restarts}, actual{max_restarts} {}

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

struct tally {
    std::size_t cases = 0;
    std::size_t different = 0;
};

void compare(pair& both, tally& count) {
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
        EXPECT_EQ(actual.log, expected.log) << both.history;
        EXPECT_EQ(actual.children, expected.children) << both.history;
        EXPECT_EQ(actual.counts, expected.counts) << both.history;
        EXPECT_EQ(stopped, both.expected.stop_all()) << both.history;
    }
}

/// Tries each event with each outcome of its start, and then all that may follow.
void explore(const pair& from, int depth, tally& count) {
    if (depth == 0 || from.expected.is_dead() || count.different >= 10) {
        return;
    }
    for (const event& what : events_of(from.expected)) {
        for (const auto how : {outcome::ok, outcome::fails, outcome::ignored, outcome::twin}) {
            pair both = from;
            both.history += "(" + std::to_string(static_cast<int>(what.kind)) + " " +
                            std::to_string(what.process) + " " +
                            std::to_string(static_cast<int>(how)) + ")";
            both.expected.begin_event(how);
            both.actual.begin_event(how);
            if (what.kind == event_kind::add) {
                both.add(restart_type::transient);
            } else {
                happen(both.expected, what);
                happen(both.actual, what);
            }
            compare(both, count);
            explore(both, depth - 1, count);
            if (!both.expected.seen().has_started) {
                break;  // the outcome does not matter
            }
        }
    }
}

void explore_all(std::size_t children, int depth, int max_restarts, const pair& from,
                 tally& count) {
    if (children == 0) {
        explore(from, depth, count);
        return;
    }
    for (const auto restart : {permanent, transient, temporary}) {
        pair longer = from;
        longer.add(restart);
        explore_all(children - 1, depth, max_restarts, longer, count);
    }
}

TEST(dynamic_plan, matches_elixir_for_every_supervisor_of_up_to_three_children) {
    tally count;
    for (const int max_restarts : {0, 1, 2}) {
        explore_all(1, 4, max_restarts, pair{max_restarts}, count);
        explore_all(2, 4, max_restarts, pair{max_restarts}, count);
        explore_all(3, 3, max_restarts, pair{max_restarts}, count);
    }
    EXPECT_EQ(count.different, 0U) << "stopped after ten differences";
    EXPECT_GT(count.cases, 400000U);
}

/// A plan with running permanent children.
dynamic_plan running(std::size_t children, int max_restarts) {
    dynamic_plan out{max_children, restart_window{max_restarts, 5}};
    for (std::size_t i = 0; i < children; ++i) {
        out.started(out.add(restart_type::permanent, child_type::worker));
    }
    return out;
}

TEST(dynamic_plan, is_full_with_max_children_and_not_with_one_less) {
    dynamic_plan plan = running(max_children - 1, 3);
    EXPECT_FALSE(plan.is_full());
    const child_key last = plan.add(restart_type::permanent, child_type::worker);
    EXPECT_TRUE(plan.is_full());  // a child that is being started counts
    plan.start_failed(last);
    EXPECT_EQ(plan.next().kind, action_kind::forget);
    EXPECT_FALSE(plan.is_full());
}

TEST(dynamic_plan, gives_up_at_one_restart_more_than_the_limit) {
    for (const int max_restarts : {0, 1, 3}) {
        dynamic_plan plan = running(2, max_restarts);
        for (int i = 0; i < max_restarts; ++i) {
            plan.child_ended(0, "boom", 0);
            EXPECT_EQ(plan.next().kind, action_kind::report_ended);
            EXPECT_EQ(plan.next(), (action{action_kind::start, true, 0, {}}));
            plan.started(0);
            EXPECT_EQ(plan.next(), action{});
        }
        plan.child_ended(1, "boom", 0);
        EXPECT_EQ(plan.next(), (action{action_kind::report_ended, false, 1, "boom"}));
        EXPECT_EQ(plan.next(), (action{action_kind::report_limit, false, 1, {}}));
        EXPECT_EQ(plan.next().kind, action_kind::shut_down);
        EXPECT_EQ(plan.next(), action{});
        EXPECT_EQ(plan.restarts_at(0), max_restarts + 1);
    }
}

TEST(dynamic_plan, forgets_restarts_that_are_older_than_the_window) {
    dynamic_plan plan = running(1, 1);
    for (const std::int64_t now : {10, 16, 22}) {
        plan.child_ended(0, reason::normal, now);
        EXPECT_EQ(plan.next().kind, action_kind::report_ended);
        EXPECT_EQ(plan.next().kind, action_kind::start);
        plan.started(0);
    }
    plan.child_ended(0, reason::normal, 27);  // 22 is still in [22, 27]
    EXPECT_EQ(plan.next().kind, action_kind::report_ended);
    EXPECT_EQ(plan.next().kind, action_kind::report_limit);
}

TEST(dynamic_plan, that_stops_all_drops_the_actions_decided_before) {
    dynamic_plan plan = running(3, 3);
    plan.child_ended(1, "boom", 0);  // would report the end and restart the child
    plan.stop_all();
    EXPECT_EQ(plan.next(), (action{action_kind::stop, false, 0, {}}));
    EXPECT_EQ(plan.next(), (action{action_kind::stop, false, 2, {}}));
    EXPECT_EQ(plan.next(), action{});
}

TEST(dynamic_plan, gives_the_key_of_a_forgotten_child_to_the_last_one) {
    dynamic_plan plan = running(3, 3);
    plan.child_ended(2, "boom", 0);
    EXPECT_EQ(plan.next().kind, action_kind::report_ended);
    EXPECT_EQ(plan.next().kind, action_kind::start);
    plan.start_failed(2);
    EXPECT_EQ(plan.next(), (action{action_kind::retry, false, 2, {}}));
    plan.stopped(0);
    EXPECT_EQ(plan.size(), 3U);  // until the answer
    EXPECT_EQ(plan.next(), (action{action_kind::forget, false, 0, {}}));
    EXPECT_EQ(plan.size(), 2U);
    EXPECT_EQ(plan.status_of(0), child_status::restarting);
    EXPECT_EQ(plan.status_of(1), child_status::running);
}

}  // namespace
}  // namespace coppice::supervise
