// SPDX-License-Identifier: Apache-2.0
// timeout_after and continue_with: the time of each, and the messages that come first.

#include <algorithm>
#include <stdexcept>

#include "process/signals.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::fresh;
using test::next_word;
using test::reports_of;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words;
using test::words_so_far;

using nanoseconds = std::chrono::nanoseconds;

scripted::tell asks_for_timeout(nanoseconds time) {
    return {[time](scripted&) { timeout_after(time); }};
}

TEST(timeout_after, fires_exactly_on_time_from_every_handler) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const auto asks = [](scripted&) { timeout_after(100ms); };
        const auto expect_in_100ms = [&]() -> task<> {
            const nanoseconds before = world.now();
            EXPECT_EQ(co_await next_word(), "timeout");
            EXPECT_EQ(world.now() - before, 100ms);
        };
        scripted::options constructs{self()};
        constructs.construct = asks;
        const server<scripted> s = co_await fresh(constructs);
        co_await expect_in_100ms();
        s.cast(scripted::tell{asks});
        co_await expect_in_100ms();
        send(s.whereis(), scripted::poke{asks});
        co_await expect_in_100ms();
        s.cast(scripted::tell{[asks](scripted& t) { continue_with(&t, scripted::go_on{asks}); }});
        co_await expect_in_100ms();
        const scripted::ask call{[asks](scripted& t) {
            asks(t);
            return 1;
        }};
        EXPECT_EQ(co_await s.call(call), 1);
        co_await expect_in_100ms();
        scripted::options waits_in_init{self()};
        waits_in_init.init = [asks](scripted& t) -> task<> {
            co_await sleep(30ms);
            asks(t);
        };
        const server<scripted> other = co_await fresh(waits_in_init);
        co_await expect_in_100ms();
        co_await sleep(10s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");  // each came once
    });
}

TEST(timeout_after, in_a_coroutine_handler_counts_from_its_end) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell_task{[](scripted& t) -> task<> {
            timeout_after(100ms);
            co_await sleep(500ms);
            t.say("handled");
        }});
        EXPECT_EQ(co_await next_word(), "handled");
        const nanoseconds handled = world.now();
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_EQ(world.now() - handled, 100ms);
    });
}

TEST(timeout_after, is_cancelled_by_a_message_just_before_the_deadline_and_not_just_after) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(asks_for_timeout(100ms));
        co_await sleep(100ms - 1ns);
        send(s.whereis(), scripted::note{"in time"});
        co_await sleep(10s);
        EXPECT_EQ(co_await words_so_far(), words("in time"));
        s.cast(asks_for_timeout(100ms));
        co_await sleep(100ms + 1ns);
        send(s.whereis(), scripted::note{"late"});
        co_await sleep(10s);
        const std::vector<std::string> expected{"timeout", "late"};
        EXPECT_EQ(co_await words_so_far(), expected);
    });
}

TEST(timeout_after, is_cancelled_by_a_message_of_any_kind) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh(scripted::options{self(), true});
        const auto cancelled = [s](auto by) -> task<> {
            s.cast(asks_for_timeout(100ms));
            co_await sleep(50ms);
            by();
            co_await sleep(10s);
            const auto heard = co_await words_so_far();
            EXPECT_EQ(std::count(heard.begin(), heard.end(), "timeout"), 0);
        };
        const auto by_cast = [s] { s.cast(scripted::tell{[](scripted&) {}}); };
        co_await cancelled(by_cast);
        const auto by_plain = [s] { send(s.whereis(), scripted::note{"plain"}); };
        co_await cancelled(by_plain);
        const auto by_unhandled = [s] { send(s.whereis(), 3.5); };
        co_await cancelled(by_unhandled);
        const auto by_exit = [s] { exit(s.whereis(), "a stranger's"); };
        co_await cancelled(by_exit);
        const auto by_call = [s] { spawn([s]() -> task<> { co_await s.call(scripted::get{}); }); };
        co_await cancelled(by_call);
    });
}

TEST(timeout_after, is_not_cancelled_by_signals_other_than_messages) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        const nanoseconds before = world.now();
        s.cast(asks_for_timeout(100ms));
        for (int i = 0; i < 9; ++i) {
            co_await sleep(10ms);
            EXPECT_TRUE(co_await is_alive(s.whereis()));
            EXPECT_EQ((co_await process_info(s.whereis())).size(), 1U);
            demonitor(monitor(s.whereis()));
            link(s.whereis());
            unlink(s.whereis());
            exit(s.whereis(), reason::normal);
        }
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_EQ(world.now() - before, 100ms);
    });
}

TEST(timeout_after, may_be_set_again_and_the_last_request_counts) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted&) {
            timeout_after(1s);
            timeout_after(20ms);
        }});
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_EQ(world.now(), 20ms);
        s.cast(scripted::tell{[](scripted&) {
            timeout_after(20ms);
            timeout_after(no_timeout);
        }});
        co_await sleep(10s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(timeout_after, of_zero_comes_at_once_if_no_message_waits_and_never_otherwise) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(asks_for_timeout(0ms));
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_EQ(world.now(), 0ms);
        s.cast(scripted::tell{[](scripted&) {
            send(self(), scripted::note{"queued"});
            timeout_after(0ms);
        }});
        co_await sleep(10s);
        EXPECT_EQ(co_await words_so_far(), words("queued"));
    });
}

TEST(timeout_after, with_a_negative_time_crashes_the_handler) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(asks_for_timeout(-1ns));
        const exit_reason why = co_await end_of(s.whereis());
        EXPECT_EQ(why.as_error() == nullptr ? "" : why.as_error()->type, "coppice::badarg_error");
    });
}

TEST(timeout_after, does_not_come_to_a_server_that_is_stopping) {
    run_simulated([]() -> task<> {
        scripted::options how{self()};
        how.terminate = [](scripted& s, const exit_reason&) -> task<> {
            co_await sleep(1s);
            s.say("terminated");
        };
        const server<scripted> s = co_await fresh(how);
        s.cast(asks_for_timeout(100ms));
        co_await stop(s);
        EXPECT_EQ(co_await words_so_far(), words("terminated"));
    });
}

/// Asks for a timeout without a handler for timeouts.
struct deaf {
    struct begin {};
    struct get {};
    void handle_cast(begin) { timeout_after(10ms); }
    int handle_call(get) { return 1; }
};

TEST(timeout_after, without_a_handler_is_logged_and_the_server_lives) {
    const auto reports = reports_of([]() -> task<> {
        auto starting = start<deaf>();
        const server<deaf> s = (co_await starting).value();
        s.cast(deaf::begin{});
        co_await sleep(1s);
        EXPECT_EQ(co_await s.call(deaf::get{}), 1);
    });
    const auto texts = test::only<text_report>(reports);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_NE(texts[0].text.find("no handler for the message timeout"), std::string::npos)
        << texts[0].text;
}

TEST(continue_with, runs_before_all_waiting_messages_from_every_handler) {
    run_everywhere([]() -> task<> {
        const auto queues_and_continues = [](scripted& t) {
            send(self(), scripted::note{"queued"});
            continue_with(&t, scripted::go_on{[](scripted& u) { u.say("continued"); }});
        };
        const auto expect_order = []() -> task<> {
            EXPECT_EQ(co_await next_word(), "continued");
            EXPECT_EQ(co_await next_word(), "queued");
        };
        scripted::options how{self()};
        how.construct = queues_and_continues;
        const server<scripted> s = co_await fresh(how);
        co_await expect_order();
        s.cast(scripted::tell{queues_and_continues});
        co_await expect_order();
        send(s.whereis(), scripted::poke{queues_and_continues});
        co_await expect_order();
        const scripted::ask call{[queues_and_continues](scripted& t) {
            queues_and_continues(t);
            return 1;
        }};
        EXPECT_EQ(co_await s.call(call), 1);
        co_await expect_order();
        s.cast(scripted::tell_task{[queues_and_continues](scripted& t) -> task<> {
            co_await yield();
            queues_and_continues(t);
        }});
        co_await expect_order();
        co_await stop(s);
    });
}

TEST(continue_with, in_init_and_in_a_call_runs_after_the_reply) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const auto continues = [](scripted& t) {
            continue_with(&t, scripted::go_on_task{[](scripted& u) -> task<> {
                co_await sleep(100ms);
                u.say("continued");
            }});
        };
        scripted::options how{self()};
        how.construct = continues;
        const server<scripted> s = co_await fresh(how);
        EXPECT_EQ(world.now(), 0ms);
        EXPECT_EQ(co_await next_word(), "continued");
        EXPECT_EQ(world.now(), 100ms);
        const scripted::ask call{[continues](scripted& t) {
            continues(t);
            return 2;
        }};
        EXPECT_EQ(co_await s.call(call), 2);
        EXPECT_EQ(world.now(), 100ms);
        EXPECT_EQ(co_await next_word(), "continued");
        EXPECT_EQ(world.now(), 200ms);
    });
}

TEST(continue_with, may_chain_and_stop_without_taking_waiting_messages) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted& t) {
            send(self(), scripted::note{"queued"});
            continue_with(&t, scripted::go_on{[](scripted& u) {
                u.say("one");
                continue_with(&u, scripted::go_on{[](scripted& v) {
                    v.say("two");
                    stop_with("done");
                }});
            }});
        }});
        const exit_reason why = co_await end_of(s.whereis());
        EXPECT_TRUE(why == "done" || why == reason::noproc);
        const std::vector<std::string> expected{"one", "two", "terminate done"};
        EXPECT_EQ(co_await words_so_far(), expected);
    });
}

TEST(timeout_after, in_handle_continue_replaces_the_earlier_timeout_including_by_no_timeout) {
    const auto asks_then = [](nanoseconds later) {
        return scripted::tell{[later](scripted& t) {
            timeout_after(100ms);
            continue_with(&t, scripted::go_on{[later](scripted&) { timeout_after(later); }});
        }};
    };
    testing::sim_world world;
    world.run(
        [&]() -> task<> {
            const server<scripted> s = co_await fresh();
            s.cast(asks_then(no_timeout));
            co_await sleep(1h - 1min);
            EXPECT_EQ((co_await words_so_far()).size(), 0U);
            const nanoseconds before = world.now();
            s.cast(asks_then(300ms));
            EXPECT_EQ(co_await next_word(), "timeout");
            EXPECT_EQ(world.now() - before, 300ms);
            co_await sleep(1min);
            EXPECT_EQ((co_await words_so_far()).size(), 0U);
        },
        3h);
}

/// Delivers the signals of all timers set between two tags, as if each had fired while being cancelled.
void fire_once_more(const pid& whose, std::uint64_t after, std::uint64_t before) {
    EXPECT_LT(before - after, 100U);
    for (std::uint64_t tag = after + 1; tag < before; ++tag) {
        auto* const stale = new process_layer::timeout_signal;
        stale->tag = tag;
        detail::deliver(whose, stale);
    }
}

TEST(timeout_after, is_not_brought_about_by_the_signal_of_an_earlier_timeout) {
    const auto asks_after_a_tag = [](std::uint64_t& tag, nanoseconds time) {
        return scripted::tell{[&tag, time](scripted&) {
            tag = detail::new_tag();
            timeout_after(time);
        }};
    };
    for (const nanoseconds next : {nanoseconds{2h}, no_timeout}) {
        const auto expected = next == no_timeout ? words() : words("timeout");
        testing::sim_world world;
        world.run(
            [&]() -> task<> {
                const server<scripted> s = co_await fresh();
                std::uint64_t before = 0;
                std::uint64_t after = 0;
                s.cast(asks_after_a_tag(before, 1h));
                s.cast(asks_after_a_tag(after, next));
                co_await is_alive(s.whereis());  // the server has had the second message
                fire_once_more(s.whereis(), before, after);
                co_await sleep(2h - 1ms);
                EXPECT_EQ(co_await words_so_far(), words());
                co_await sleep(2ms);
                EXPECT_EQ(co_await words_so_far(), expected);
            },
            3h);
    }
}

TEST(continue_with, that_throws_crashes_the_server) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const ref watching = monitor(s.whereis());
        s.cast(scripted::tell{[](scripted& t) {
            continue_with(&t, scripted::go_on{[](scripted&) { throw std::logic_error{"no"}; }});
        }});
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(to_string(down.why), "{std::logic_error,\"no\"}");
        EXPECT_EQ(co_await next_word(), "terminate {std::logic_error,\"no\"}");
    });
}

}  // namespace
}  // namespace coppice
