// SPDX-License-Identifier: Apache-2.0
// Each kind of fault and each choice of the schedule takes effect, at permitted places only.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "coppice/testing/explore.hpp"
#include "coppice/testing/gtest.hpp"
#include "support/planted_bugs.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using testing::explore_options;
using testing::fault_kinds;
using testing::find_failure;

constexpr std::uint64_t steps_tried = 60;

/// What a body has seen in one run.
struct sight {
    std::multiset<std::string> ends;
    unsigned starts = 0;
    unsigned ticks = 0;
    std::vector<int> order;
    std::chrono::nanoseconds latest{0};
    bool operator<(const sight& other) const {
        return std::tie(ends, starts, ticks, order, latest) <
               std::tie(other.ends, other.starts, other.ticks, other.order, other.latest);
    }
};

}  // namespace

/// The runs of a simulation are on one thread.
template <>
struct message_trait<sight*> {
    static constexpr bool is_message = true;
};

namespace {

/// Runs the body under the plan "DECISION@step" + amount for each step, and gives what the runs have seen.
std::set<sight> seen_under(const std::string& kind, const std::string& amount,
                           const std::function<task<>(sight*)>& body, explore_options how = {}) {
    std::set<sight> out;
    for (std::uint64_t step = 1; step <= steps_tried; ++step) {
        // Each call of find_failure is one exploration of the test, numbered in the plan.
        static unsigned call = 0;
        static const ::testing::TestInfo* test = nullptr;
        const auto* const present = ::testing::UnitTest::GetInstance()->current_test_info();
        call = present == test ? call + 1 : 1;
        test = present;
        const std::string plan =
            "call=" + std::to_string(call) + ' ' + kind + '@' + std::to_string(step) + amount;
        setenv("COPPICE_EXPLORE", plan.c_str(), 1);
        sight here;
        const auto failed = find_failure(how, [&] { return body(&here); });
        unsetenv("COPPICE_EXPLORE");
        EXPECT_FALSE(failed.has_value()) << plan << ": " << failed->report;
        out.insert(std::move(here));
    }
    return out;
}

bool any_of(const std::set<sight>& all, const std::function<bool(const sight&)>& holds) {
    return std::ranges::any_of(all, holds);
}

bool all_of(const std::set<sight>& all, const std::function<bool(const sight&)>& holds) {
    return std::ranges::all_of(all, holds);
}

/// A child that is seen: at its start, and once a second.
struct seen_child {
    using info_messages = messages<test::tick>;
    explicit seen_child(sight* in) : in_{in} {
        ++in_->starts;
        ring();
    }
    void handle_info(test::tick) {
        const std::string text(100, 'x');  // an allocation that is not of the library
        ++in_->ticks;
        in_->latest = monotonic_time();
        ring();
    }

  private:
    static void ring() { send_after(1s, coppice::self(), test::tick{}); }
    sight* in_;
};

/// Watches a child for three and a half seconds, and its ends.
task<> watches_a_child(sight* in) {
    auto starting = testing::start_supervised(child<seen_child>(in).name("seen"));
    const pid first = co_await starting;
    monitor(first);
    const auto until = monotonic_time() + 3500ms;
    while (monotonic_time() < until) {
        auto waiting = receive_for<down_message>(until - monotonic_time());
        const auto down = co_await waiting;
        if (down) {
            in->ends.insert(to_string(down->why));
            co_await sleep(1ms);
            monitor("seen");
        }
    }
    auto stopping = testing::stop_supervised("seen_child");
    co_await stopping;
}

TEST(explore_faults, of_the_plain_run_are_none) {
    const auto seen = seen_under("cross", "", watches_a_child);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen.begin()->starts, 1U);
    EXPECT_EQ(seen.begin()->ticks, 3U);
    EXPECT_EQ(seen.begin()->latest, 3s);
    EXPECT_TRUE(seen.begin()->ends.empty());
}

TEST(explore_faults, kill_a_child_which_is_restarted) {
    const auto seen = seen_under("kill", "", watches_a_child);
    EXPECT_TRUE(
        any_of(seen, [](const sight& s) { return s.ends.contains("killed") && s.starts == 2; }));
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.ends.empty() && s.ticks == 3; }));
}

TEST(explore_faults, delay_a_turn_by_the_time_in_the_plan) {
    const auto seen = seen_under("delay", ":400", watches_a_child);
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.latest == 3400ms; }));
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.latest == 3s; }));
    EXPECT_TRUE(all_of(seen, [](const sight& s) { return s.ends.empty(); }));
}

TEST(explore_faults, delay_a_turn_by_no_more_than_the_option) {
    explore_options how;
    how.delay_max = 400ms;
    EXPECT_GT(seen_under("delay", ":400", watches_a_child, how).size(), 1U);
    EXPECT_EQ(seen_under("delay", ":401", watches_a_child, how).size(), 1U);
}

TEST(explore_faults, lose_the_message_of_a_timer_and_no_end_of_a_wait) {
    const auto seen = seen_under("lose_timer", "", watches_a_child);
    for (const unsigned ticks : {0U, 1U, 2U, 3U}) {
        EXPECT_TRUE(any_of(seen, [&](const sight& s) { return s.ticks == ticks; })) << ticks;
    }
    EXPECT_TRUE(all_of(seen, [](const sight& s) { return s.starts == 1; }));
}

/// Ends a child, so that the child is restarted.
task<> restarts_a_child(sight* in) {
    auto starting = testing::start_supervised(child<seen_child>(in).name("seen"));
    const pid first = co_await starting;
    exit(first, reason::kill);
    auto restarted = testing::eventually([first] {
        const pid now = whereis("seen");
        return now && now != first;
    });
    co_await restarted;
    in->ends.insert("restarted");
}

TEST(explore_faults, fail_a_restart_but_no_first_start) {
    const auto seen = seen_under("fail_start", "", restarts_a_child);
    // The constructor runs once in the first life, and once in the life after the failed start.
    EXPECT_TRUE(all_of(seen, [](const sight& s) { return s.starts == 2; }));
    const auto found = [] {
        explore_options how;
        how.seeds = 200;
        how.first_seed = 1;
        how.faults = fault_kinds::none();
        how.faults.fail_start = true;
        return find_failure(how, []() -> task<> {
            sight here;
            auto starting = testing::start_supervised(child<seen_child>(&here).name("seen"));
            const pid first = co_await starting;
            exit(first, reason::kill);
            co_await sleep(1ms);
            const pid second = whereis("seen");
            // <0.I.G>: a start that failed used up a pid.
            EXPECT_EQ(second.generation(), first.generation() + 1);
        });
    }();
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->plan.starts_with("fail_start@")) << found->report;
    EXPECT_NE(found->report.find("(child \"seen_child\") fails to start"), std::string::npos)
        << found->report;
}

TEST(explore_faults, fail_an_allocation_of_a_child) {
    const auto seen = seen_under("fail_alloc", "", watches_a_child);
    EXPECT_TRUE(any_of(seen, [](const sight& s) {
        return s.starts == 2 && s.ends.contains("{std::bad_alloc,\"std::bad_alloc\"}");
    })) << ::testing::PrintToString(seen.rbegin()->ends);
}

TEST(explore_faults, strike_nobody_besides_children_of_supervisors) {
    for (const char* kind : {"kill", "delay", "lose_timer", "fail_start", "fail_alloc"}) {
        const auto seen = seen_under(kind, "", [](sight* in) -> task<> {
            const pid linked = spawn_link([in] { return test::ticks_thrice(&in->ticks); });
            monitor(linked);
            const auto down = co_await receive<down_message>();
            in->ends.insert(to_string(down.why));
        });
        ASSERT_EQ(seen.size(), 1U) << kind;
        EXPECT_EQ(seen.begin()->ticks, 3U);
        EXPECT_TRUE(seen.begin()->ends.contains("normal"));
    }
}

TEST(explore_faults, strike_the_victims_of_the_options_instead) {
    explore_options how;
    how.victims = [](const pid&) { return false; };
    EXPECT_EQ(seen_under("kill", "", watches_a_child, how).size(), 1U);
    bool is_victim_known = false;
    pid victim;
    how.victims = [&](const pid& who) { return is_victim_known && who == victim; };
    const auto seen = seen_under(
        "kill", "",
        [&](sight* in) -> task<> {
            victim = spawn([] { return test::ticks_thrice(nullptr); });
            is_victim_known = true;
            monitor(victim);
            const auto down = co_await receive<down_message>();
            in->ends.insert(to_string(down.why));
        },
        how);
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.ends.contains("killed"); }));
}

TEST(explore_faults, are_only_of_the_kinds_allowed_and_no_more_than_allowed) {
    explore_options how;
    how.seeds = 100;
    how.first_seed = 1;
    const auto dies_with_a_child = []() -> task<> {
        sight here;
        auto watching = watches_a_child(&here);
        co_await watching;
        EXPECT_EQ(here.starts, 1U);
        EXPECT_EQ(here.ticks, 3U);
    };
    EXPECT_TRUE(find_failure(how, dies_with_a_child).has_value());
    how.faults = fault_kinds::none();
    EXPECT_FALSE(find_failure(how, dies_with_a_child).has_value());
    how.faults = {};
    how.faults_max = 0;
    EXPECT_FALSE(find_failure(how, dies_with_a_child).has_value());
}

/// Three processes send a number each.
task<> three_senders(sight* in) {
    const pid me = self();
    for (int i = 1; i <= 3; ++i) {
        spawn([me, i] { send(me, i); });
    }
    for (int i = 1; i <= 3; ++i) {
        in->order.push_back(co_await receive<int>());
    }
}

TEST(explore_schedules, let_a_later_process_run_first) {
    const auto seen = seen_under("run", ":1", three_senders);
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.order == std::vector{1, 2, 3}; }));
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.order == std::vector{2, 1, 3}; }));
    EXPECT_TRUE(any_of(seen_under("run", ":2", three_senders),
                       [](const sight& s) { return s.order == std::vector{3, 1, 2}; }));
}

TEST(explore_schedules, let_a_process_run_last) {
    EXPECT_TRUE(any_of(seen_under("last", "", three_senders),
                       [](const sight& s) { return s.order == std::vector{2, 3, 1}; }));
}

/// The messages that the receiver has at each look.
task<> looks_once(sight* in) {
    const pid me = self();
    spawn([me] {
        send(me, 1);
        send(me, 2);
    });
    co_await yield();
    for (int i = 0; i < 3; ++i) {
        auto looking = receive_for<int>(0ms);
        in->order.push_back((co_await looking).value_or(0));
        co_await yield();
    }
}

TEST(explore_schedules, hold_signals_back_or_let_only_some_arrive) {
    const auto seen = seen_under("cross", "", looks_once);
    ASSERT_EQ(seen.size(), 1U);
    const std::vector<int> plain = seen.begin()->order;
    EXPECT_EQ(plain, (std::vector{1, 2, 0}));
    EXPECT_TRUE(any_of(seen_under("hold", "", looks_once),
                       [](const sight& s) { return s.order == std::vector{0, 1, 2}; }));
}

/// Two signals in one channel, and a receiver that is asked between.
task<> counts_what_came(sight* in) {
    const pid me = self();
    const pid looker = spawn([in, me]() -> task<> {
        co_await receive<int>();
        auto looking = receive_for<int>(0ms);
        in->order.push_back((co_await looking).has_value() ? 2 : 1);
        send(me, test::done{});
    });
    co_await sleep(1ms);
    send(looker, 1);
    send(looker, 2);
    co_await receive<test::done>();
}

TEST(explore_schedules, let_a_part_of_the_signals_arrive) {
    EXPECT_TRUE(all_of(seen_under("cross", "", counts_what_came),
                       [](const sight& s) { return s.order == std::vector{2}; }));
    // The first signal alone arrives, and the looker runs before the second, which is held back.
    explore_options how;
    how.seeds = 200;
    how.first_seed = 1;
    const auto found = find_failure(how, []() -> task<> {
        sight here;
        auto counting = counts_what_came(&here);
        co_await counting;
        EXPECT_EQ(here.order, std::vector{2});
    });
    ASSERT_TRUE(found.has_value());
    EXPECT_NE(found->plan.find("part@"), std::string::npos) << found->report;
    EXPECT_EQ(found->decisions, 2U) << found->report;
}

/// Two messages to different receivers, both forwarded to a third process.
task<> two_channels(sight* in) {
    const pid me = self();
    const auto forwards = [me]() -> task<> { send(me, co_await receive<int>()); };
    const pid one = spawn(forwards);
    const pid two = spawn(forwards);
    co_await sleep(1ms);
    send(one, 1);
    send(two, 2);
    in->order.push_back(co_await receive<int>());
    in->order.push_back(co_await receive<int>());
}

TEST(explore_schedules, let_the_signals_of_a_later_channel_arrive_first) {
    const auto seen = seen_under("channel", "", two_channels);
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.order == std::vector{1, 2}; }));
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.order == std::vector{2, 1}; }));
}

/// Two timers at one instant: the effect of the first cancels the second.
task<> cancels_at_the_last_moment(sight* in) {
    const pid me = self();
    const pid cancels = spawn([me]() -> task<> {
        const auto due = co_await receive<timer>();
        co_await receive<test::tick>();
        cancel_timer(due);
        send(me, test::done{});
    });
    send_after(1s, cancels, test::tick{});
    send(cancels, send_after(1s, me, 7));
    co_await receive<test::done>();
    auto looking = receive_for<int>(1s);
    in->ticks = (co_await looking).has_value() ? 1 : 0;
}

TEST(explore_schedules, let_a_timer_cross_its_cancel_with_per_pair_delays) {
    explore_options how;
    EXPECT_EQ(seen_under("cross", "", cancels_at_the_last_moment, how).size(), 1U);
    how.runtime.delays = signal_delays::per_pair;
    const auto seen = seen_under("cross", "", cancels_at_the_last_moment, how);
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.ticks == 1; }));
    EXPECT_TRUE(any_of(seen, [](const sight& s) { return s.ticks == 0; }));
}

}  // namespace
}  // namespace coppice
