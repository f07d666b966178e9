// SPDX-License-Identifier: Apache-2.0
// The timeouts of a gen_statem: event, state and generic; zero, absolute, updated and cancelled.

#include <utility>

#include "coppice/sys.hpp"
#include "support/machines.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh_machine;
using test::move;
using test::next_word;
using test::run_everywhere;
using test::run_simulated;
using test::settle;
using test::words;
using test::words_so_far;
using machine = test::scripted_machine;
using note = machine::note;

machine::tell goes(move where) {
    return {[where](machine&) { return where; }};
}
template <class Action>
machine::tell does(Action action) {
    return {[action](machine& me) {
        action(me);
        return move::stay;
    }};
}

TEST(state_timeout, is_over_exactly_on_time) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) { state_timeout.after(&me, 100ms, note{"x"}); }));
        co_await settle(m);
        co_await sleep(100ms - 1ns);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sleep(2ns);
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a timeout x"));
        co_await stop(m);
    });
}

TEST(state_timeout, outlives_events_and_ends_with_a_change_of_state) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const auto starts = [](machine& me) { state_timeout.after(&me, 100ms, note{"x"}); };
        m.cast(does(starts));
        m.cast(goes(move::to_a));
        m.cast(goes(move::repeat));
        m.cast(note{"1"});
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a cast 1", "a timeout x"));
        m.cast(does(starts));
        m.cast(goes(move::to_b));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await stop(m);
    });
}

TEST(state_timeout, that_is_set_with_a_change_of_state_belongs_to_the_new_state) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell{[](machine& me) {
            state_timeout.after(&me, 100ms, note{"x"});
            return move::to_b;
        }});
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("b timeout x"));
        co_await stop(m);
    });
}

TEST(event_timeout, ends_with_any_event) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const auto starts = [](machine& me) { event_timeout.after(&me, 100ms, note{"x"}); };
        m.cast(does(starts));
        co_await sleep(100ms - 1ns);
        m.cast(note{"1"});
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a cast 1"));
        m.cast(does(starts));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout x"));
        m.cast(does([](machine& me) {
            state_timeout.after(&me, 50ms, note{"state"});
            event_timeout.after(&me, 100ms, note{"event"});
        }));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout state")) << "a timeout is an event too";
        co_await stop(m);
    });
}

TEST(event_timeout, goes_on_over_requests_of_sys_and_a_suspension) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) { event_timeout.after(&me, 100ms, note{"x"}); }));
        co_await sys::suspend(m);
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sys::resume(m);
        EXPECT_EQ(co_await next_word(), "a timeout x")
            << "as in OTP, the time does not stand still";
        co_await stop(m);
    });
}

TEST(generic_timeout, goes_on_over_events_and_states_and_has_a_name) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) {
            generic_timeout("one").after(&me, 100ms, note{"one"});
            generic_timeout("two").after(&me, 50ms, note{"two"});
            generic_timeout(std::string{"three"}).after(&me, 150ms, note{"three"});
        }));
        m.cast(goes(move::to_b));
        m.cast(note{"1"});
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(),
                  words("b cast 1", "b timeout two", "b timeout one", "b timeout three"));
        co_await stop(m);
    });
}

TEST(a_timeout, that_is_started_again_has_the_new_time_and_content) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) { generic_timeout("t").after(&me, 100ms, note{"old"}); }));
        m.cast(does([](machine& me) { generic_timeout("t").after(&me, 300ms, note{"new"}); }));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout new"));
        co_await stop(m);
    });
}

TEST(a_timeout, follows_the_last_of_several_requests_of_a_callback) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) {
            state_timeout.after(&me, 0s, note{"first"});
            state_timeout.after(&me, 100ms, note{"last"});
            generic_timeout("t").after(&me, 0s, note{"t"});
            generic_timeout("t").cancel();
        }));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout last"));
        co_await stop(m);
    });
}

TEST(a_timeout, of_no_timeout_or_cancelled_does_not_come) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) {
            state_timeout.after(&me, 100ms, note{"x"});
            generic_timeout("t").after(&me, 100ms, note{"y"});
        }));
        m.cast(does([](machine& me) {
            state_timeout.after(&me, no_timeout, note{"z"});
            generic_timeout("t").cancel();
            event_timeout.cancel();
        }));
        co_await sleep(200ms);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await stop(m);
    });
}

TEST(a_timeout, that_is_over_but_not_handled_yet_can_be_cancelled) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) { state_timeout.after(&me, 100ms, note{"x"}); }));
        m.cast(machine::tell_task{[](machine&) -> task<move> {
            co_await sleep(200ms);  // the message of the timer is in the mailbox
            state_timeout.cancel();
            co_return move::stay;
        }});
        co_await sleep(300ms);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await stop(m);
    });
}

TEST(a_timeout, that_is_over_waits_behind_earlier_messages) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell_task{[](machine& me) -> task<move> {
            state_timeout.after(&me, 0s, note{"zero comes before the mailbox"});
            generic_timeout("t").after(&me, 100ms, note{"x"});
            co_return move::stay;
        }});
        m.cast(machine::tell_task{[](machine&) -> task<move> {
            co_await sleep(200ms);
            co_return move::stay;
        }});
        m.cast(note{"1"});
        co_await sleep(50ms);
        m.cast(note{"2"});
        co_await sleep(100ms);
        m.cast(note{"3"});
        co_await sleep(100ms);
        EXPECT_EQ(co_await words_so_far(),
                  words("a timeout zero comes before the mailbox", "a cast 1", "a cast 2",
                        "a timeout x", "a cast 3"));
        co_await stop(m);
    });
}

// The states of OTP's test: each step is the event of the state before.
TEST(a_timeout, of_zero_comes_in_the_order_of_otp) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.hear = [](machine& me, const std::string& line) {
            me.say(line);
            if (line == "b internal 1") {
                event_timeout.after(&me, 0s, note{"2"});
                state_timeout.after(&me, 0s, note{"2"});
                next_event(&me, note{"2"});
                return move::to_c;
            }
            if (line == "c internal 2") {
                event_timeout.after(&me, 0s, note{"3"});
            } else if (line == "c timeout 2") {
                event_timeout.after(&me, 0s, note{"4"});
                state_timeout.after(&me, 0s, note{"5"});
            } else if (line == "c timeout 4") {
                state_timeout.after(&me, 0s, note{"6"});
                event_timeout.after(&me, 0s, note{"7"});
            }
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(machine::tell{[](machine& me) {
            send(self(), note{"message"});
            event_timeout.after(&me, 500ms, note{"1"});
            state_timeout.after(&me, 500ms, note{"1"});
            next_event(&me, note{"1"});
            return move::to_b;
        }});
        co_await settle(m);
        co_await settle(m);  // behind the message that the machine has sent to itself
        EXPECT_EQ(co_await words_so_far(), words("b internal 1", "c internal 2", "c timeout 2",
                                                 "c timeout 4", "c timeout 6", "c info message"));
        co_await stop(m);
    });
}

TEST(a_timeout, that_is_updated_keeps_its_time) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) { state_timeout.after(&me, 100ms, note{"old"}); }));
        co_await sleep(50ms);
        m.cast(does([](machine& me) { state_timeout.update(&me, note{"new"}); }));
        co_await sleep(50ms - 1ns);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sleep(2ns);
        EXPECT_EQ(co_await words_so_far(), words("a timeout new"));
        m.cast(does([](machine& me) { state_timeout.update(&me, note{"at once"}); }));
        m.cast(note{"after"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a timeout at once", "a cast after"));
        co_await stop(m);
    });
}

TEST(a_timeout, at_a_point_of_time_is_over_then) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const auto until = monotonic_time() + 100ms;
        const auto starts_x = [until](machine& me) { state_timeout.at(&me, until, note{"x"}); };
        m.cast(does(starts_x));
        co_await sleep(100ms - 1ns);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sleep(2ns);
        EXPECT_EQ(co_await words_so_far(), words("a timeout x"));
        const auto starts_past = [until](machine& me) {
            state_timeout.at(&me, until, note{"past"});
        };
        m.cast(does(starts_past));
        m.cast(does([](machine& me) { generic_timeout("t").at(&me, -1h, note{"long past"}); }));
        m.cast(does([](machine& me) { generic_timeout("n").at(&me, no_timeout, note{"never"}); }));
        co_await sleep(1ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout past", "a timeout long past"));
        co_await stop(m);
    });
}

TEST(a_timeout, that_is_negative_is_refused) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(does([](machine& me) {
            EXPECT_THROW(state_timeout.after(&me, -1ns, note{"x"}), badarg_error);
            EXPECT_THROW(event_timeout.after(&me, -1ns, note{"x"}), badarg_error);
            EXPECT_THROW(generic_timeout("t").after(&me, -1ns, note{"x"}), badarg_error);
        }));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await stop(m);
    });
}

TEST(a_timeout, of_init_starts_with_the_machine) {
    run_simulated([]() -> task<> {
        machine::options how{self()};
        how.init = [](machine& me) -> task<> {
            state_timeout.after(&me, 100ms, note{"x"});
            co_return;
        };
        const server<machine> m = co_await fresh_machine(how);
        co_await sleep(101ms);
        EXPECT_EQ(co_await words_so_far(), words("a timeout x"));
        co_await stop(m);
    });
}

TEST(a_timeout, is_shown_by_get_status_with_postponed_events) {
    run_simulated([]() -> task<> {
        machine::options how{self()};
        how.hear = [](machine&, const std::string&) {
            postpone();
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(note{"later"});
        m.cast(does([](machine& me) { generic_timeout("t").after(&me, 1h, note{"x"}); }));
        const sys::status status = co_await sys::get_status(m);
        EXPECT_EQ(status.machine_state, "a");
        EXPECT_EQ(status.timeouts.size(), 1U);
        EXPECT_TRUE(status.timeouts.at(0).starts_with("generic_timeout t "))
            << status.timeouts.at(0);
        EXPECT_EQ(status.postponed.size(), 1U);
        EXPECT_NE(status.postponed.at(0).find("later"), std::string::npos);
        co_await stop(m);
    });
}

}  // namespace
}  // namespace coppice
