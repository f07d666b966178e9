// SPDX-License-Identifier: Apache-2.0
// Conditions of `receive` are user code in the middle of a mailbox scan. A condition may do
// anything: the mailbox stays intact.

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "process/signals.hpp"
#include "support/eventually.hpp"
#include "support/looked_after.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::be_looked_after;
using test::end_of;
using test::run_everywhere;
using test::run_on_workers;

struct tick {
    int number = 0;
};

/// Monitors whose processes have ended; their messages are in the mailbox.
task<std::vector<ref>> ended_monitors(int count) {
    std::vector<ref> out;
    for (int i = 0; i < count; ++i) {
        const monitored_process p = spawn_monitor([] {});
        out.push_back(p.monitor);
        while (co_await is_alive(p.process)) {
        }
    }
    co_return out;
}

/// The numbers of the ticks in the mailbox, in mailbox order.
task<std::vector<int>> all_ticks() {
    std::vector<int> out;
    while (const auto next = co_await receive_for<tick>(0ms)) {
        out.push_back(next->number);
    }
    co_return out;
}

TEST(a_condition, may_flush_a_monitor_that_has_nothing_to_flush) {
    run_everywhere([]() -> task<> {
        const ref over = monitor(spawn([]() -> task<> { co_await receive<tick>(); }));
        EXPECT_TRUE(demonitor(over));
        send(self(), tick{1});
        send(self(), tick{2});
        auto second = receive(when(
            [over](const tick& t) {
                demonitor(over, demonitor_option::flush);
                return t.number == 2;
            },
            [](tick t) { return t.number; }));
        EXPECT_EQ(co_await second, 2);
        const auto left = co_await all_ticks();
        EXPECT_EQ(left, std::vector<int>{1});
    });
}

TEST(a_condition, may_flush_the_message_under_test) {
    run_everywhere([]() -> task<> {
        for (const bool accepts : {false, true}) {
            const auto monitors = co_await ended_monitors(2);
            auto receiving =
                receive(when(
                            [&](const down_message& m) {
                                demonitor(m.monitor, demonitor_option::flush);
                                EXPECT_TRUE(m.monitor == monitors[0] || m.monitor == monitors[1]);
                                EXPECT_EQ(to_string(m.why), "normal");
                                return accepts;
                            },
                            [](down_message) { return true; }),
                        after(0ms, [] { return false; }));
            EXPECT_FALSE(co_await receiving);  // the flush removed the message
            EXPECT_FALSE((co_await receive_for<down_message>(0ms)).has_value());
        }
    });
}

TEST(a_condition, may_flush_messages_before_and_behind_the_message_under_test) {
    run_everywhere([]() -> task<> {
        const auto before = co_await ended_monitors(2);
        send(self(), tick{1});
        const auto between = co_await ended_monitors(1);
        send(self(), tick{2});
        const auto behind = co_await ended_monitors(2);
        send(self(), tick{3});
        std::vector<int> asked;
        auto third = receive(when(
            [&](const tick& t) {
                asked.push_back(t.number);
                for (const auto& monitors : {before, between, behind}) {
                    for (const ref each : monitors) {
                        demonitor(each, demonitor_option::flush);
                    }
                }
                return t.number == 3;
            },
            [](tick t) { return t.number; }));
        EXPECT_EQ(co_await third, 3);
        EXPECT_EQ(asked, (std::vector<int>{1, 2, 3}));  // one call per message
        EXPECT_FALSE((co_await receive_for<down_message>(0ms)).has_value());
        const auto left = co_await all_ticks();
        EXPECT_EQ(left, (std::vector<int>{1, 2}));
    });
}

TEST(a_condition, may_send_to_its_own_process) {
    run_everywhere([]() -> task<> {
        send(self(), tick{1});
        auto receiving = receive(when(
            [&](const tick& t) {
                send(self(), tick{t.number + 1});
                return t.number == 5;
            },
            [](tick t) { return t.number; }));
        EXPECT_EQ(co_await receiving, 5);
        const auto left = co_await all_ticks();
        EXPECT_EQ(left, (std::vector<int>{1, 2, 3, 4, 6}));
    });
}

TEST(a_condition, may_end_its_own_process) {
    run_everywhere([]() -> task<> {
        const std::vector<exit_reason> reasons{reason::kill, exit_reason{"enough"}};
        for (const exit_reason& why : reasons) {
            const pid p = spawn([why]() -> task<> {
                auto clause = when(
                    [why](const tick&) {
                        exit(self(), why);
                        return true;
                    },
                    [](tick) { ADD_FAILURE() << "it has ended"; });
                auto never = receive(clause);
                co_await never;
            });
            const ref watching = monitor(p);
            send(p, tick{});
            send(p, tick{});
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, why == reason::kill ? reason::killed : why);
        }
    });
}

TEST(a_condition, may_run_a_simulation_whose_processes_have_conditions_that_flush) {
    run_everywhere([]() -> task<> {
        const auto monitors = co_await ended_monitors(1);
        send(self(), tick{1});
        auto receiving = receive(when(
            [&](const tick&) {
                testing::sim_world inner;
                inner.run([]() -> task<> {
                    const auto inside = co_await ended_monitors(1);
                    auto nothing = receive(when(
                                               [&](const down_message& m) {
                                                   demonitor(m.monitor, demonitor_option::flush);
                                                   return false;
                                               },
                                               [](down_message) {}),
                                           after(1ms, [] {}));
                    co_await nothing;
                });
                return true;
            },
            [](tick t) { return t.number; }));
        EXPECT_EQ(co_await receiving, 1);
        EXPECT_EQ((co_await receive<down_message>()).monitor, monitors[0]);
    });
}

TEST(a_condition, is_evaluated_once_for_each_message) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        std::vector<int> asked;
        spawn([me] {
            for (int i = 1; i <= 20; ++i) {
                send(me, tick{i});
            }
        });
        auto last = receive(when(
            [&](const tick& t) {
                asked.push_back(t.number);
                return t.number == 20;
            },
            [](tick) {}));
        co_await last;
        EXPECT_EQ(asked.size(), 20U);
        EXPECT_EQ((co_await all_ticks()).size(), 19U);
    });
}

std::atomic<bool> answered{false};

/// A blank that notes the answer.
detail::owned_message noted_blank() {
    using plain = detail::value_message<bool>;
    static const detail::message_type noted = [] {
        detail::message_type out = plain::type_of;
        out.payload = [](detail::message_node& node) noexcept {
            answered = true;
            return plain::payload(node);
        };
        return out;
    }();
    detail::owned_message out{new plain{false}};
    out->type = &noted;
    return out;
}

TEST(a_condition, that_takes_long_leaves_no_request_unanswered) {
    const auto body = []() -> task<> {
        answered = false;
        const auto waits = []() -> task<> {
            send(self(), tick{});
            const auto looks = [](const tick&) {
                // Only the asked process's own thread answers.
                auto* const question =
                    new process_layer::request_signal{process_layer::inquiry::alive, noted_blank()};
                question->from = self();
                EXPECT_TRUE(detail::current_runtime().offer_now(self(), *question).is_accepted());
                be_looked_after();
                EXPECT_FALSE(answered) << "by another thread";
                return false;
            };
            co_await receive(when(looks, [](const tick&) {}));
        };
        const pid asked = spawn(waits);
        const auto deadline = std::chrono::steady_clock::now() + test::patience;
        while (!answered && std::chrono::steady_clock::now() < deadline) {
            co_await yield();
        }
        EXPECT_TRUE(answered);
        exit(asked, reason::kill);
        co_await end_of(asked);
    };
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, body, test::undisturbed());
    }
}

TEST(a_condition, that_accepts_nothing_leaves_a_receive_to_its_limit) {
    run_everywhere([]() -> task<> {
        for (const auto limit : {0ms, 1ms}) {
            send(self(), tick{1});
            auto refusing = receive(when([](const tick&) { return false; }, [](tick) { return 1; }),
                                    after(limit, [] { return 2; }));
            EXPECT_EQ(co_await refusing, 2);
            const auto left = co_await all_ticks();
            EXPECT_EQ(left, std::vector<int>{1});
        }
    });
}

}  // namespace
}  // namespace coppice
