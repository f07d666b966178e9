// SPDX-License-Identifier: Apache-2.0
// Timers on the virtual clock.

#include "coppice/timer.hpp"

#include <climits>

#include "support/worlds.hpp"
#include "time/timer_queue.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct tick {
    int number = 0;
};

TEST(send_after, delivers_at_its_time_in_the_order_in_which_timers_were_set) {
    testing::sim_world world;
    std::vector<std::pair<int, std::chrono::nanoseconds>> seen;
    world.run([&]() -> task<> {
        send_after(20ms, self(), tick{3});
        send_after(10ms, self(), tick{1});
        send_after(10ms, self(), tick{2});
        for (int i = 0; i < 3; ++i) {
            const tick t = co_await receive<tick>();
            seen.emplace_back(t.number, world.now());
        }
    });
    const std::vector<std::pair<int, std::chrono::nanoseconds>> expected{
        {1, 10ms}, {2, 10ms}, {3, 20ms}};
    EXPECT_EQ(seen, expected);
}

TEST(send_after, refuses_a_negative_time) {
    test::run_simulated([]() -> task<> {
        EXPECT_THROW(send_after(-1ns, self(), tick{}), badarg_error);
        co_return;
    });
}

TEST(send_after, to_a_name_looks_up_the_process_at_the_deadline) {
    test::run_simulated([]() -> task<> {
        send_after(10ms, "later", tick{1});
        send_after(10ms, "nobody", tick{2});
        register_name("later", self());
        EXPECT_EQ((co_await receive<tick>()).number, 1);
    });
}

TEST(start_timer, delivers_a_timeout_message_that_names_the_timer) {
    test::run_simulated([]() -> task<> {
        const timer t = start_timer(5ms, self(), tick{4});
        timeout_message m = co_await receive<timeout_message>();
        EXPECT_EQ(m.from, t);
        EXPECT_NE(m.message.get<tick>(), nullptr);
        EXPECT_EQ(m.message.get<tick>()->number, 4);
    });
}

TEST(cancel_timer, returns_the_remaining_time_once) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const timer t = send_after(100ms, self(), tick{});
        co_await sleep(30ms);
        EXPECT_EQ(read_timer(t), 70ms);
        EXPECT_EQ(cancel_timer(t), 70ms);
        EXPECT_FALSE(cancel_timer(t).has_value());
        EXPECT_FALSE(read_timer(t).has_value());
        EXPECT_FALSE((co_await receive_for<tick>(1s)).has_value());
    });
}

TEST(timers, are_cancelled_at_the_end_of_their_receiver_and_outlive_their_setter) {
    test::run_simulated([]() -> task<> {
        const pid me = self();
        const pid target = spawn([]() -> task<> { co_await receive<int>(); });
        const timer dropped = send_after(1s, target, tick{});
        const pid setter = spawn([me] { send_after(50ms, me, tick{9}); });
        EXPECT_NE(setter, target);
        EXPECT_EQ((co_await receive<tick>()).number, 9);
        exit(target, reason::kill);
        EXPECT_FALSE(co_await is_alive(target));
        EXPECT_FALSE(read_timer(dropped).has_value());
    });
}

TEST(send_after, of_zero_delivers_without_letting_time_pass) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        send_after(0ns, self(), tick{1});
        EXPECT_EQ((co_await receive<tick>()).number, 1);
        EXPECT_EQ(world.now(), 0ns);
    });
}

TEST(read_timer, never_reports_more_than_the_set_time_nor_a_pending_timer_as_over) {
    test::run_everywhere([]() -> task<> {
        std::vector<timer> set;
        for (int i = 0; i < 200; ++i) {  // on scheduler threads some of these have not started
            set.push_back(send_after(1h, self(), tick{}));
        }
        for (const timer each : set) {
            const auto left = read_timer(each);
            EXPECT_TRUE(left && *left <= 1h && *left > 59min);
        }
        co_await yield();
        for (const timer each : set) {
            const auto left = cancel_timer(each);
            EXPECT_TRUE(left && *left <= 1h && *left > 59min);
            EXPECT_FALSE(read_timer(each).has_value());
        }
    });
}

TEST(read_timer, counts_down_until_the_deadline_and_then_returns_nothing) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const timer t = send_after(100ms, self(), tick{1});
        EXPECT_EQ(read_timer(t), 100ms);
        co_await sleep(100ms - 1ns);
        EXPECT_EQ(read_timer(t), 1ns);
        EXPECT_FALSE((co_await receive_for<tick>(0ms)).has_value());
        co_await sleep(1ns);
        EXPECT_FALSE(read_timer(t).has_value());
        EXPECT_FALSE(cancel_timer(t).has_value());
        EXPECT_TRUE(
            (co_await receive_for<tick>(0ms)).has_value());  // as allowed: the cancel was too late
        EXPECT_FALSE(read_timer(timer{}).has_value());
        EXPECT_FALSE(cancel_timer(timer{}).has_value());
    });
}

TEST(cancel_timer, may_be_called_by_any_process) {
    test::run_simulated([]() -> task<> {
        const pid me = self();
        const timer t = send_after(100ms, self(), tick{1});
        spawn([me, t]() -> task<> {
            co_await sleep(40ms);
            send(me, cancel_timer(t) == std::chrono::nanoseconds{60ms});
        });
        EXPECT_TRUE(co_await receive<bool>());
        EXPECT_FALSE((co_await receive_for<tick>(1s)).has_value());
    });
}

TEST(send_after, to_a_name_reaches_the_holder_at_the_deadline_and_outlives_the_first_holder) {
    test::run_simulated([]() -> task<> {
        const pid first = spawn([]() -> task<> { co_await receive<int>(); });
        register_name("moving", first);
        const timer t = send_after(100ms, "moving", tick{1});
        co_await sleep(50ms);
        exit(first, reason::kill);
        EXPECT_FALSE(co_await is_alive(first));
        EXPECT_EQ(read_timer(t), 50ms);
        register_name("moving", self());
        EXPECT_EQ((co_await receive<tick>()).number, 1);
    });
}

TEST(send_after, to_an_ended_process_sets_no_timer_and_reaches_no_later_process) {
    test::run_simulated([]() -> task<> {
        const pid old = spawn([]() -> task<> { co_await receive<int>(); });
        const timer before = send_after(100ms, old, tick{1});
        exit(old, reason::kill);
        EXPECT_FALSE(co_await is_alive(old));
        const timer afterwards = send_after(100ms, old, tick{2});
        EXPECT_FALSE(read_timer(before).has_value());
        EXPECT_FALSE(read_timer(afterwards).has_value());
        const pid next = spawn([]() -> task<> { co_await receive<int>(); });
        co_await sleep(1s);
        const auto info = co_await process_info(next);
        EXPECT_EQ(info.at(0).message_queue_len, 0U);
    });
}

TEST(start_timer, refuses_a_negative_time_and_may_be_cancelled) {
    test::run_simulated([]() -> task<> {
        EXPECT_THROW(start_timer(-1ns, self(), tick{}), badarg_error);
        EXPECT_THROW(send_after(-1ns, "name", tick{}), badarg_error);
        const timer t = start_timer(100ms, self(), tick{1});
        EXPECT_EQ(cancel_timer(t), 100ms);
        EXPECT_FALSE((co_await receive_for<timeout_message>(1s)).has_value());
    });
}

struct counting_action final : time::timer_action {
    explicit counting_action(int& c) : count{c} {}
    void fire() noexcept override { ++count; }
    int& count;
};

TEST(timer_queue, fires_thousands_in_order_although_every_second_one_is_cancelled) {
    time::timer_queue queue;
    int fired = 0;
    std::vector<time::timer_id> ids;
    for (int i = 0; i < 5000; ++i) {
        const auto deadline = std::chrono::nanoseconds{(i * 7919) % 1000};
        ids.push_back(queue.add(deadline, 0, std::make_unique<counting_action>(fired)).id);
    }
    for (std::size_t i = 0; i < ids.size(); i += 2) {
        EXPECT_TRUE(queue.cancel(ids[i]).has_value());
    }
    auto before = std::chrono::nanoseconds{0};
    while (queue.next_due() != time::never) {
        EXPECT_GE(queue.next_due(), before);
        before = queue.next_due();
        EXPECT_EQ(queue.fire_due(before - 1ns, 1), 0U);
        EXPECT_EQ(queue.fire_due(before, 1), 1U);
    }
    EXPECT_EQ(fired, 2500);
}

TEST(timer_queue, cancels_all_of_an_owner_and_no_other) {
    time::timer_queue queue;
    int fired = 0;
    for (std::uint64_t owner = 1; owner <= 3; ++owner) {
        for (int i = 0; i < 10; ++i) {
            queue.add(5ns, owner, std::make_unique<counting_action>(fired));
        }
    }
    queue.cancel_all_of(2);
    queue.fire_due(5ns, UINT_MAX);
    EXPECT_EQ(fired, 20);
}

}  // namespace
}  // namespace coppice
