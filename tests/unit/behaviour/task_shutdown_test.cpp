// SPDX-License-Identifier: Apache-2.0
// Tests of async_task::shutdown: the possible ends of a task, with a time limit and with the kill.

#include <optional>
#include <string>
#include <utility>

#include "support/endless.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::endless;
using test::go;
using test::next_word;
using test::rest_of_mailbox;
using test::stubborn;
using test::twice;

/// "result", "nothing" or the reason.
std::string told(const task_outcome<int>& outcome) {
    return !outcome ? "nothing" : outcome->has_value() ? "result" : to_string(outcome->error());
}

/// The outcome of a shutdown of a task whose end is in the mailbox already.
template <class F>
task<std::string> after_the_end(F f, shutdown_limit limit) {
    trap_exit(true);
    const auto started = tasks::async(f);
    co_await end_of(started.process());
    const task_outcome<int> got = co_await started.shutdown(limit);
    auto exits = receive<exit_message>();
    co_await exits;
    EXPECT_EQ(co_await rest_of_mailbox(), "");
    co_return told(got);
}

int answers() {
    return 1;
}
int ends_with_normal() {
    exit(reason::normal);
}
int ends_with_shutdown() {
    exit(reason::shutdown);
}
int ends_with_oops() {
    exit("oops");
}
int ends_with_kill() {
    exit(self(), reason::kill);
    return 0;
}

TEST(shutdown, tells_how_a_task_had_ended) {
    test::run_everywhere([]() -> task<> {
        EXPECT_EQ(co_await after_the_end(answers, 5s), "result");
        EXPECT_EQ(co_await after_the_end(ends_with_normal, 5s), "normal");
        EXPECT_EQ(co_await after_the_end(ends_with_shutdown, 5s), "nothing");
        EXPECT_EQ(co_await after_the_end(ends_with_oops, 5s), "oops");
        EXPECT_EQ(co_await after_the_end(ends_with_kill, 5s), "killed");
    });
}

TEST(shutdown, by_kill_tells_how_a_task_had_ended) {
    test::run_everywhere([]() -> task<> {
        EXPECT_EQ(co_await after_the_end(answers, brutal_kill), "result");
        EXPECT_EQ(co_await after_the_end(ends_with_normal, brutal_kill), "normal");
        EXPECT_EQ(co_await after_the_end(ends_with_shutdown, brutal_kill), "shutdown");
        EXPECT_EQ(co_await after_the_end(ends_with_oops, brutal_kill), "oops");
        EXPECT_EQ(co_await after_the_end(ends_with_kill, brutal_kill), "nothing");
    });
}

TEST(shutdown, ends_a_task_that_runs_and_leaves_nothing) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(endless);
        EXPECT_EQ(told(co_await started.shutdown()), "nothing");
        EXPECT_FALSE(co_await is_alive(started.process()));
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(shutdown, by_kill_ends_a_task_that_traps_exits) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(stubborn, self());
        EXPECT_EQ(co_await next_word(), "traps");
        EXPECT_EQ(told(co_await started.shutdown(brutal_kill)), "nothing");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(shutdown, kills_after_its_limit_and_tells_so) {
    test::run_simulated([]() -> task<> {
        const auto started = tasks::async(stubborn, self());
        EXPECT_EQ(co_await next_word(), "traps");
        const auto before = monotonic_time();
        EXPECT_EQ(told(co_await started.shutdown(2s)), "killed");
        EXPECT_EQ(monotonic_time() - before, 2s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(shutdown, takes_a_result_that_comes_while_it_waits) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async([]() -> task<int> {
            trap_exit(true);
            co_await receive<exit_message>();
            co_return 3;
        });
        // The shutdown comes after the first turn of the task.
        co_await yield();
        while (!(co_await process_info(started.process())).at(0).trap_exit) {
            co_await yield();
        }
        const task_outcome<int> got = co_await started.shutdown();
        EXPECT_EQ(told(got), "result");
    });
}

TEST(shutdown, of_a_task_that_was_awaited_gives_noproc) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(twice, 1);
        co_await started.await();
        co_await end_of(started.process());
        EXPECT_EQ(told(co_await started.shutdown()), "noproc");
        EXPECT_EQ(told(co_await started.shutdown(brutal_kill)), "noproc");
    });
}

}  // namespace
}  // namespace coppice
