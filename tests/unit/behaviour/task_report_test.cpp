// SPDX-License-Identifier: Apache-2.0
// The reports of tasks that end abnormally, and the place of tasks in a tree.

#include <string>

#include "support/endless.hpp"

namespace coppice {
namespace {

using test::only;

int fails() {
    exit("oops");
}

TEST(report_of_a_task, names_the_task_its_owner_the_reason_and_the_function) {
    pid owner;
    pid started;
    const auto all = test::reports_of([&]() -> task<> {
        trap_exit(true);
        owner = self();
        const auto ended = tasks::async(fails);
        started = ended.process();
        const task_outcome<int> got = co_await ended.yield();
        EXPECT_EQ(got.value().error(), "oops");
    });
    const auto texts = only<text_report>(all);
    EXPECT_EQ(texts.size(), 1U);
    const std::string text = texts.empty() ? "" : texts[0].text;
    EXPECT_TRUE(text.starts_with("task " + to_string(started) + " started from " +
                                 to_string(owner) + " terminating: oops; function: "))
        << text;
    const auto crashes = only<crash_report>(all);
    EXPECT_EQ(crashes.size(), 1U);
}

TEST(report_of_a_task, is_not_made_for_a_quiet_end) {
    const auto all = test::reports_of([]() -> task<> {
        trap_exit(true);
        const auto normal = tasks::async([]() -> int { exit(reason::normal); });
        co_await normal.yield();
        const auto told = tasks::async([]() -> int { exit(reason::shutdown_with("enough")); });
        co_await told.yield();
        const auto done = tasks::async(test::twice, 1);
        co_await done.await();
    });
    EXPECT_TRUE(all.empty());
}

TEST(child_of_a_task, is_temporary_and_runs_a_plain_function_or_a_coroutine) {
    test::run_everywhere([]() -> task<> {
        const pid owner = self();
        const auto plain = [owner] { send(owner, test::word{"plain"}); };
        const child_spec first = tasks::child("plain", plain);
        const child_spec second = tasks::child("endless", test::endless);
        EXPECT_EQ(first.restart(), temporary);
        EXPECT_EQ(first.id(), "plain");
        auto starting = supervisor::start_link(children(first, second));
        const auto started = co_await starting;
        const supervisor above = started.value();
        EXPECT_EQ(co_await test::next_word(), "plain");
        const auto running = co_await above.which_children();
        EXPECT_FALSE(running.empty());
        co_await stop(above.whereis());
    });
}

}  // namespace
}  // namespace coppice
