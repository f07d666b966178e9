// SPDX-License-Identifier: Apache-2.0
// Spawning: the properties inherited and not inherited by a new process.

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "support/servers.hpp"

namespace coppice {
namespace {

using test::end_of;
using test::end_of_new;
using test::rest_of_mailbox;
using test::run_everywhere;

struct go {};

task<> waits() {
    co_await receive<go>();
}

task<> tells(pid to, std::string word, std::unique_ptr<int> owned) {
    send(to, word + std::to_string(*owned));
    co_return;
}

TEST(spawn, moves_its_arguments_into_the_process) {
    run_everywhere([]() -> task<> {
        spawn(tells, self(), std::string{"got "}, std::make_unique<int>(7));
        EXPECT_EQ(co_await receive<std::string>(), "got 7");
    });
}

TEST(spawn, of_a_function_that_throws_at_once_works_and_the_process_crashes) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(to_string(co_await end_of_new([] { throw std::logic_error{"undef"}; })),
                  "{std::logic_error,\"undef\"}");
        EXPECT_EQ(to_string(co_await end_of_new([]() -> task<> {
                      throw std::logic_error{"undef"};
                      co_return;
                  })),
                  "{std::logic_error,\"undef\"}");
        EXPECT_EQ(to_string(co_await end_of_new([] { throw 42; })), "{int,\"\"}");
    });
}

TEST(spawn, inherits_neither_trapping_nor_links_nor_monitors_nor_the_name) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        register_name("parent", self());
        const pid linked = spawn_link(waits);
        const pid child = spawn(waits);
        const auto info = co_await process_info(child);
        EXPECT_FALSE(info.at(0).trap_exit);
        EXPECT_TRUE(info.at(0).links.empty());
        EXPECT_TRUE(info.at(0).monitors.empty());
        EXPECT_TRUE(info.at(0).monitored_by.empty());
        EXPECT_EQ(info.at(0).registered_name, "");
        EXPECT_EQ(info.at(0).parent, self());
        unregister_name("parent");
        exit(linked, reason::kill);
        exit(child, reason::kill);
    });
}

TEST(spawn, leaves_the_child_alone_when_the_parent_ends) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const pid parent = spawn([me] {
            send(me, spawn(waits));
            exit("crash");
        });
        const pid child = co_await receive<pid>();
        co_await end_of(parent);
        EXPECT_TRUE(co_await is_alive(child));
        exit(child, reason::kill);
    });
}

/// Starts the next process, `left` times; the last sends its ancestors to `told`.
task<> descends(int left, pid told) {
    if (left > 0) {
        spawn(descends, left - 1, told);
    } else {
        send(told, (co_await process_info(self())).at(0).ancestors);
    }
    co_await waits();
}

task<std::vector<std::string>> ancestors_after(int generations) {
    spawn(descends, generations, self());
    co_return co_await receive<std::vector<std::string>>();
}

TEST(spawn, passes_the_name_of_the_parent_at_the_spawn_to_the_child) {
    run_everywhere([]() -> task<> {
        const auto name_for_the_next = []() -> task<std::string> {
            const pid child = spawn([]() -> task<> { co_await receive<int>(); });
            const auto told = co_await process_info(child);
            exit(child, reason::kill);
            co_return told.at(0).ancestors.at(0);
        };
        const std::string no_name = to_string(self());
        EXPECT_EQ(co_await name_for_the_next(), no_name);
        register_name("first", self());
        EXPECT_EQ(co_await name_for_the_next(), "first");
        unregister_name("first");
        EXPECT_EQ(co_await name_for_the_next(), no_name);
        register_name("second", self());
        EXPECT_EQ(co_await name_for_the_next(), "second");
        unregister_name("second");
    });
}

TEST(spawn, knows_all_ancestors_up_to_a_limit_and_then_the_nearest_and_the_first) {
    test::run_simulated([]() -> task<> {
        const std::string me = to_string(self());
        const auto of_a_child = co_await ancestors_after(0);
        EXPECT_EQ(of_a_child.front(), me);
        const auto few = co_await ancestors_after(20);
        EXPECT_EQ(few.size(), of_a_child.size() + 20);
        EXPECT_EQ(few.at(20), me);
        const auto many = co_await ancestors_after(1000);
        EXPECT_GE(many.size(), 16U);
        EXPECT_LE(many.size(), 32U);
        EXPECT_EQ(std::count(many.begin(), many.end(), me), 1);
        EXPECT_EQ(many.back(), of_a_child.back());
        const std::set<std::string> different{many.begin(), many.end()};
        EXPECT_EQ(different.size(), many.size());
    });
}

TEST(spawn, shows_named_ancestors_by_name_and_others_by_pid) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        register_name("eve", self());
        const pid middle = spawn([me]() -> task<> {
            send(me, spawn(waits));
            co_await waits();
        });
        const pid child = co_await receive<pid>();
        const auto info = co_await process_info(child);
        EXPECT_EQ(info.at(0).parent, middle);
        const auto& ancestors = info.at(0).ancestors;
        EXPECT_GE(ancestors.size(), 2U);
        EXPECT_EQ(ancestors.at(0), to_string(middle));
        EXPECT_EQ(ancestors.at(1), "eve");
        unregister_name("eve");
        exit(child, reason::kill);
        exit(middle, reason::kill);
    });
}

TEST(pid, never_names_a_later_process) {
    run_everywhere([]() -> task<> {
        std::set<pid> seen;
        for (int i = 0; i < 500; ++i) {
            const pid p = spawn(waits);
            EXPECT_TRUE(seen.insert(p).second);
            exit(p, reason::kill);
            EXPECT_FALSE(co_await is_alive(p));
        }
        const pid last = spawn(waits);
        for (const pid& old : seen) {
            send(old, go{});  // does not reach the slot's next process
            exit(old, reason::kill);
        }
        EXPECT_TRUE(co_await is_alive(last));
        EXPECT_EQ((co_await process_info(last)).at(0).message_queue_len, 0U);
        exit(last, reason::kill);
    });
}

TEST(processes, lists_living_processes) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits);
        const auto has = [](const pid& who) {
            const auto all = processes();
            return std::find(all.begin(), all.end(), who) != all.end();
        };
        EXPECT_TRUE(has(self()));
        EXPECT_TRUE(has(p));
        exit(p, reason::kill);
        co_await end_of(p);
        EXPECT_FALSE(has(p));
    });
}

}  // namespace
}  // namespace coppice
