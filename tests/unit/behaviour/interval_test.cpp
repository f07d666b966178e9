// SPDX-License-Identifier: Apache-2.0
// Messages that are sent again and again.

#include "coppice/interval.hpp"

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;

struct tick {
    int number = 0;
};

TEST(an_interval, sends_its_first_message_after_one_interval_and_the_others_without_drift) {
    run_simulated([]() -> task<> {
        const auto before = monotonic_time();
        send_interval(100ms, self(), tick{4});
        for (int count = 1; count <= 20; ++count) {
            const tick got = co_await receive<tick>();
            EXPECT_EQ(got.number, 4);
            EXPECT_GE(monotonic_time() - before, count * 100ms);
            EXPECT_LT(monotonic_time() - before, count * 100ms + 1ms);
        }
    });
}

TEST(an_interval, that_is_cancelled_sends_no_more) {
    run_simulated([]() -> task<> {
        const interval beat = send_interval(100ms, self(), tick{});
        co_await sleep(250ms);
        cancel_interval(beat);
        co_await receive<tick>();
        co_await receive<tick>();
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        cancel_interval(beat);
        cancel_interval(interval{});
        auto asking = is_alive(beat.sender());
        EXPECT_FALSE(co_await asking);
    });
}

TEST(an_interval, ends_with_its_receiver_and_outlives_its_starter) {
    run_everywhere([]() -> task<> {
        const pid main = self();
        const pid starter =
            spawn([main] { send(main, send_interval(1ms, main, tick{}).sender()); });
        const pid sender = co_await receive<pid>();
        const exit_reason ended = co_await test::end_of(starter);
        EXPECT_TRUE(ended == reason::normal || ended == reason::noproc);
        co_await receive<tick>();

        const pid receiver = spawn([]() -> task<> { co_await receive<int>(); });
        const interval other = send_interval(1h, receiver, tick{});
        send(receiver, 1);
        const exit_reason why = co_await test::end_of(other.sender());
        EXPECT_TRUE(why == reason::normal || why == reason::noproc);
        cancel_interval(interval{sender});
    });
}

TEST(an_interval, for_a_name_stays_with_the_process_that_has_the_name_at_the_start) {
    run_simulated([]() -> task<> {
        register_name("drummer", self());
        const interval beat = send_interval(100ms, "drummer", tick{});
        unregister_name("drummer");
        co_await receive<tick>();
        cancel_interval(beat);
    });
}

TEST(an_interval, refuses_a_time_of_zero_and_an_unknown_name) {
    run_simulated([]() -> task<> {
        EXPECT_THROW(send_interval(0ns, self(), tick{}), badarg_error);
        EXPECT_THROW(send_interval(-1ns, self(), tick{}), badarg_error);
        EXPECT_THROW(send_interval(1s, "nobody", tick{}), badarg_error);
        const interval beat = send_interval(1ns, self(), tick{});
        co_await receive<tick>();
        cancel_interval(beat);
    });
}

}  // namespace
}  // namespace coppice
