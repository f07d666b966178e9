// SPDX-License-Identifier: Apache-2.0
// The order of a gen_statem's events: postponed and inserted events.

#include <utility>

#include "support/machines.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh_machine;
using test::move;
using test::next_word;
using test::run_everywhere;
using test::settle;
using test::words;
using test::words_so_far;
using machine = test::scripted_machine;
using note = machine::note;

machine::tell goes(move where) {
    return {[where](machine&) { return where; }};
}

// Postponed events.

/// Postpones each note in the state a.
machine::options postpones_in_a() {
    machine::options how{self()};
    how.hear = [](machine& me, const std::string& line) {
        if (me.machine.is<machine::a>()) {
            postpone();
        } else {
            me.say(line);
        }
        return move::stay;
    };
    return how;
}

TEST(postpone, brings_events_again_in_their_order_after_a_change_of_state) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine(postpones_in_a());
        m.cast(note{"1"});
        m.info(note{"2"});
        m.cast(note{"3"});
        m.cast(goes(move::to_b));
        m.cast(note{"4"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("b cast 1", "b info 2", "b cast 3", "b cast 4"));
        co_await stop(m);
    });
}

TEST(postpone, waits_for_another_state_and_not_for_a_repetition) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine(postpones_in_a());
        m.cast(note{"1"});
        m.cast(goes(move::stay));
        m.cast(goes(move::repeat));
        m.cast(goes(move::to_a));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words());
        m.cast(goes(move::to_c));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("c cast 1"));
        co_await stop(m);
    });
}

TEST(postpone, of_an_event_again_keeps_its_place) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.hear = [](machine& me, const std::string& line) {
            if (me.machine.is<machine::c>()) {
                me.say(line);
            } else {
                postpone();
            }
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(note{"1"});
        m.cast(goes(move::to_b));
        m.cast(note{"2"});
        m.cast(goes(move::to_c));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("c cast 1", "c cast 2"));
        co_await stop(m);
    });
}

TEST(postpone, of_a_call_lets_the_caller_wait) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const auto changes = [m]() -> task<> {
            co_await yield();
            m.cast(goes(move::to_b));
        };
        spawn_link(changes);
        const machine::ask asked{[](machine& me, reply_to<int> to) {
            if (me.machine.is<machine::a>()) {
                postpone();
            } else {
                then_reply(to, 7);
            }
            return move::stay;
        }};
        auto calling = m.call(asked);
        EXPECT_EQ(co_await calling, 7);
        co_await stop(m);
    });
}

TEST(postpone, of_an_event_that_changes_the_state_brings_the_event_at_once) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.hear = [](machine& me, const std::string& line) {
            me.say(line);
            if (me.machine.is<machine::a>()) {
                postpone();
                return move::to_b;
            }
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(note{"x"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a cast x", "b cast x"));
        co_await stop(m);
    });
}

// Inserted events.

TEST(next_event, comes_before_postponed_events_and_the_mailbox) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine(postpones_in_a());
        m.cast(note{"1"});
        m.cast(note{"2"});
        m.cast(machine::tell{[](machine& me) {
            next_event(&me, note{"3"});
            next_event(&me, note{"4"});
            event_timeout.after(&me, 0s, note{"never: an event comes first"});
            return move::to_b;
        }});
        m.cast(note{"5"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(),
                  words("b internal 3", "b internal 4", "b cast 1", "b cast 2", "b cast 5"));
        co_await stop(m);
    });
}

TEST(next_event, of_an_inserted_event_comes_before_the_other_inserted_events) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.hear = [](machine& me, const std::string& line) {
            me.say(line);
            if (line == "a internal 1") {
                next_event(&me, note{"1.1"});
            }
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(machine::tell{[](machine& me) {
            next_event(&me, note{"1"});
            next_event(&me, note{"2"});
            return move::stay;
        }});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a internal 1", "a internal 1.1", "a internal 2"));
        co_await stop(m);
    });
}

TEST(next_event, may_have_every_sort_of_event) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const machine::ask asked{[](machine& me, reply_to<int> to) {
            me.value = 3;
            next_event(&me, note{"1"});
            next_timeout(&me, note{"2"});
            next_info(&me, note{"3"});
            next_cast(&me, note{"4"});
            next_call(&me, to, machine::get{});
            return move::to_b;
        }};
        auto calling = m.call(asked);
        EXPECT_EQ(co_await calling, 3);
        EXPECT_EQ(co_await words_so_far(),
                  words("b internal 1", "b timeout 2", "b info 3", "b cast 4"));
        co_await stop(m);
    });
}

TEST(next_event, of_init_comes_before_the_first_message) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.init = [](machine& me) -> task<> {
            send(self(), note{"2"});
            next_event(&me, note{"1"});
            co_return;
        };
        const server<machine> m = co_await fresh_machine(how);
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a internal 1", "a info 2"));
        co_await stop(m);
    });
}

}  // namespace
}  // namespace coppice
