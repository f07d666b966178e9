// SPDX-License-Identifier: Apache-2.0
// Events, enter callbacks and replies of a gen_statem, in both callback modes.

#include <stdexcept>
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

TEST(gen_statem, handles_casts_infos_and_calls_in_its_first_state) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(note{"one"});
        m.info(note{"two"});
        send(m.whereis(), note{"three"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a cast one", "a info two", "a info three"));
        co_await stop(m);
    });
}

TEST(gen_statem, goes_to_the_state_that_a_callback_chooses) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(goes(move::to_b));
        m.cast(note{"x"});
        m.cast(goes(move::stay));
        m.cast(note{"y"});
        m.cast(goes(move::to_c));
        m.cast(note{"z"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("b cast x", "b cast y", "c cast z"));
        co_await stop(m);
    });
}

TEST(gen_statem, awaits_in_a_callback_and_takes_no_event_meanwhile) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell_task{[](machine& me) -> task<move> {
            me.say("begins");
            co_await yield();
            me.say("ends");
            co_return move::to_b;
        }});
        m.cast(note{"x"});
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("begins", "ends", "b cast x"));
        co_await stop(m);
    });
}

// Enter callbacks.

machine::options tells_enters() {
    machine::options how{self()};
    how.enter = [](machine& me, const std::string& line) {
        me.say(line);
        return move::stay;
    };
    return how;
}

TEST(handle_enter, runs_for_the_first_state_after_the_start_and_for_each_change) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine(tells_enters());
        m.cast(goes(move::to_b));
        m.cast(goes(move::to_b));
        m.cast(goes(move::stay));
        m.cast(goes(move::to_a));
        m.cast(goes(move::repeat));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("a from a", "b from a", "a from b", "a from a"));
        co_await stop(m);
    });
}

TEST(handle_enter, runs_after_the_replies_and_before_inserted_events) {
    run_everywhere([]() -> task<> {
        machine::options how = tells_enters();
        const server<machine> m = co_await fresh_machine(how);
        EXPECT_EQ(co_await next_word(), "a from a");
        const machine::ask asked{[](machine& me, reply_to<int> to) {
            then_reply(to, 1);
            next_event(&me, note{"x"});
            return move::to_b;
        }};
        auto calling = m.call(asked);
        EXPECT_EQ(co_await calling, 1);
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("b from a", "b internal x"));
        co_await stop(m);
    });
}

TEST(handle_enter, repeats_itself_and_its_last_timeouts_count) {
    run_everywhere([]() -> task<> {
        machine::options how{self()};
        how.enter = [](machine& me, const std::string& line) {
            if (!me.machine.is<machine::b>()) {
                return move::stay;
            }
            me.say(line);
            ++me.value;
            event_timeout.after(&me, 0s, note{"event " + std::to_string(me.value)});
            state_timeout.after(&me, 0s, note{"state " + std::to_string(me.value)});
            return me.value < 3 ? move::repeat : move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(goes(move::to_b));
        co_await settle(m);
        EXPECT_EQ(co_await words_so_far(), words("b from a", "b from a", "b from a",
                                                 "b timeout event 3", "b timeout state 3"));
        co_await stop(m);
    });
}

TEST(handle_enter, may_neither_postpone_nor_insert_events) {
    const auto ends_with = [](void (*action)(machine&)) {
        run_everywhere([action]() -> task<> {
            trap_exit(true);
            machine::options how{self()};
            const auto acts = [action](machine& me, const std::string& line) {
                if (line == "b from a") {
                    action(me);
                }
                return move::stay;
            };
            how.enter = acts;
            const server<machine> m = co_await fresh_machine(how);
            m.cast(goes(move::to_b));
            const exit_message ended = co_await receive<exit_message>();
            EXPECT_EQ(ended.why[0], "bad_state_enter_action_from_state_function");
        });
    };
    ends_with([](machine&) { postpone(); });
    ends_with([](machine& me) { next_event(&me, note{"x"}); });
}

// Replies.

TEST(then_reply, sends_nothing_if_the_callback_throws) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const server<machine> m = co_await fresh_machine();
        const machine::ask asked{[](machine&, reply_to<int> to) -> move {
            then_reply(to, 1);
            throw std::runtime_error{"broken"};
        }};
        auto calling = m.try_call(asked);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
    });
}

TEST(then_reply, is_sent_before_terminate_when_the_machine_stops) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const server<machine> m = co_await fresh_machine();
        const machine::ask asked{[](machine& me, reply_to<int> to) {
            then_reply(to, 1);
            me.say("stops");
            stop_with("enough");
            return move::to_b;
        }};
        auto calling = m.call(asked);
        EXPECT_EQ(co_await calling, 1);
        EXPECT_EQ(co_await next_word(), "stops");
        EXPECT_EQ(co_await next_word(), "a terminate enough") << "the state stays";
        EXPECT_EQ((co_await receive<exit_message>()).why, "enough");
    });
}

// Callbacks that are coroutines.

struct walker {
    struct here {};
    struct there {};
    struct go {};
    struct count {};
    using info_messages = messages<>;

    task<transition<there>> handle_cast(here, go) {
        co_await yield();
        co_return next_state<there>();
    }
    task<int> handle_call(here, count) {
        co_await yield();
        co_return -1;
    }
    task<replies<int, here>> handle_call(there, count) {
        co_await yield();
        co_return replies<int, here>{entered, next_state<here>()};
    }
    task<transition<>> handle_enter(there) {
        co_await yield();
        ++entered;
        if (entered < 3) {
            co_return repeat_state;
        }
        co_return keep_state;
    }
    task<> handle_enter(here, there) {
        co_await yield();
        entered = 0;
    }

    state_functions<here, there> machine;
    int entered = 0;
};

TEST(gen_statem, may_await_in_every_callback) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<walker>();
        const start_result<walker> started = co_await starting;
        const server<walker> w = started.value();
        EXPECT_EQ(co_await w.call<walker::count>(), -1);
        w.cast(walker::go{});
        EXPECT_EQ(co_await w.call<walker::count>(), 3);
        EXPECT_EQ(co_await w.call<walker::count>(), -1);
        w.cast(walker::go{});
        EXPECT_EQ(co_await w.call<walker::count>(), 3);
        co_await stop(w);
    });
}

// A state that is a value.

struct phase {
    int number = 0;
    bool operator==(const phase&) const = default;
};

struct counter {
    struct count {
        int by;
    };
    struct next {};
    struct get {};
    using info_messages = messages<>;

    explicit counter(const pid& to) : owner{to} {}
    transition<phase> handle_cast(const phase& now, count c) {
        return next_state(phase{now.number + c.by});
    }
    replies<int, phase> handle_call(const phase& now, next) {
        return {now.number, next_state(phase{now.number + 1})};
    }
    int handle_call(phase now, get) const { return now.number; }
    void handle_enter(phase now, phase before) const {
        send(owner, test::word{std::to_string(before.number) + "-" + std::to_string(now.number)});
    }

    handle_event_function<phase> machine{phase{1}};
    pid owner;
};

TEST(handle_event_function, compares_states_as_values) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<counter>(self());
        const start_result<counter> started = co_await starting;
        const server<counter> c = started.value();
        c.cast(counter::count{2});
        c.cast(counter::count{0});
        EXPECT_EQ(co_await c.call<counter::next>(), 3);
        EXPECT_EQ(co_await c.call<counter::get>(), 4);
        EXPECT_EQ(co_await words_so_far(), words("1-1", "1-3", "3-4"));
        co_await stop(c);
    });
}

}  // namespace
}  // namespace coppice
