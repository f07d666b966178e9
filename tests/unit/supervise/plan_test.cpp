// SPDX-License-Identifier: Apache-2.0
// The supervisor's plan against a model written straight from OTP's algorithm.
//
// Goal    For every supervisor of up to 4 children, every restart type, every strategy and every place where
//         a start can fail, the plan asks for the same starts and stops in the same order.
// Method  Exhaustive enumeration. The model keeps a plain list and calls functions; the plan answers with
//         actions; both write a log, and the logs have to be equal.

#include "supervise/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace coppice::supervise {
namespace {

using log_type = std::vector<std::string>;

/// The start that fails and the start that is ignored.
struct faults {
    int fail_at = -1;    ///< The number of the start, counted over all children, that fails.
    int ignore_at = -1;  ///< The number of the start that answers ignore.
};

exit_reason reason_of(bool quiet) {
    return quiet ? exit_reason{reason::normal} : exit_reason{"boom"};
}

struct model_child {
    std::size_t name;
    restart_type restart;
    char state = 'u';  // u: undefined, p: has a pid, r: restarting
};

class model {
  public:
    model(restart_strategy s, int max_restarts, const std::vector<restart_type>& types, faults f)
        : strategy_{s}, max_{max_restarts}, faults_{f} {
        for (std::size_t i = 0; i < types.size(); ++i) {
            children_.push_back({i, types[i]});
        }
    }

    void start_all() {
        for (const std::size_t name : names()) {
            if (!start(name)) {
                find(name)->state = 'u';
                stop_group(0);
                dead = true;
                return;
            }
        }
    }

    void end(std::size_t name, bool quiet) {
        model_child* c = find(name);
        if (dead || c == nullptr || c->state != 'p') {
            return;
        }
        c->state = 'u';
        const std::string report = "report " + std::to_string(name) + to_string(reason_of(quiet));
        if (c->restart == restart_type::permanent ||
            (c->restart == restart_type::transient && !quiet)) {
            log.push_back(report);
            restart(name);
        } else {
            if (!quiet) {
                log.push_back(report);
            }
            settle(name);
        }
        run_retries();
    }

    log_type log;
    bool dead = false;

  private:
    std::vector<std::size_t> names() const {
        std::vector<std::size_t> out;
        for (const auto& c : children_) {
            out.push_back(c.name);
        }
        return out;
    }
    model_child* find(std::size_t name) {
        const auto at = std::find_if(children_.begin(), children_.end(),
                                     [&](const auto& c) { return c.name == name; });
        return at == children_.end() ? nullptr : &*at;
    }
    void settle(std::size_t name) {
        find(name)->state = 'u';
        if (find(name)->restart == restart_type::temporary) {
            std::erase_if(children_, [&](const auto& c) { return c.name == name; });
        }
    }
    bool start(std::size_t name, bool restarts = false) {
        const int number = starts_++;
        log.push_back((restarts ? "restart " : "start ") + std::to_string(name));
        if (number == faults_.fail_at) {
            return false;
        }
        if (number == faults_.ignore_at) {
            settle(name);
        } else {
            find(name)->state = 'p';
        }
        return true;
    }
    void stop_group(std::size_t from) {
        std::vector<std::size_t> group = names();
        for (std::size_t i = group.size(); i > 0; --i) {
            const std::size_t name = group[i - 1];
            if (name < from) {
                continue;
            }
            if (find(name)->state == 'p') {
                log.push_back("stop " + std::to_string(name));
            }
            settle(name);
        }
    }
    void restart(std::size_t name) {
        if (++restarts_ > max_) {
            log.push_back("limit " + std::to_string(name));
            find(name)->state = 'u';
            dead = true;
            stop_group(0);
            return;
        }
        if (strategy_ == restart_strategy::one_for_one) {
            if (!start(name, true)) {
                find(name)->state = 'r';
                retry_ = name;
            }
            return;
        }
        find(name)->state = 'u';
        const std::size_t from = strategy_ == restart_strategy::rest_for_one ? name : 0;
        stop_group(from);
        for (const std::size_t each : names()) {
            if (each >= from && !start(each, each == name)) {
                find(each)->state = 'r';
                retry_ = each;
                return;
            }
        }
    }
    void run_retries() {
        while (retry_ && !dead) {
            const std::size_t name = *retry_;
            retry_.reset();
            restart(name);
        }
    }

    restart_strategy strategy_;
    int max_;
    faults faults_;
    std::vector<model_child> children_;
    std::optional<std::size_t> retry_;
    int starts_ = 0;
    int restarts_ = 0;
};

/// Carries out a plan as a supervisor does.
class driver {
  public:
    driver(restart_strategy s, int max_restarts, const std::vector<restart_type>& types, faults f)
        : plan_{s, auto_shutdown_mode::never, restart_window{max_restarts, 5}}, faults_{f} {
        for (const restart_type type : types) {
            plan_.add(type, false);
        }
    }

    void start_all() {
        plan_.start_all();
        failed_ = false;
        run();
        if (failed_) {
            plan_.stop_all();
            run();
            dead = true;
        }
    }

    void end(child_key child, bool quiet) {
        if (dead || !plan_.contains(child) || plan_.status_of(child) != child_status::running) {
            return;
        }
        plan_.child_ended(child, reason_of(quiet), 0);
        run();
        while (!retries_.empty() && !dead) {
            const child_key again = retries_.front();
            retries_.erase(retries_.begin());
            plan_.try_again(again, 0);
            run();
        }
    }

    log_type log;
    bool dead = false;

  private:
    void run() {
        for (action a = plan_.next(); a.kind != action_kind::none; a = plan_.next()) {
            perform(a);
        }
        if (shuts_down_ && !dead) {
            dead = true;
            plan_.stop_all();
            run();
        }
    }
    void perform(const action& a) {
        const std::string name = std::to_string(a.child);
        switch (a.kind) {
            case action_kind::start: {
                log.push_back((a.restarts ? "restart " : "start ") + name);
                const int number = starts_++;
                if (number == faults_.fail_at) {
                    failed_ = true;
                    plan_.start_failed(a.child);
                } else if (number == faults_.ignore_at) {
                    plan_.ignored(a.child);
                } else {
                    plan_.started(a.child);
                }
                break;
            }
            case action_kind::stop:
                log.push_back("stop " + name);
                plan_.stopped(a.child);
                break;
            case action_kind::retry:
                retries_.push_back(a.child);
                break;
            case action_kind::report_ended:
                log.push_back("report " + name + to_string(a.why));
                break;
            case action_kind::report_limit:
                log.push_back("limit " + name);
                break;
            case action_kind::shut_down:
                shuts_down_ = true;
                break;
            case action_kind::wait:
                ADD_FAILURE() << "a delay without a back-off";
                break;
            case action_kind::forget:
            case action_kind::none:
                break;
        }
    }

    plan plan_;
    faults faults_;
    std::vector<child_key> retries_;
    int starts_ = 0;
    bool failed_ = false;
    bool shuts_down_ = false;
};

std::vector<std::vector<restart_type>> all_types(std::size_t count) {
    std::vector<std::vector<restart_type>> out{{}};
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::vector<restart_type>> longer;
        for (const auto& begun : out) {
            for (const auto type : {permanent, transient, temporary}) {
                longer.push_back(begun);
                longer.back().push_back(type);
            }
        }
        out = std::move(longer);
    }
    return out;
}

struct tally {
    std::size_t cases = 0;
    std::size_t different = 0;
};

void compare(restart_strategy s, int max, const std::vector<restart_type>& types, faults f,
             const std::vector<std::pair<std::size_t, bool>>& ends, tally& count) {
    model expected{s, max, types, f};
    driver actual{s, max, types, f};
    expected.start_all();
    actual.start_all();
    for (const auto& [child, quiet] : ends) {
        expected.end(child, quiet);
        actual.end(static_cast<child_key>(child), quiet);
    }
    ++count.cases;
    if (expected.log != actual.log || expected.dead != actual.dead) {
        ++count.different;
        EXPECT_EQ(actual.log, expected.log)
            << to_string(s) << ", max_restarts " << max << ", fail_at " << f.fail_at
            << ", ignore_at " << f.ignore_at;
    }
}

TEST(plan, matches_otp_for_every_tree_of_up_to_four_children) {
    tally count;
    for (std::size_t children = 1; children <= 4; ++children) {
        for (const auto& types : all_types(children)) {
            for (const auto s : {one_for_one, one_for_all, rest_for_one}) {
                for (int fail = -1; fail < static_cast<int>(children) * 2 + 1; ++fail) {
                    for (const int ignore : {-1, 0, static_cast<int>(children)}) {
                        for (std::size_t first = 0; first < children; ++first) {
                            for (std::size_t second = 0; second < children; ++second) {
                                for (const bool quiet : {false, true}) {
                                    compare(s, 3, types, {fail, ignore},
                                            {{first, quiet}, {second, false}, {first, !quiet}},
                                            count);
                                }
                            }
                        }
                    }
                }
                ASSERT_LT(count.different, 10U) << "stopped after ten differences";
            }
        }
    }
    EXPECT_GT(count.cases, 200000U);
}

TEST(plan, gives_up_at_one_restart_more_than_the_limit) {
    tally count;
    for (int max = 0; max < 4; ++max) {
        for (const auto s : {one_for_one, one_for_all, rest_for_one}) {
            std::vector<std::pair<std::size_t, bool>> ends;
            for (int i = 0; i <= max; ++i) {
                ends.emplace_back(0, false);
                compare(s, max, {permanent, permanent}, {}, ends, count);
                driver counted{s, max, {permanent, permanent}, {}};
                counted.start_all();
                for (const auto& [child, quiet] : ends) {
                    counted.end(static_cast<child_key>(child), quiet);
                }
                EXPECT_EQ(counted.dead, i == max);
            }
        }
    }
}

TEST(restart_window, counts_both_ends_of_the_window_in_whole_seconds) {
    restart_window window{1, 5};
    EXPECT_TRUE(window.account(10));
    EXPECT_FALSE(window.account(15));  // 10 is still in [10, 15]
    restart_window later{1, 5};
    EXPECT_TRUE(later.account(10));
    EXPECT_TRUE(later.account(16));
    EXPECT_FALSE(later.account(16));
}

TEST(restart_window, with_zero_restarts_refuses_the_first) {
    restart_window window{0, 1};
    EXPECT_FALSE(window.account(0));
}

TEST(restart_window, forgets_any_number_of_old_restarts) {
    restart_window window{1000000, 2};
    for (int i = 0; i < 100000; ++i) {
        EXPECT_TRUE(window.account(i / 1000));
    }
    EXPECT_EQ(window.recent(), 3000);
}

}  // namespace
}  // namespace coppice::supervise
