// SPDX-License-Identifier: Apache-2.0
// process_info and is_alive: the answers, and the order of the answers.

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::fresh;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;

struct go {};

task<> waits() {
    co_await receive<go>();
}

TEST(process_info, of_a_process_without_a_name_has_an_empty_one_and_of_the_dead_nothing) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        EXPECT_EQ((co_await process_info(p)).at(0).registered_name, "");
        register_name("named", p);
        EXPECT_EQ((co_await process_info(p)).at(0).registered_name, "named");
        exit(p, reason::kill);
        co_await end_of(p);
        EXPECT_TRUE((co_await process_info(p)).empty());
        EXPECT_TRUE((co_await process_info(pid{})).empty());
    });
}

TEST(process_info, sees_every_earlier_signal_of_the_caller) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            const pid p = spawn(waits);
            link(p);
            const ref watching = monitor(p);
            send(p, 1);
            send(p, 2);
            const auto first = co_await process_info(p);
            EXPECT_EQ(first.at(0).message_queue_len, 2U);
            EXPECT_EQ(first.at(0).links, std::vector<pid>(1, self()));
            EXPECT_EQ(first.at(0).monitored_by, std::vector<pid>(1, self()));
            unlink(p);
            demonitor(watching);
            const auto second = co_await process_info(p);
            EXPECT_TRUE(second.at(0).links.empty());
            EXPECT_TRUE(second.at(0).monitored_by.empty());
            exit(p, reason::kill);
            EXPECT_TRUE((co_await process_info(p)).empty());
        }
    });
}

TEST(process_info, shows_pid_trap_flag_and_monitors) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const pid watched = spawn(waits);
        const pid p = spawn([watched, me]() -> task<> {
            trap_exit(true);
            static_cast<void>(monitor(watched));
            send(me, go{});
            co_await waits();
        });
        co_await receive<go>();
        const auto info = co_await process_info(p);
        EXPECT_EQ(info.at(0).process, p);
        EXPECT_TRUE(info.at(0).trap_exit);
        EXPECT_EQ(info.at(0).monitors, std::vector<pid>(1, watched));
        EXPECT_GT(info.at(0).reductions, 0U);
        EXPECT_FALSE(info.at(0).is_supervisor);
        EXPECT_EQ(info.at(0).behaviour, "");
        exit(p, reason::kill);
        exit(watched, reason::kill);
    });
}

TEST(process_info, shows_waiting_for_a_process_whose_messages_do_not_match) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        send(p, 1);
        co_await is_alive(p);  // `p` begins after this answer
        const auto told = co_await process_info(p);
        EXPECT_EQ(told.at(0).message_queue_len, 1U);
        EXPECT_EQ(told.at(0).status, process_status::waiting);
        exit(p, reason::kill);
    });
}

TEST(process_info, shows_waiting_in_a_receive_and_runnable_or_waiting_after_the_spawn) {
    run_simulated([]() -> task<> {
        const pid p = spawn(waits);
        const process_status before = (co_await process_info(p)).at(0).status;
        EXPECT_TRUE(before == process_status::runnable || before == process_status::waiting);
        co_await sleep(1ms);
        EXPECT_EQ((co_await process_info(p)).at(0).status, process_status::waiting);
        const server<scripted> s = co_await fresh();
        co_await sleep(1ms);
        EXPECT_EQ((co_await process_info(s.whereis())).at(0).status, process_status::waiting);
    });
}

TEST(process_info, counts_the_requests_that_wait_in_a_busy_server) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell_task{[](scripted&) -> task<> { co_await sleep(1s); }});
        co_await sleep(1ms);
        for (int i = 0; i < 3; ++i) {
            s.cast(scripted::tell{[](scripted&) {}});
        }
        EXPECT_EQ((co_await process_info(s.whereis())).at(0).message_queue_len, 3U);
        co_await sleep(2s);
        EXPECT_EQ((co_await process_info(s.whereis())).at(0).message_queue_len, 0U);
    });
}

TEST(process_info, names_the_initial_call_and_the_behaviour) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const auto info = co_await process_info(s.whereis());
        EXPECT_EQ(info.at(0).initial_call, "coppice::test::scripted::init");
        EXPECT_EQ(info.at(0).behaviour, "gen_server");
        co_await stop(s);
    });
}

TEST(process_info, of_oneself_works) {
    run_everywhere([]() -> task<> {
        send(self(), 1);
        const auto info = co_await process_info(self());
        EXPECT_EQ(info.at(0).process, self());
        EXPECT_EQ(info.at(0).message_queue_len, 1U);
        EXPECT_TRUE(co_await is_alive(self()));
    });
}

TEST(is_alive, is_false_for_a_process_killed_by_the_caller_and_for_an_empty_pid) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            const pid p = spawn(waits);
            exit(p, reason::kill);
            EXPECT_FALSE(co_await is_alive(p));
        }
        EXPECT_FALSE(co_await is_alive(pid{}));
    });
}

}  // namespace
}  // namespace coppice
