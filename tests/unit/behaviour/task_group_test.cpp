// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/tasks.hpp: waits for many tasks at once.

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/endless.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::endless;
using test::go;
using test::late;
using test::rest_of_mailbox;
using test::twice;

std::vector<async_task<int>> list_of(const async_task<int>& first, const async_task<int>& second) {
    return {first, second};
}

TEST(await_many, gives_the_results_in_the_order_of_the_tasks) {
    test::run_everywhere([]() -> task<> {
        std::vector<async_task<int>> all;
        for (int i = 0; i < 20; ++i) {
            all.push_back(tasks::async(twice, i));
        }
        const std::vector<int> results = co_await tasks::await_many(all);
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(results.at(static_cast<std::size_t>(i)), 2 * i);
        }
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(await_many, ignores_the_order_in_which_the_results_come) {
    test::run_everywhere([]() -> task<> {
        const auto slow = tasks::async(endless);
        const auto quick = tasks::async(twice, 4);
        co_await end_of(quick.process());
        send(slow.process(), go{});
        const std::vector<int> results = co_await tasks::await_many(list_of(slow, quick));
        const std::vector<int> expected{0, 8};
        EXPECT_EQ(results, expected);
    });
}

TEST(await_many, of_no_tasks_returns_at_once) {
    test::run_everywhere([]() -> task<> {
        const std::vector<async_task<int>> none;
        const std::vector<int> results = co_await tasks::await_many(none, 0ms);
        EXPECT_TRUE(results.empty());
    });
}

TEST(await_many, of_tasks_without_a_value_gives_nothing) {
    test::run_everywhere([]() -> task<> {
        std::vector<async_task<void>> all;
        all.push_back(tasks::async([] {}));
        co_await tasks::await_many(all);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(await_many, leaves_other_messages_in_the_mailbox) {
    test::run_everywhere([]() -> task<> {
        send(self(), 17);
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(twice, 1));
        co_await tasks::await_many(all);
        EXPECT_EQ(co_await rest_of_mailbox(), "17;");
    });
}

TEST(await_many, that_times_out_ends_the_owner_and_lets_no_result_arrive) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto first = tasks::async(endless);
        const auto second = tasks::async(endless);
        exit_reason why;
        try {
            co_await tasks::await_many(list_of(first, second), 0ms);
        } catch (const detail::process_exit& left) {
            why = left.why;
        }
        EXPECT_EQ(why[0], reason::timeout);
        EXPECT_EQ(why[1][1], "await_many");
        EXPECT_EQ(why[1][2][0][1].as_process(), second.process());
        EXPECT_EQ(why[1][2][1], exit_reason::integer(0));
        EXPECT_EQ(co_await test::end_of_released(first.process()), reason::normal);
        co_await receive<exit_message>();
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        exit(second.process(), reason::kill);
    });
}

TEST(await_many, ends_at_once_with_the_reason_of_the_first_task_without_a_result) {
    test::run_everywhere([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            trap_exit(true);
            const auto waits = tasks::async(endless);
            const auto fails = tasks::async([]() -> int { exit("unknown"); });
            co_await tasks::await_many(list_of(waits, fails), no_timeout);
        });
        EXPECT_EQ(why[0], "unknown");
        EXPECT_EQ(why[1][1], "await_many");
        EXPECT_EQ(why[1][2][1], "infinity");
    });
}

TEST(await_many, refuses_another_process_and_the_same_task_twice) {
    test::run_everywhere([]() -> task<> {
        const auto mine = tasks::async(endless);
        const auto refused = [mine]() -> task<> {
            co_await tasks::await_many(list_of(mine, mine));
        };
        const exit_reason foreign = co_await end_of_new(refused);
        EXPECT_NE(foreign.as_error(), nullptr);
        bool twice_refused = false;
        try {
            co_await tasks::await_many(list_of(mine, mine));
        } catch (const badarg_error&) {
            twice_refused = true;
        }
        EXPECT_TRUE(twice_refused);
        co_await mine.shutdown(brutal_kill);
    });
}

TEST(yield_many, gives_results_reasons_and_nothing_in_the_order_of_the_tasks) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(endless));
        all.push_back(tasks::async(twice, 3));
        all.push_back(tasks::async([]() -> int { exit(reason::normal); }));
        co_await end_of(all[1].process());
        co_await end_of(all[2].process());
        const yield_many_options at_once{.timeout = 0ms};
        const auto got = co_await tasks::yield_many(all, at_once);
        EXPECT_FALSE(got.at(0).has_value());
        EXPECT_EQ(got.at(1).value().value(), 6);
        EXPECT_EQ(got.at(2).value().error(), reason::normal);
        EXPECT_TRUE(co_await is_alive(all[0].process()));
        co_await all[0].shutdown(brutal_kill);
    });
}

TEST(yield_many, kills_late_tasks_if_told) {
    test::run_everywhere([]() -> task<> {
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(endless));
        const yield_many_options kills{.timeout = 0ms, .on_timeout = on_late_task::kill_task};
        const auto got = co_await tasks::yield_many(all, kills);
        EXPECT_FALSE(got.at(0).has_value());
        EXPECT_FALSE(co_await is_alive(all[0].process()));
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(yield_many, ignores_late_tasks_if_told) {
    test::run_everywhere([]() -> task<> {
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(endless));
        const yield_many_options ignores{.timeout = 0ms, .on_timeout = on_late_task::ignore};
        const auto got = co_await tasks::yield_many(all, ignores);
        EXPECT_FALSE(got.at(0).has_value());
        EXPECT_EQ(co_await test::end_of_released(all[0].process()), reason::normal);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(yield_many, returns_at_its_limit_without_treating_the_others_as_late) {
    test::run_everywhere([]() -> task<> {
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(endless));
        all.push_back(tasks::async(twice, 1));
        const yield_many_options first{
            .timeout = no_timeout, .limit = 1, .on_timeout = on_late_task::kill_task};
        const auto got = co_await tasks::yield_many(all, first);
        EXPECT_FALSE(got.at(0).has_value());
        EXPECT_EQ(got.at(1).value().value(), 2);
        EXPECT_TRUE(co_await is_alive(all[0].process()));
        co_await all[0].shutdown(brutal_kill);
    });
}

TEST(yield_many, has_one_timeout_for_all_tasks) {
    test::run_simulated([]() -> task<> {
        std::vector<async_task<int>> all;
        all.push_back(tasks::async(late, 600ms, 1));
        all.push_back(tasks::async(late, 1001ms, 2));
        const auto before = monotonic_time();
        const yield_many_options second{.timeout = 1s};
        const auto got = co_await tasks::yield_many(all, second);
        EXPECT_EQ(monotonic_time() - before, 1s);
        EXPECT_EQ(got.at(0).value().value(), 1);
        EXPECT_FALSE(got.at(1).has_value());
        EXPECT_EQ(co_await all[1].await(), 2);
    });
}

}  // namespace
}  // namespace coppice
