// SPDX-License-Identifier: Apache-2.0
// Each allocation of each operation of processes fails once, and then several in a row: a failed operation
// has changed nothing, and a completed operation is complete.

#include <algorithm>
#include <functional>

#include "support/scarce_memory.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

struct ping {
    int number = 0;
};
struct tell_me {
    pid who;
};

task<> idle() {
    co_await receive<exit_message>();
}

/// Long enough for all pending events.
task<> settle() {
    co_await sleep(1s);
}

void kill_all_others() {
    for (const pid& each : processes()) {
        if (each != self()) {
            exit(each, reason::kill);
        }
    }
}

task<std::size_t> links_of(pid who) {
    const auto seen = co_await process_info(who);
    co_return seen.empty() ? 0 : seen[0].links.size();
}

task<> check_spawn(shortage& missing, std::function<void()> start, std::size_t links,
                   std::size_t monitors) {
    trap_exit(true);
    const std::size_t before = processes().size();
    const std::size_t done = succeeds(missing, start) ? 1 : 0;
    co_await settle();
    EXPECT_EQ(processes().size(), before + done);
    const auto me = co_await process_info(self());
    EXPECT_EQ(me.at(0).links.size(), done * links);
    EXPECT_EQ(me.at(0).monitors.size(), done * monitors);
    kill_all_others();
    co_await settle();
    EXPECT_EQ(processes().size(), before);
}

TEST(lack_of_memory, leaves_nothing_of_a_spawn_that_failed) {
    with_each_allocation_failing(
        [](shortage& m) { return check_spawn(m, [] { spawn(idle); }, 0, 0); });
    with_each_allocation_failing(
        [](shortage& m) { return check_spawn(m, [] { spawn_link(idle); }, 1, 0); });
    with_each_allocation_failing(
        [](shortage& m) { return check_spawn(m, [] { spawn_monitor(idle); }, 0, 1); });
    with_each_allocation_failing([](shortage& m) {
        return check_spawn(
            m, [] { spawn([](std::string) -> task<> { co_await idle(); }, std::string(100, 'x')); },
            0, 0);
    });
}

TEST(lack_of_memory, of_a_new_process_ends_that_process) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        missing.begin();
        try {
            spawn_link([] { spawn_link(idle); });
            co_await sleep(1ms);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        co_await settle();
        kill_all_others();
        co_await settle();
        EXPECT_EQ(processes().size(), 1U);
    });
}

TEST(lack_of_memory, registers_a_name_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const std::string name = "a name that does not fit into a string itself";
        const pid who = spawn(idle);
        const bool done = succeeds(missing, [&] { register_name(name, who); });
        EXPECT_EQ(whereis(name), done ? who : pid{});
        if (!done) {
            register_name(name, who);
        }
        exit(who, reason::kill);
        co_await settle();
        EXPECT_FALSE(whereis(name));
    });
}

TEST(lack_of_memory, leaves_one_crash_of_a_named_process) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const pid who = spawn(idle);
        register_name("a name that does not fit into a string itself", who);
        const std::uint64_t before = statistics().crashes;
        exit(who, reason::timeout);
        missing.begin();
        try {
            co_await sleep(1ms);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        co_await settle();
        EXPECT_EQ(statistics().crashes - before, 1U);
    });
}

TEST(lack_of_memory, unregisters_a_name_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const std::string name = "a name that does not fit into a string itself";
        register_name(name, self());
        const bool done = succeeds(missing, [&] { unregister_name(name); });
        EXPECT_EQ(whereis(name), done ? pid{} : self());
        co_return;
    });
}

TEST(lack_of_memory, leaves_no_name_to_a_dead_process) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const std::string name = "a name that does not fit into a string itself";
        const pid who = spawn(idle);
        register_name(name, who);
        missing.begin();
        try {
            exit(who, reason::kill);
            co_await sleep(1ms);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        exit(who, reason::kill);
        co_await settle();
        EXPECT_FALSE(whereis(name));
        EXPECT_TRUE(registered().empty());
    });
}

TEST(lack_of_memory, links_both_processes_or_neither) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        const pid who = spawn(idle);
        const bool done = succeeds(missing, [&] { link(who); });
        EXPECT_EQ(co_await links_of(who), done ? 1U : 0U);
        EXPECT_EQ(co_await links_of(self()), done ? 1U : 0U);
        kill_all_others();
        co_await settle();
        EXPECT_EQ(co_await links_of(self()), 0U);
    });
}

TEST(lack_of_memory, unlinks_both_processes_or_neither) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        const pid who = spawn_link(idle);
        const bool done = succeeds(missing, [&] { unlink(who); });
        EXPECT_EQ(co_await links_of(who), done ? 0U : 1U);
        EXPECT_EQ(co_await links_of(self()), done ? 0U : 1U);
        kill_all_others();
        co_await settle();
    });
}

TEST(lack_of_memory, monitors_a_process_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const pid who = spawn(idle);
        const bool done = succeeds(missing, [&] { monitor(who); });
        const auto its = co_await process_info(who);
        const auto mine = co_await process_info(self());
        EXPECT_EQ(its.at(0).monitored_by.size(), done ? 1U : 0U);
        EXPECT_EQ(mine.at(0).monitors.size(), done ? 1U : 0U);
        exit(who, reason::kill);
        EXPECT_EQ((co_await receive_for<down_message>(1s)).has_value(), done);
    });
}

TEST(lack_of_memory, demonitors_a_process_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const pid who = spawn(idle);
        const ref watching = monitor(who);
        const bool done = succeeds(missing, [&] { demonitor(watching, demonitor_option::flush); });
        const auto its = co_await process_info(who);
        EXPECT_EQ(its.at(0).monitored_by.size(), done ? 0U : 1U);
        exit(who, reason::kill);
        EXPECT_EQ((co_await receive_for<down_message>(1s)).has_value(), !done);
    });
}

TEST(lack_of_memory, fails_a_link_or_monitor_of_a_dead_process_with_an_exception) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        const pid dead = spawn([] {});
        co_await settle();
        bool linked = false;
        bool monitored = false;
        missing.begin();
        try {
            link(dead);
            linked = true;
            monitor(dead);
            monitored = true;
            co_await sleep(1ms);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        EXPECT_EQ((co_await receive_for<exit_message>(1s)).has_value(), linked);
        EXPECT_EQ((co_await receive_for<down_message>(1s)).has_value(), monitored);
    });
}

TEST(lack_of_memory, sends_a_message_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        register_name("me", self());
        const bool by_pid = succeeds(missing, [] { send(self(), ping{1}); });
        EXPECT_EQ((co_await receive_for<ping>(1ms)).has_value(), by_pid);
        if (!missing.came()) {
            const bool by_name = succeeds(missing, [] { send("me", std::string(100, 'x')); });
            EXPECT_EQ((co_await receive_for<std::string>(1ms)).has_value(), by_name);
        }
    });
}

TEST(lack_of_memory, sets_a_timer_or_fails_without_effect) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        timer set;
        const bool done = succeeds(missing, [&] { set = send_after(100ms, self(), ping{1}); });
        EXPECT_EQ(static_cast<bool>(set), done);
        EXPECT_EQ((co_await receive_for<ping>(1s)).has_value(), done);
    });
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const bool done = succeeds(missing, [&] { start_timer(100ms, self(), ping{1}); });
        EXPECT_EQ((co_await receive_for<timeout_message>(1s)).has_value(), done);
    });
    with_each_allocation_failing([](shortage& missing) -> task<> {
        register_name("me", self());
        const bool done = succeeds(missing, [&] { send_after(100ms, "me", ping{1}); });
        EXPECT_EQ((co_await receive_for<ping>(1s)).has_value(), done);
    });
}

TEST(lack_of_memory, loses_no_timer_while_timers_fire_or_are_cancelled) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        std::vector<timer> set;
        for (int i = 0; i < 60; ++i) {  // enough for wheels
            set.push_back(send_after(std::chrono::seconds{i}, self(), ping{i}));
        }
        missing.begin();
        try {
            EXPECT_TRUE(read_timer(set[50]).has_value());
            EXPECT_TRUE(cancel_timer(set[50]).has_value());
            co_await sleep(30s);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        co_await sleep(60s);
        for (int i = 0; i < 60; ++i) {
            if (i != 50) {
                const auto next = co_await receive_for<ping>(0s);
                EXPECT_TRUE(next.has_value());
                EXPECT_EQ(next ? next->number : -1, i);
            }
        }
        EXPECT_FALSE((co_await receive_for<ping>(0s)).has_value());
    });
}

TEST(lack_of_memory, leaves_a_waiting_process_usable) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        int waited = 0;
        missing.begin();
        try {
            co_await sleep(1ms);
            ++waited;
            co_await receive(
                after(1ms, [] {}), [](ping) {}, [](const exit_message&) {},
                when([](const std::string&) { return true; }, [](std::string) {}));
            ++waited;
            co_await yield();
            ++waited;
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        EXPECT_TRUE(waited == 3 || missing.came());
        send(self(), ping{7});
        EXPECT_EQ((co_await receive<ping>()).number, 7);
        co_await sleep(1ms);
    });
}

TEST(lack_of_memory, leaves_a_process_usable_after_a_failed_query) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        const pid who = spawn_link(idle);
        monitor(who);
        co_await settle();
        missing.begin();
        try {
            EXPECT_TRUE(co_await is_alive(who));
            const auto seen = co_await process_info(who);
            EXPECT_EQ(seen.size(), 1U);
            EXPECT_EQ(processes().size(), 2U);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        EXPECT_TRUE(co_await is_alive(who));
        kill_all_others();
        co_await settle();
        EXPECT_FALSE(co_await is_alive(who));
    });
}

/// Linked to the caller of `spawn_link` and monitoring `outer`, as are its children.
task<> middle_of_a_web(pid outer) {
    register_name("a name that is too long for a short string", self());
    for (int i = 0; i < 4; ++i) {
        spawn_link(idle);
        monitor(outer);
        send_after(1h, self(), ping{});
    }
    send(outer, ping{});
    co_await idle();
}

TEST(lack_of_memory, loses_no_exit_or_down_message_of_a_killed_process) {
    with_each_allocation_failing(
        [](shortage& missing) -> task<> {
            trap_exit(true);
            const pid who = spawn_link(middle_of_a_web, self());
            const ref watching = monitor(who);
            co_await receive<ping>();
            for (int i = 0; i < 20; ++i) {
                send(who, std::string(50, 'x'));
            }
            missing.begin();
            try {
                exit(who, reason::kill);
                co_await sleep(1ms);
            } catch (const std::bad_alloc&) {
            }
            missing.end();
            exit(who, reason::kill);
            const auto ended = co_await receive_for<exit_message>(1s);
            const auto down = co_await receive_for<down_message>(1s);
            EXPECT_TRUE(ended && ended->from == who && ended->why == reason::killed);
            EXPECT_TRUE(down && down->monitor == watching && down->why == reason::killed);
            co_await settle();
            EXPECT_EQ(processes().size(), 1U);
            const auto me = co_await process_info(self());
            EXPECT_TRUE(me.at(0).links.empty());
            EXPECT_TRUE(me.at(0).monitors.empty());
            EXPECT_EQ(me.at(0).monitored_by.size(), 1U) << "by the thread that runs the test";
        },
        100);
}

TEST(lack_of_memory, ends_a_process_that_does_not_catch_bad_alloc) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const auto who = spawn_monitor([&missing] {
            missing.begin();
            const auto made = std::make_unique<std::string>(100, 'x');
            missing.end();
            throw std::runtime_error{*made};
        });
        const auto down = co_await receive_for<down_message>(1s);
        missing.end();
        EXPECT_TRUE(down && down->process == who.process);
        const error_info* const error = down ? down->why.as_error() : nullptr;
        EXPECT_NE(error, nullptr);
        if (error != nullptr) {
            EXPECT_EQ(error->type, missing.came() ? "std::bad_alloc" : "std::runtime_error");
        }
    });
}

}  // namespace
}  // namespace coppice::test
