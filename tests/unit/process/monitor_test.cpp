// SPDX-License-Identifier: Apache-2.0
// Monitors: one-way, any number per pair, each fires once.

#include <algorithm>
#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::rest_of_mailbox;
using test::run_everywhere;

struct go {};

task<> waits() {
    co_await receive<go>();
}

TEST(down_message, carries_monitor_process_and_reason_for_every_kind_of_reason) {
    run_everywhere([]() -> task<> {
        for (const exit_reason& why : {reason::normal, reason::shutdown, reason::kill,
                                       reason::killed, reason::noproc, exit_reason{"other"}}) {
            const auto ends = [why] { exit(why); };
            const monitored_process p = spawn_monitor(ends);
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, p.monitor);
            EXPECT_EQ(down.process, p.process);
            EXPECT_EQ(down.name, "");
            EXPECT_EQ(down.why, why);
        }
        const monitored_process killed = spawn_monitor(waits);
        exit(killed.process, reason::kill);
        EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
        spawn_monitor([] { throw std::runtime_error{"boom"}; });
        EXPECT_EQ(to_string((co_await receive<down_message>()).why),
                  "{std::runtime_error,\"boom\"}");
    });
}

TEST(monitor, by_name_watches_the_holder_at_the_call_and_reports_the_name) {
    run_everywhere([]() -> task<> {
        const pid first = spawn(waits);
        const pid second = spawn(waits);
        register_name("watched", first);
        const ref watching = monitor("watched");
        unregister_name("watched");
        register_name("watched", second);
        exit(second, "second");
        EXPECT_FALSE(co_await is_alive(second));
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        exit(first, "first");
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.name, "watched");
        EXPECT_EQ(down.why, "first");
    });
}

TEST(monitor, by_the_own_name_never_fires) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        const ref mine = monitor("me");
        unregister_name("me");
        EXPECT_TRUE(static_cast<bool>(mine));
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(monitor, is_one_way_and_ends_no_process) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const pid watched = spawn(waits);
        const pid watcher = spawn([watched, me]() -> task<> {
            const ref watching = monitor(watched);
            send(me, watching);
            co_await waits();
        });
        co_await receive<ref>();
        const std::vector<pid> by(1, watcher);
        EXPECT_EQ((co_await process_info(watched)).at(0).monitored_by, by);
        exit(watcher, "crash");
        co_await end_of(watcher);
        EXPECT_TRUE(co_await is_alive(watched));
        EXPECT_TRUE((co_await process_info(watched)).at(0).monitored_by.empty());
        exit(watched, reason::kill);
    });
}

TEST(monitor, fires_once_per_active_monitor_and_never_after_demonitor) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        std::vector<ref> all;
        for (int i = 0; i < 6; ++i) {
            all.push_back(monitor(p));
        }
        EXPECT_TRUE(demonitor(all[1]));
        EXPECT_TRUE(demonitor(all[4]));
        all.erase(all.begin() + 4);
        all.erase(all.begin() + 1);
        exit(p, "bye");
        std::vector<ref> fired;
        for (int i = 0; i < 4; ++i) {
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.why, "bye");
            fired.push_back(down.monitor);
        }
        std::sort(fired.begin(), fired.end());
        std::sort(all.begin(), all.end());
        EXPECT_EQ(fired, all);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(demonitor, without_flush_leaves_a_message_that_has_arrived_and_flush_takes_only_its_own) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        const ref kept = monitor(p);
        const ref flushed = monitor(p);
        exit(p, "bye");
        co_await end_of(p);
        EXPECT_FALSE(demonitor(kept));
        EXPECT_FALSE(demonitor(flushed, demonitor_option::flush));
        EXPECT_EQ((co_await receive<down_message>()).monitor, kept);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(demonitor, with_flush_leaves_no_message_even_when_racing_with_the_end) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            const monitored_process p = spawn_monitor([] {});
            if (i % 2 == 0) {
                co_await yield();
            }
            demonitor(p.monitor, demonitor_option::flush);
            co_await end_of(p.process);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(demonitor, of_anothers_monitor_or_of_none_changes_nothing) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        const ref mine = monitor(p);
        const pid me = self();
        spawn([mine, me] { send(me, demonitor(mine, demonitor_option::flush)); });
        EXPECT_FALSE(co_await receive<bool>());
        EXPECT_FALSE(demonitor(ref{}));
        exit(p, "bye");
        EXPECT_EQ((co_await receive<down_message>()).monitor, mine);
    });
}

TEST(spawn_monitor, never_misses_the_end_of_the_started_process) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const monitored_process p = spawn_monitor([] { exit("at once"); });
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, p.monitor);
            EXPECT_EQ(down.why, "at once");
        }
    });
}

TEST(an_observer_with_link_and_monitor, gets_one_message_of_each) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid p = spawn_link(waits);
        const ref watching = monitor(p);
        exit(p, "both");
        EXPECT_EQ((co_await receive<exit_message>()).why, "both");
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, "both");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

}  // namespace
}  // namespace coppice
