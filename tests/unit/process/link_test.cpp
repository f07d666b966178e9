// SPDX-License-Identifier: Apache-2.0
// Links: symmetric, one for a pair, and the signals along a link.

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::rest_of_mailbox;
using test::run_everywhere;

struct go {};

task<> waits() {
    co_await receive<go>();
}

task<> waits_trapping() {
    trap_exit(true);
    co_await receive<go>();
}

TEST(link, is_seen_on_both_sides_and_removed_on_both_by_either_unlink) {
    run_everywhere([]() -> task<> {
        const std::vector<pid> none;
        for (const bool by_other : {false, true}) {
            const pid me = self();
            const pid other = spawn([me]() -> task<> {
                co_await receive<go>();
                unlink(me);
                send(me, go{});
                co_await receive<go>();
            });
            link(other);
            EXPECT_EQ((co_await process_info(other)).at(0).links, std::vector<pid>(1, me));
            EXPECT_EQ((co_await process_info(me)).at(0).links, std::vector<pid>(1, other));
            if (by_other) {
                send(other, go{});
                co_await receive<go>();
            } else {
                unlink(other);
            }
            EXPECT_EQ((co_await process_info(other)).at(0).links, none);
            EXPECT_EQ((co_await process_info(me)).at(0).links, none);
            exit(other, "gone");
            EXPECT_FALSE(co_await is_alive(other));  // and the calling process survives
        }
    });
}

TEST(link, carries_a_reason_unchanged_through_a_chain_of_processes) {
    run_everywhere([]() -> task<> {
        for (const exit_reason& why :
             {reason::kill, reason::killed, reason::shutdown, exit_reason{"other"}}) {
            const monitored_process first = spawn_monitor(waits);
            pid last = first.process;
            for (int i = 0; i < 10; ++i) {
                const pid before = last;
                const pid me = self();
                last = spawn([before, me]() -> task<> {
                    link(before);
                    send(me, go{});
                    co_await waits();
                });
                co_await receive<go>();
            }
            const auto crashes = [last, why]() -> task<> {
                link(last);
                exit(why);
                co_return;
            };
            spawn(crashes);
            EXPECT_EQ((co_await receive<down_message>()).why, why);
        }
    });
}

TEST(link, passes_on_the_trappable_reason_killed_when_a_peer_is_killed) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid victim = spawn_link(waits_trapping);
        exit(victim, reason::kill);
        const exit_message end = co_await receive<exit_message>();
        EXPECT_EQ(end.from, victim);
        EXPECT_EQ(end.why, reason::killed);
    });
}

TEST(link, of_a_normal_end_leaves_the_peer_alive_and_is_removed) {
    run_everywhere([]() -> task<> {
        const pid other = spawn_link(waits);
        send(other, go{});
        co_await end_of(other);
        EXPECT_TRUE((co_await process_info(self())).at(0).links.empty());
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(link, stops_at_a_process_that_traps) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const pid wall = spawn([me]() -> task<> {
            trap_exit(true);
            send(me, spawn_link(waits));
            const exit_message heard = co_await receive<exit_message>();
            send(me, to_string(heard.why));
            co_await receive<go>();
        });
        const pid behind = co_await receive<pid>();
        link(wall);
        exit(behind, "crash");
        EXPECT_EQ(co_await receive<std::string>(), "crash");
        EXPECT_TRUE(co_await is_alive(wall));
        unlink(wall);
        exit(wall, reason::kill);
    });
}

TEST(link, to_oneself_is_allowed_and_does_nothing) {
    run_everywhere([]() -> task<> {
        link(self());
        EXPECT_TRUE((co_await process_info(self())).at(0).links.empty());
        unlink(self());
        EXPECT_EQ(co_await end_of_new([] {
                      link(self());
                      exit("mine");
                  }),
                  "mine");
    });
}

TEST(link, to_a_process_just_killed_by_the_caller_is_an_exit_with_noproc) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 50; ++i) {
            const pid dead = spawn(waits);
            exit(dead, reason::kill);
            link(dead);
            const exit_message end = co_await receive<exit_message>();
            EXPECT_EQ(end.from, dead);
            // The process was alive or dead when the link arrived; the reason shows which.
            EXPECT_EQ(end.why, reason::noproc) << to_string(end.why);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(link, made_again_after_unlink_works_again) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid other = spawn(waits);
        link(other);
        unlink(other);
        link(other);
        exit(other, "gone");
        EXPECT_EQ((co_await receive<exit_message>()).why, "gone");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(link, made_by_both_sides_at_once_is_one_link) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 50; ++i) {
            const pid me = self();
            const pid other = spawn([me]() -> task<> {
                link(me);
                co_await receive<go>();
                exit("once");
            });
            link(other);
            send(other, go{});
            EXPECT_EQ((co_await receive<exit_message>()).why, "once");
            co_await end_of(other);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(unlink, of_an_unlinked_or_ended_process_does_nothing) {
    run_everywhere([]() -> task<> {
        const pid stranger = spawn(waits);
        unlink(stranger);
        unlink(pid{});
        exit(stranger, "gone");
        co_await end_of(stranger);
        unlink(stranger);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(unlink, then_taking_the_exit_message_without_waiting_leaves_none_behind) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 200; ++i) {
            const pid other = spawn_link([] { exit("racing"); });
            if (i % 2 == 0) {
                co_await yield();
            }
            unlink(other);
            auto flush = receive_for<exit_message>(0ms);
            co_await flush;
            co_await end_of(other);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(spawn_link, ends_the_child_with_its_parent_even_before_it_has_run) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const auto parent = [me] {
            send(me, spawn_link(waits));
            exit("parent");
        };
        spawn(parent);
        const pid child = co_await receive<pid>();
        const exit_reason end = co_await end_of(child);
        EXPECT_TRUE(end == "parent" || end == reason::noproc) << to_string(end);
    });
}

TEST(trap_exit, returns_the_previous_flag_and_keeps_queued_exit_messages_when_turned_off) {
    run_everywhere([]() -> task<> {
        EXPECT_FALSE(trap_exit(true));
        EXPECT_TRUE(trap_exit(true));
        const pid other = spawn_link([] { exit("early"); });
        co_await end_of(other);
        EXPECT_TRUE(trap_exit(false));
        EXPECT_FALSE(trap_exit(false));
        auto kept = receive_for<exit_message>(0ms);
        const auto message = co_await kept;
        EXPECT_TRUE(message.has_value());
        EXPECT_EQ(message.has_value() ? message->why : reason::normal, "early");
    });
}

TEST(exit_to, a_process_that_has_ended_or_never_was_does_nothing) {
    run_everywhere([]() -> task<> {
        const pid dead = spawn([] {});
        co_await end_of(dead);
        for (const exit_reason& why : {reason::normal, reason::kill, exit_reason{"x"}}) {
            exit(dead, why);
            exit(pid{}, why);
        }
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

}  // namespace
}  // namespace coppice
