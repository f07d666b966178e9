// SPDX-License-Identifier: Apache-2.0

#include "coppice/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;

struct go {};
struct note {
    int number = 0;
};
struct other_note {};

task<> wait_for_go() {
    co_await receive<go>();
}

const process_glance* find_in(const std::vector<process_glance>& all, const pid& who) {
    const auto found = std::ranges::find(all, who, &process_glance::process);
    return found == all.end() ? nullptr : &*found;
}

TEST(statistics_of_a_runtime, count_spawns_exits_and_crashes) {
    test::run_everywhere([]() -> task<> {
        const runtime_statistics before = statistics();
        const pid quiet = spawn([] {});
        const pid crash = spawn([] { throw std::runtime_error{"boom"}; });
        const pid shut = spawn([] { exit(reason::shutdown); });
        for (const pid& each : {quiet, crash, shut}) {
            auto ending = end_of(each);
            co_await ending;
        }
        const runtime_statistics after = statistics();
        EXPECT_EQ(after.spawns - before.spawns, 3U);
        EXPECT_EQ(after.crashes - before.crashes, 1U);
        EXPECT_EQ(after.processes, after.spawns - after.exits);
        EXPECT_GE(after.processes, 1U);
    });
}

TEST(statistics_of_a_runtime, count_messages_once_each) {
    test::run_simulated([]() -> task<> {
        const std::uint64_t before = statistics().messages;
        const pid taker = spawn([]() -> task<> {
            for (int i = 0; i < 10; ++i) {
                co_await receive<note>();
            }
        });
        for (int i = 0; i < 10; ++i) {
            send(taker, note{i});
        }
        auto ending = end_of(taker);
        co_await ending;
        EXPECT_EQ(statistics().messages - before, 10U);  // the end of a monitor is no message
    });
}

TEST(statistics_of_a_runtime, include_the_messages_of_idle_scheduler_threads) {
    runtime world{{.workers = 2, .level = report_level::off}};
    world.start();
    const pid taker = world.spawn([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            co_await receive<note>();
        }
    });
    for (int i = 0; i < 100; ++i) {
        world.send(taker, note{i});
    }
    world.wait(taker);
    EXPECT_TRUE(test::eventually([&] { return world.statistics().messages == 100U; }));
}

TEST(statistics_of_a_runtime, count_timers_that_are_armed) {
    test::run_everywhere([]() -> task<> {
        const std::uint64_t before = statistics().timers;
        const timer first = send_after(1h, self(), go{});
        const timer second = start_timer(2h, self(), go{});
        EXPECT_EQ(statistics().timers - before, 2U);
        cancel_timer(first);
        EXPECT_EQ(statistics().timers - before, 1U);
        cancel_timer(second);
        EXPECT_EQ(statistics().timers, before);
        co_return;
    });
}

TEST(statistics_of_a_runtime, show_each_scheduler_thread) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        runtime world{{.workers = workers, .level = report_level::off, .spare_workers = 3}};
        const runtime_statistics before = world.statistics();
        EXPECT_EQ(before.schedulers.size(), workers + 3);
        world.start();
        world.run([] {});
        const runtime_statistics after = world.statistics();
        std::uint64_t turns = 0;
        for (const scheduler_statistics& each : after.schedulers) {
            turns += each.turns;
            EXPECT_EQ(each.is_spare, each.index >= workers);
            EXPECT_EQ(each.is_active, !each.is_spare);
            EXPECT_LE(each.busy, after.uptime);
            EXPECT_GE(each.busy, 0ns);
        }
        EXPECT_GE(turns, 1U);
    }
}

TEST(statistics_of_a_runtime, count_a_thread_that_sleeps_as_not_busy) {
    runtime world{{.workers = 1, .level = report_level::off}};
    world.start();
    world.run([] {});
    // The busy time of a sleeping thread stands still while the clock advances.
    EXPECT_TRUE(test::eventually([&] {
        const runtime_statistics first = world.statistics();
        const runtime_statistics second = world.statistics();
        return second.uptime > first.uptime &&
               second.schedulers[0].busy - first.schedulers[0].busy < second.uptime - first.uptime;
    }));
}

TEST(statistics_of_a_runtime, show_memory) {
    runtime world{{.workers = 1, .level = report_level::off}};
    const pid first = world.spawn(wait_for_go);
    const memory_statistics memory = world.statistics().memory;
    EXPECT_GT(memory.processes, 0U);
    EXPECT_GE(memory.total, memory.processes + memory.messages);
    for (const pool_statistics& each : memory.pools) {
        EXPECT_GT(each.block_size, 0U);
        EXPECT_LE(each.used, memory.total / each.block_size);
    }
    world.send(first, go{});
}

TEST(glances_of_processes, show_alive_processes_only) {
    test::run_everywhere([]() -> task<> {
        const pid named = spawn(wait_for_go);
        register_name("a_named_one", named);
        const pid ended = spawn([] {});
        auto ending = end_of(ended);
        co_await ending;
        const std::vector<process_glance> all = process_glances();
        EXPECT_EQ(all.size(), processes().size());
        EXPECT_EQ(find_in(all, ended), nullptr);
        const process_glance* const seen = find_in(all, named);
        if (seen == nullptr) {
            ADD_FAILURE() << "not seen";
            co_return;
        }
        EXPECT_EQ(seen->name, "a_named_one");
        EXPECT_FALSE(seen->is_supervisor);
        EXPECT_GT(seen->memory, 0U);
        const process_glance* const me = find_in(all, self());
        EXPECT_EQ(me->status, process_status::running);
        EXPECT_GT(me->reductions, 0U);
        send(named, go{});
    });
}

TEST(glances_of_processes, count_the_messages_in_a_mailbox) {
    test::run_simulated([]() -> task<> {
        const pid taker = spawn(wait_for_go);
        for (int i = 0; i < 5; ++i) {
            send(taker, note{i});
        }
        co_await sleep(1ms);
        const std::vector<process_glance> all = process_glances();
        EXPECT_EQ(find_in(all, taker)->message_queue_len, 5U);
        EXPECT_EQ(find_in(all, taker)->status, process_status::waiting);
        send(taker, go{});
    });
}

TEST(glances_of_processes, tell_ages_by_the_virtual_clock) {
    testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        const pid old = spawn(wait_for_go);
        co_await sleep(10s);
        const pid young = spawn(wait_for_go);
        co_await sleep(1s);
        const std::vector<process_glance> all = process_glances();
        const auto off = [](std::chrono::nanoseconds age, std::chrono::nanoseconds wanted) {
            return age > wanted ? age - wanted : wanted - age;
        };
        EXPECT_LE(off(find_in(all, old)->age, 11s), 20ms);
        EXPECT_LE(off(find_in(all, young)->age, 1s), 20ms);
        const auto whole = co_await process_info(old);
        EXPECT_LE(off(whole.at(0).age, 11s), 20ms);
        send(old, go{});
        send(young, go{});
    });
    EXPECT_EQ(ended, reason::normal);
}

TEST(glances_of_processes, can_be_taken_while_processes_come_and_go) {
    runtime world{{.workers = 2, .level = report_level::off}};
    world.start();
    std::atomic<bool> done{false};
    const pid churn = world.spawn([&done]() -> task<> {
        while (!done) {
            for (int i = 0; i < 50; ++i) {
                const pid child = spawn(wait_for_go);
                register_name("churn " + std::to_string(i), child);
                send(child, note{i});
                send(child, go{});
                auto ending = end_of(child);
                co_await ending;
            }
        }
    });
    for (int i = 0; i < 300; ++i) {
        std::size_t seen = 0;
        world.visit_processes([&seen](const process_glance& each) {
            EXPECT_TRUE(static_cast<bool>(each.process));
            ++seen;
        });
        EXPECT_GE(seen, 1U);
        EXPECT_GE(world.statistics().processes, 1U);
    }
    done = true;
    world.wait(churn);
}

TEST(a_visit_in_turns, sees_every_process_once) {
    test::run_everywhere([]() -> task<> {
        std::vector<pid> waiting;
        for (int i = 0; i < 5'000; ++i) {
            waiting.push_back(spawn(wait_for_go));
        }
        std::unordered_map<pid, int> times;
        const auto count = [&times](const process_glance& each) { ++times[each.process]; };
        auto visiting = visit_processes_in_turns(count);
        co_await visiting;
        EXPECT_EQ(times[self()], 1);
        for (const pid& each : waiting) {
            EXPECT_EQ(times[each], 1) << to_string(each);
            exit(each, reason::kill);
        }
    });
}

TEST(a_visit_in_turns, lets_other_processes_run_after_4096_slots) {
    test::run_on_workers(1, []() -> task<> {
        for (int i = 0; i < 10'000; ++i) {
            spawn([parent = self()]() -> task<> {
                send(parent, note{});
                co_await receive<go>();
            });
        }
        for (int i = 0; i < 10'000; ++i) {
            co_await receive<note>();  // no other process waits for a turn
        }
        int turns_of_another = 0;
        const pid another = spawn([&turns_of_another]() -> task<> {
            for (;;) {
                ++turns_of_another;
                co_await yield();
            }
        });
        co_await yield();
        const int before = turns_of_another;
        auto visiting = visit_processes_in_turns([](const process_glance&) {});
        co_await visiting;
        EXPECT_GE(turns_of_another - before, 2);  // 4,096 slots in each of the first two turns
        auto ending = end_of(another);
        exit(another, reason::kill);
        co_await ending;
    });
}

TEST(glances_of_timers, show_the_soonest_first) {
    test::run_everywhere([]() -> task<> {
        const timer late = send_after(3h, self(), go{});
        const timer soon = start_timer(1h, self(), go{});
        const timer named = send_after(2h, "nobody_yet", go{});
        const std::vector<timer_glance> all = timer_glances(10);
        EXPECT_EQ(all.size(), 3U);
        if (all.size() == 3) {
            EXPECT_EQ(all[0].id, soon);
            EXPECT_EQ(all[0].kind, timer_kind::start_timer);
            EXPECT_EQ(all[0].to, self());
            EXPECT_GT(all[0].due, 59min);
            EXPECT_EQ(all[1].id, named);
            EXPECT_EQ(all[1].name, "nobody_yet");
            EXPECT_EQ(all[2].id, late);
            EXPECT_EQ(all[2].kind, timer_kind::send_after);
        }
        EXPECT_EQ(timer_glances(1).size(), 1U);
        EXPECT_EQ(timer_glances(0).size(), 0U);
        cancel_timer(late);
        cancel_timer(soon);
        cancel_timer(named);
        co_return;
    });
}

struct deaf_server {
    struct ask {};
    void handle_call(ask) {}
};

/// Gives way until the runtime has `count` timers of waits, and returns these timers.
task<std::vector<timer_glance>> glances_once_there_are(std::size_t count) {
    std::vector<timer_glance> waits = timer_glances(10);
    while (waits.size() != count) {
        co_await yield();
        waits = timer_glances(10);
    }
    co_return waits;
}

TEST(glances_of_timers, show_a_long_wait_whose_time_has_not_begun) {
    test::run_on_workers(1, []() -> task<> {
        const pid waiting = spawn([parent = self()]() -> task<> {
            send(parent, note{});
            co_await receive_for<go>(1h);
        });
        co_await receive<note>();  // the one scheduler thread has been at the wait
        EXPECT_EQ(timer_glances(10).size(), 1U);
        send(waiting, go{});
    });
}

TEST(glances_of_timers, show_a_long_wait_until_its_process_is_killed) {
    test::run_everywhere([]() -> task<> {
        const pid waiting = spawn([]() -> task<> { co_await receive_for<go>(1h); });
        auto one = glances_once_there_are(1);
        const std::vector<timer_glance> shown = co_await one;
        EXPECT_EQ(shown.front().kind, timer_kind::wait);
        EXPECT_EQ(shown.front().to, waiting);
        EXPECT_GT(shown.front().due, 59min);
        EXPECT_LE(shown.front().due, 1h + 1ms) << "a deadline is rounded up to the grain";
        auto ending = end_of(waiting);
        exit(waiting, reason::kill);
        co_await ending;
        EXPECT_EQ(timer_glances(10).size(), 0U);
    });
}

TEST(glances_of_timers, show_no_wait_that_ended_before_or_after_its_time_had_begun) {
    test::run_everywhere([]() -> task<> {
        for (const bool shown_between : {false, true}) {
            const pid waiting = spawn([]() -> task<> { co_await receive_for<go>(1h); });
            if (shown_between) {
                auto one = glances_once_there_are(1);  // a glance begins the time
                co_await one;
            }
            auto ending = end_of(waiting);
            send(waiting, go{});
            const exit_reason why = co_await ending;
            EXPECT_TRUE(why == reason::normal || why == reason::noproc);
            EXPECT_EQ(timer_glances(10).size(), 0U);
        }
    });
}

TEST(glances_of_timers, show_no_call_whose_caller_or_server_was_killed) {
    test::run_everywhere([]() -> task<> {
        auto starting = start<deaf_server>();
        const server<deaf_server> deaf = (co_await starting).value();
        auto suspending = sys::suspend(deaf.whereis());
        co_await suspending;
        const auto ask = [deaf]() -> task<> { co_await deaf.call(deaf_server::ask{}, 1h); };
        const pid caller = spawn(ask);
        const pid second = spawn(ask);
        auto both = glances_once_there_are(2);
        co_await both;
        auto first_end = end_of(caller);
        exit(caller, reason::kill);
        co_await first_end;
        EXPECT_EQ(timer_glances(10).size(), 1U);
        auto second_end = end_of(second);
        exit(deaf.whereis(), reason::kill);
        co_await second_end;
        EXPECT_EQ(timer_glances(10).size(), 0U);
    });
}

TEST(whole_process_info, counts_the_mailbox_by_type) {
    test::run_simulated([]() -> task<> {
        const pid taker = spawn(wait_for_go);
        send(taker, other_note{});
        send(taker, note{1});
        send(taker, note{2});
        const auto whole = co_await process_info(taker);
        const std::vector<mailbox_count>& mailbox = whole.at(0).mailbox;
        EXPECT_EQ(mailbox.size(), 2U);
        if (mailbox.size() == 2) {
            EXPECT_NE(mailbox[0].type.find("note"), std::string::npos);
            EXPECT_EQ(mailbox[0].count, 2U);
            EXPECT_EQ(mailbox[1].count, 1U);
        }
        send(taker, go{});
    });
}

TEST(whole_process_info, looks_at_the_first_thousand_messages) {
    test::run_simulated(
        []() -> task<> {
            const pid taker = spawn(wait_for_go);
            for (int i = 0; i < 1001; ++i) {
                send(taker, note{i});
            }
            const auto whole = co_await process_info(taker);
            EXPECT_EQ(whole.at(0).message_queue_len, 1001U);
            EXPECT_EQ(whole.at(0).mailbox.at(0).count, 1000U);
            send(taker, go{});
        },
        1);
}

struct slow {
    struct work {};
    task<> handle_cast(work) { co_await receive<go>(); }
};

TEST(whole_process_info, names_the_message_whose_handler_waits) {
    test::run_simulated([]() -> task<> {
        auto starting = start<slow>();
        const start_result<slow> started = co_await starting;
        const server<slow> asked{started.process()};
        const auto before = co_await process_info(asked.whereis());
        EXPECT_EQ(before.at(0).handling, "");
        asked.cast(slow::work{});
        co_await sleep(1ms);
        const auto during = co_await process_info(asked.whereis());
        EXPECT_NE(during.at(0).handling.find("work"), std::string::npos);
        send(asked.whereis(), go{});
        exit(asked.whereis(), reason::kill);
    });
}

}  // namespace
}  // namespace coppice
