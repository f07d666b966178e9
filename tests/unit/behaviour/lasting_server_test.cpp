// SPDX-License-Identifier: Apache-2.0
// Handles that outlive a restart: waits, calls over a restart, and the mail that was lost.

#include "coppice/lasting_server.hpp"

#include <gtest/gtest.h>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

struct ledger {
    struct add {
        int amount = 1;
    };
    struct sum {};
    struct crash {};

    void handle_cast(add m) { total += m.amount; }
    int handle_call(sum) const { return total; }
    int handle_call(crash) const { exit("boom"); }
    int total = 0;
};

child_spec named_ledger(std::chrono::nanoseconds delay) {
    restart_backoff how;
    how.first = delay;
    return child<ledger>().name("ledger").backoff(how);
}

TEST(a_lasting_server, knows_no_incarnation_before_the_first) {
    run_simulated([]() -> task<> {
        lasting_server<ledger> handle{"ledger"};
        EXPECT_EQ(handle.incarnation(), 0U);
        EXPECT_FALSE(static_cast<bool>(handle.process()));
        const ledger::add one;
        EXPECT_FALSE(handle.cast(one));
        EXPECT_EQ(handle.take_lost(), 0U);
        co_return;
    });
}

TEST(a_lasting_server, counts_the_incarnations_that_it_meets) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        EXPECT_EQ(handle.incarnation(), 1U);
        exit(handle.process(), "boom");
        const auto next = co_await handle.wait_until_restarted(2s);
        EXPECT_TRUE(next.has_value());
        EXPECT_EQ(handle.incarnation(), 2U);
        co_await stop(s.whereis());
    });
}

TEST(a_wait_for_the_next_incarnation, ends_with_timeout_while_the_present_one_lives) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        EXPECT_EQ(handle.incarnation(), 1U);
        const auto before = monotonic_time();
        const auto next = co_await handle.wait_until_restarted(2s);
        EXPECT_EQ(next.error(), "timeout");
        EXPECT_EQ(monotonic_time() - before, 2s);
        co_await stop(s.whereis());
    });
}

TEST(a_call_over_a_restart, waits_for_the_next_incarnation_within_the_limit) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        exit(handle.process(), "boom");
        co_await settle();
        const ledger::sum asked;
        const auto early = co_await handle.call(asked, 900ms);
        EXPECT_EQ(early.error(), "timeout");
        const auto late = co_await handle.call(asked, 1s);
        EXPECT_EQ(late.value_or(-1), 0);
        co_await stop(s.whereis());
    });
}

TEST(a_call_during_which_the_server_ends, fails_with_the_reason_of_the_end) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        const ledger::crash asked;
        const auto result = co_await handle.call(asked, 10s);
        EXPECT_EQ(result.error(), "boom");
        co_await stop(s.whereis());
    });
}

TEST(a_call_that_may_be_handled_twice, is_repeated_until_the_limit) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        const ledger::crash asked;
        const auto before = monotonic_time();
        const auto result = co_await handle.call_again(asked, 2s);
        EXPECT_EQ(result.error(), "timeout");
        EXPECT_EQ(monotonic_time() - before, 2s);
        EXPECT_GE(handle.incarnation(), 2U);
        co_await stop(s.whereis());
    });
}

TEST(mail_to_a_server, is_confirmed_by_a_later_call) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        const ledger::add one;
        EXPECT_TRUE(handle.cast(one));
        EXPECT_TRUE(handle.cast(one));
        EXPECT_EQ(handle.unconfirmed(), 2U);
        const ledger::sum asked;
        const auto sum = co_await handle.call(asked);
        EXPECT_EQ(sum.value_or(-1), 2);
        EXPECT_EQ(handle.unconfirmed(), 0U);
        exit(handle.process(), "boom");
        co_await settle();
        EXPECT_EQ(handle.take_lost(), 0U);
        co_await stop(s.whereis());
    });
}

TEST(mail_to_a_server, counts_as_lost_once_if_the_server_ends_before_a_later_call) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(named_ledger(1s)));
        lasting_server<ledger> handle{"ledger"};
        const pid first = handle.process();
        exit(first, "boom");
        const ledger::add one;
        handle.cast(one);
        handle.cast(one);
        co_await sleep(2s);
        EXPECT_EQ(handle.take_lost(), 2U);
        EXPECT_EQ(handle.take_lost(), 0U);
        EXPECT_EQ(handle.incarnation(), 2U);
        co_await stop(s.whereis());
    });
}

TEST(a_lasting_server, works_on_any_number_of_scheduler_threads) {
    run_everywhere([]() -> task<> {
        const child_spec spec = named_ledger(1ms);
        const supervisor s = co_await started(children(spec));
        lasting_server<ledger> handle{"ledger"};
        const ledger::sum asked;
        for (int i = 0; i < 3; ++i) {
            const auto answered = co_await handle.call(asked, 10s);
            EXPECT_TRUE(answered.has_value());
            exit(handle.process(), "boom");
            const auto next = co_await handle.wait_until_restarted(10s);
            EXPECT_TRUE(next.has_value());
        }
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
