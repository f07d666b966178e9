// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/task_supervisor.hpp.

#include "coppice/task_supervisor.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/streams.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::endless;
using test::exits_at_two;
using test::four;
using test::line_of;
using test::next_word;
using test::rest_of_mailbox;
using test::stubborn;
using test::twice;

task<task_supervisor> fresh(dynamic_supervisor_flags flags = {}) {
    auto starting = task_supervisor::start_link(flags);
    const start_result<task_supervisor> started = co_await starting;
    co_return started.value();
}
task<> stop_with_tasks(task_supervisor jobs) {
    auto stopping = stop(jobs.whereis());
    co_await stopping;
}

TEST(task_supervisor, starts_tasks_as_its_children_linked_to_the_caller) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const async_task<int> started = co_await jobs.async(endless);
        const auto info = co_await process_info(started.process());
        EXPECT_EQ(info.at(0).parent, jobs.whereis());
        const auto& links = info.at(0).links;
        EXPECT_EQ(links.size(), 2U);
        EXPECT_NE(std::ranges::find(links, self()), links.end());
        EXPECT_NE(std::ranges::find(links, jobs.whereis()), links.end());
        send(started.process(), test::go{});
        EXPECT_EQ(co_await started.await(), 0);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, starts_tasks_that_are_not_linked_to_the_caller) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const async_task<int> started = co_await jobs.async_nolink(endless);
        const auto info = co_await process_info(started.process());
        EXPECT_EQ(info.at(0).links, std::vector<pid>{jobs.whereis()});
        EXPECT_EQ(info.at(0).monitored_by.size(), 1U);
        send(started.process(), test::go{});
        EXPECT_EQ(co_await started.await(), 0);

        const async_task<int> fails = co_await jobs.async_nolink(exits_at_two, 2);
        const task_outcome<int> got = co_await fails.yield();
        EXPECT_EQ(got.value().error(), "two");
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, passes_on_functions_and_arguments_that_can_only_be_moved) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        auto held = std::make_unique<int>(3);
        auto function = [own = std::make_unique<int>(4)](std::unique_ptr<int> n) {
            return *own * *n;
        };
        auto starting = jobs.async(std::move(function), std::move(held));
        const async_task<int> started = co_await starting;
        EXPECT_EQ(co_await started.await(), 12);
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, refuses_one_task_more_than_max_children) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh({.max_children = 1});
        const async_task<int> only = co_await jobs.async(endless);
        int refused = 0;
        try {
            [[maybe_unused]] const async_task<int> more = co_await jobs.async(endless);
        } catch (const max_children_error&) {
            ++refused;
        }
        try {
            [[maybe_unused]] const async_task<int> more = co_await jobs.async_nolink(endless);
        } catch (const max_children_error&) {
            ++refused;
        }
        EXPECT_EQ(refused, 2);
        const child_result child = co_await jobs.start_child(endless);
        EXPECT_EQ(child.error(), "max_children");
        co_await only.shutdown(brutal_kill);
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, counts_and_lists_its_tasks) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const std::vector<pid> none = co_await jobs.children();
        EXPECT_TRUE(none.empty());
        const child_result started = co_await jobs.start_child(endless);
        const std::vector<pid> one = co_await jobs.children();
        EXPECT_EQ(one, std::vector<pid>{started.value()});
        const child_counts counts = co_await jobs.count_children();
        EXPECT_EQ(counts.active, 1U);
        EXPECT_EQ(counts.workers, 1U);
        const auto info = co_await process_info(started.value());
        EXPECT_EQ(info.at(0).links, std::vector<pid>{jobs.whereis()});
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, stops_a_task_and_knows_it_no_more) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const child_result started = co_await jobs.start_child(endless);
        const void_result first = co_await jobs.terminate_child(started.process());
        EXPECT_TRUE(first.has_value());
        const void_result second = co_await jobs.terminate_child(started.process());
        EXPECT_EQ(second.error(), "not_found");
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, restarts_a_permanent_task_and_forgets_a_temporary_one) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const supervised_task_options keeps{.restart = permanent};
        const child_result kept = co_await jobs.start_child(keeps, endless);
        const child_result lost = co_await jobs.start_child(endless);
        const ref first = monitor(kept.process());
        const ref second = monitor(lost.process());
        exit(kept.process(), reason::shutdown);
        exit(lost.process(), reason::shutdown);
        co_await receive<down_message>();
        co_await receive<down_message>();
        EXPECT_NE(first, second);
        const std::vector<pid> left = co_await jobs.children();
        EXPECT_EQ(left.size(), 1U);
        EXPECT_NE(left.at(0), kept.process());
        co_await stop_with_tasks(jobs);
    });
}

TEST(task_supervisor, kills_a_task_at_once_whose_limit_says_so) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        const supervised_task_options at_once{.shutdown = brutal_kill};
        const async_task<int> started = co_await jobs.async_nolink(at_once, stubborn, self());
        EXPECT_EQ(co_await next_word(), "traps");
        co_await stop_with_tasks(jobs);
        const task_outcome<int> got = co_await started.yield();
        EXPECT_EQ(got.value().error(), reason::killed);
    });
}

TEST(task_supervisor, stops_all_tasks_together) {
    test::run_simulated([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        for (int i = 0; i < 10; ++i) {
            const child_result started = co_await jobs.start_child(stubborn, self());
            EXPECT_TRUE(started.ok());
            EXPECT_EQ(co_await next_word(), "traps");
        }
        const auto before = monotonic_time();
        co_await stop_with_tasks(jobs);
        EXPECT_EQ(monotonic_time() - before, 5s);
    });
}

TEST(task_supervisor, that_is_not_there_ends_the_caller_with_noproc) {
    test::run_everywhere([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            const task_supervisor nobody{"nobody"};
            [[maybe_unused]] const async_task<int> started = co_await nobody.async(endless);
        });
        EXPECT_EQ(why[0], reason::noproc);
    });
}

TEST(task_supervisor, is_a_child_with_its_name_as_the_id) {
    test::run_everywhere([]() -> task<> {
        const child_spec named = child<task_supervisor>({.name = "jobs"});
        EXPECT_EQ(named.id(), "jobs");
        EXPECT_EQ(named.type(), child_type::supervisor);
        const child_spec plain = child<task_supervisor>();
        EXPECT_EQ(plain.id(), "task_supervisor");
        auto starting = supervisor::start_link(children(named, plain));
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        const task_supervisor jobs{"jobs"};
        const async_task<int> doubled = co_await jobs.async(twice, 4);
        EXPECT_EQ(co_await doubled.await(), 8);
        co_await stop(started.process());
    });
}

TEST(waiting_task, ends_with_shutdown_when_its_caller_ends_first) {
    test::run_everywhere([]() -> task<> {
        const pid caller = spawn([]() -> task<> { co_await receive<test::go>(); });
        const pid waits = detail::spawn_process(detail::make_waiting_task_body(caller, "none"), {});
        const ref watching = monitor(waits);
        exit(caller, "enough");
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        // The caller may end before the task monitors it.
        EXPECT_TRUE(down.why == reason::shutdown_with("enough") ||
                    down.why == reason::shutdown_with(reason::noproc))
            << to_string(down.why);
    });
}

TEST(waiting_task, waits_five_seconds_for_its_function) {
    test::run_simulated([]() -> task<> {
        const auto before = monotonic_time();
        const pid waits = detail::spawn_process(detail::make_waiting_task_body(self(), "none"), {});
        EXPECT_EQ(co_await end_of(waits), reason::timeout);
        EXPECT_EQ(monotonic_time() - before, 5s);
    });
}

TEST(supervised_stream, gives_results_in_order_with_any_number_of_places) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        static constexpr std::array numbers{1U, 3U, 4U, 5U};
        for (const std::size_t places : numbers) {
            stream_options how;
            how.max_concurrency = places;
            auto linked = jobs.async_stream(four(), twice, how);
            const auto all = co_await linked.collect();
            EXPECT_EQ(line_of(all), "2;4;6;8;");
            auto alone = jobs.async_stream_nolink(four(), twice, how);
            const auto again = co_await alone.collect();
            EXPECT_EQ(line_of(again), "2;4;6;8;");
        }
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        const auto me = co_await process_info(self());
        EXPECT_EQ(me.at(0).links, std::vector<pid>{jobs.whereis()});
        co_await stop_with_tasks(jobs);
    });
}

TEST(supervised_stream, without_links_gives_reasons_to_a_consumer_that_does_not_trap_exits) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        auto stream = jobs.async_stream_nolink(four(), exits_at_two);
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "1;two;3;4;");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        co_await stop_with_tasks(jobs);
    });
}

TEST(supervised_stream, throws_at_max_children_and_leaves_nothing) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh({.max_children = 1});
        stream_options two;
        two.max_concurrency = 2;
        auto stream = jobs.async_stream(std::vector<int>{1, 2}, [](int) { return endless(); }, two);
        bool refused = false;
        try {
            co_await stream.next();
        } catch (const max_children_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        const child_counts counts = co_await jobs.count_children();
        EXPECT_EQ(counts.active, 0U);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        co_await stop_with_tasks(jobs);
    });
}

TEST(supervised_stream, that_is_closed_early_leaves_only_the_link_to_the_supervisor) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        auto stream = jobs.async_stream(four(), twice);
        EXPECT_EQ((co_await stream.next()).value().value(), 2);
        co_await stream.close();
        const auto me = co_await process_info(self());
        EXPECT_EQ(me.at(0).links, std::vector<pid>{jobs.whereis()});
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        co_await stop_with_tasks(jobs);
    });
}

TEST(supervised_stream, refuses_an_invalid_shutdown_limit) {
    test::run_everywhere([]() -> task<> {
        const task_supervisor jobs = co_await fresh();
        bool refused = false;
        try {
            const auto stream = jobs.async_stream(four(), twice, {}, -1ms);
        } catch (const badarg_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        co_await stop_with_tasks(jobs);
    });
}

}  // namespace
}  // namespace coppice
