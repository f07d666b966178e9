// SPDX-License-Identifier: Apache-2.0
// Servers with a limit on the mailbox: calls, casts, system messages, restarts, reports, and threads of the
// program as senders.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "coppice/requests.hpp"
#include "support/eventually.hpp"
#include "support/gate.hpp"
#include "support/without_delays.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::eventually;
using test::gate;
using test::information_of;
using test::new_gate;
using test::run_everywhere;
using test::run_simulated;
using test::run_without_delays;

/// Handles nothing while it is held by a gate.
struct counter {
    struct hold {
        pid by;
    };
    struct add {};
    struct get {};

    task<> handle_cast(hold m) {
        auto passing = server<gate>{m.by}.call<gate::pass>();
        co_await passing;
    }
    void handle_cast(add) { ++count; }
    int handle_call(get) const { return count; }

    int count = 0;
};

task<server<counter>> new_counter(mailbox_limit limit, server<gate> closed) {
    const start_result<counter> started = co_await start<counter>(start_options{}.mailbox(limit));
    const server<counter> out{started.process()};
    out.cast(counter::hold{closed.whereis()});
    for (std::size_t waiting = 0; waiting == 0;) {
        auto asking = closed.call<gate::waiting>();
        waiting = co_await asking;
    }
    co_return out;
}

task<std::size_t> queued_at(pid who) {
    const process_information told = co_await information_of(who);
    co_return told.message_queue_len;
}

/// The count of a server that has room again after a while.
task<int> count_of(server<counter> who) {
    for (;;) {
        auto calling = who.try_call(counter::get{}, 1h);
        const std::expected<int, exit_reason> got = co_await calling;
        if (got) {
            co_return *got;
        }
        co_await sleep(1ms);
    }
}

task<> call_and_tell(server<counter> who, pid owner, int timeout_ms) {
    const std::chrono::milliseconds timeout{timeout_ms};
    const counter::get question;
    auto calling = who.try_call(question, timeout);
    const std::expected<int, exit_reason> got = co_await calling;
    send(owner, got ? std::to_string(*got) : to_string(got.error()));
}

bool is_of_full(const std::string& text) {
    return text.find("mailbox_full") != std::string::npos;
}

TEST(a_call, fails_at_once_with_mailbox_full_where_it_is_refused_or_dropped) {
    run_everywhere([]() -> task<> {
        for (const mailbox_policy policy : {mailbox_policy::refuse, mailbox_policy::drop_newest}) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            auto starting = new_counter({.limit = 2, .policy = policy}, closed);
            const server<counter> full = co_await starting;
            full.cast(counter::add{});
            full.cast(counter::add{});
            const auto before = monotonic_time();
            auto calling = full.try_call(counter::get{}, 1h);
            const std::expected<int, exit_reason> got = co_await calling;
            EXPECT_FALSE(got);
            EXPECT_TRUE(!got && is_of_full(to_string(got.error())));
            EXPECT_LT(monotonic_time() - before, 1h);
            closed.cast(gate::open{});
            auto again = count_of(full);
            EXPECT_EQ(co_await again, 2);
            co_await stop(full);
            co_await stop(closed);
        }
    });
}

TEST(a_call, that_is_dropped_as_the_oldest_fails_at_once) {
    run_everywhere([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        auto starting = new_counter({.limit = 2, .policy = mailbox_policy::drop_oldest}, closed);
        const server<counter> full = co_await starting;
        spawn_link(call_and_tell, full, self(), 3'600'000);
        for (std::size_t queued = 0; queued == 0;) {
            queued = co_await queued_at(full.whereis());
        }
        full.cast(counter::add{});
        full.cast(counter::add{});
        const std::string told = co_await receive<std::string>();
        EXPECT_TRUE(is_of_full(told)) << told;
        closed.cast(gate::open{});
        for (std::size_t queued = 1; queued > 0;) {
            queued = co_await queued_at(full.whereis());  // one more message would drop a cast
        }
        auto again = count_of(full);
        EXPECT_EQ(co_await again, 2);
        co_await stop(full);
        co_await stop(closed);
    });
}

TEST(a_call, to_a_full_server_whose_senders_wait_times_out_as_any_call) {
    run_everywhere([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        auto starting = new_counter({.limit = 1, .policy = mailbox_policy::wait}, closed);
        const server<counter> full = co_await starting;
        spawn_link(call_and_tell, full, self(), 3'600'000);
        for (std::size_t queued = 0; queued == 0;) {
            queued = co_await queued_at(full.whereis());
        }
        spawn_link(call_and_tell, full, self(), 2);
        const std::string first = co_await receive<std::string>();
        EXPECT_TRUE(first.find("timeout") != std::string::npos) << first;
        closed.cast(gate::open{});
        const std::string second = co_await receive<std::string>();
        EXPECT_EQ(second, "0");
        co_await stop(full);
        co_await stop(closed);
    });
}

TEST(a_request, that_is_refused_has_mailbox_full_as_its_response) {
    run_everywhere([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        auto starting = new_counter({.limit = 1}, closed);
        const server<counter> full = co_await starting;
        full.cast(counter::add{});
        const auto request = send_request(full, counter::get{});
        auto waiting = receive_response(request, 1h);
        const auto got = co_await waiting;
        EXPECT_TRUE(!got && is_of_full(to_string(got.error())));
        closed.cast(gate::open{});
        co_await stop(full);
        co_await stop(closed);
    });
}

TEST(a_system_message, is_answered_by_a_full_server) {
    run_without_delays([]() -> task<> {
        for (const mailbox_policy policy : {mailbox_policy::refuse, mailbox_policy::drop_oldest}) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            auto starting = new_counter({.limit = 1, .policy = policy}, closed);
            const server<counter> full = co_await starting;
            full.cast(counter::add{});
            spawn_link([full, owner = self()]() -> task<> {
                auto asking = sys::get_state(full.whereis(), 1h);
                co_await asking;
                send(owner, std::string{"told"});
            });
            for (std::uint64_t seen = 0; seen < (policy == mailbox_policy::refuse ? 2U : 1U);) {
                const process_information told = co_await information_of(full.whereis());
                seen = policy == mailbox_policy::refuse ? told.message_queue_len : told.dropped;
            }
            closed.cast(gate::open{});
            const std::string told = co_await receive<std::string>();
            EXPECT_EQ(told, "told");
            auto again = count_of(full);
            // `drop_oldest`: the system message counts, so the cast was the oldest over the limit.
            EXPECT_EQ(co_await again, policy == mailbox_policy::refuse ? 1 : 0);
            co_await stop(full);
            co_await stop(closed);
        }
    });
}

TEST(try_cast, tells_what_has_become_of_the_request) {
    run_simulated(
        []() -> task<> {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            auto starting = new_counter({.limit = 1}, closed);
            const server<counter> full = co_await starting;
            EXPECT_EQ(full.try_cast(counter::add{}), send_status::sent);
            EXPECT_EQ(full.try_cast(counter::add{}), send_status::full);
            EXPECT_EQ(server<counter>{"nobody"}.try_cast(counter::add{}), send_status::gone);
            closed.cast(gate::open{});
            auto asking = count_of(full);
            EXPECT_EQ(co_await asking, 1);
            co_await stop(full);
            co_await stop(closed);
        },
        1);
}

task<> wait_for_exit() {
    co_await receive<exit_message>();
}

TEST(a_child, has_its_limit_in_every_life) {
    run_everywhere([]() -> task<> {
        const mailbox_limit limit{
            .limit = 7, .policy = mailbox_policy::drop_newest, .high_water = 5};
        auto starting = supervisor::start_link(
            children(child<counter>().name("counter").mailbox(limit),
                     child("function", wait_for_exit).name("function").mailbox(limit),
                     child<counter>().id("free").name("free")));
        const auto started = co_await starting;
        for (const char* const name : {"counter", "function"}) {
            const pid first = whereis(name);
            auto asking = process_info(first);
            const std::vector<process_information> before = co_await asking;
            EXPECT_EQ(before.at(0).limit, limit) << name;
            exit(first, reason::kill);
            co_await end_of(first);
            pid second;
            while (!(second = whereis(name)) || second == first) {
                co_await sleep(1ms);
            }
            auto asking_again = process_info(second);
            const std::vector<process_information> after = co_await asking_again;
            EXPECT_EQ(after.at(0).limit, limit) << name;
        }
        auto asking = process_info(whereis("free"));
        const std::vector<process_information> free = co_await asking;
        EXPECT_EQ(free.at(0).limit.limit, 0U);
        unlink(started.process());
        exit(started.process(), reason::shutdown);
        co_await end_of(started.process());
    });
}

TEST(high_water, is_reported_once_and_again_after_the_mailbox_has_fallen) {
    std::vector<mailbox_report> reports;
    runtime_options options = testing::sim_world::quiet();
    options.level = report_level::warning;
    options.on_report = [&](const report& r) {
        if (const auto* made = std::get_if<mailbox_report>(&r.body)) {
            reports.push_back(*made);
        }
    };
    testing::sim_world world{1, options};
    const std::optional<exit_reason> ended = world.run([&]() -> task<> {
        for (int round = 1; round <= 2; ++round) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            auto starting = new_counter({.limit = 10, .high_water = 3}, closed);
            const server<counter> held = co_await starting;
            for (std::size_t i = 1; i <= 6; ++i) {
                held.cast(counter::add{});
                co_await queued_at(held.whereis());
                co_await yield();
                EXPECT_EQ(reports.size(), static_cast<std::size_t>(round - (i < 3 ? 1 : 0))) << i;
            }
            closed.cast(gate::open{});
            auto asking = held.call(counter::get{});
            EXPECT_EQ(co_await asking, 6);
            co_await stop(held);
            co_await stop(closed);
        }
    });
    EXPECT_EQ(ended, reason::normal);
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].waiting, 3U);
    EXPECT_EQ(reports[0].limit.limit, 10U);
}

/// Holds a mailbox until the process is told to take its messages.
struct held_process {
    explicit held_process(runtime& world, mailbox_policy policy)
        : who{world.spawn(mailbox_limit{.limit = 2, .policy = policy}, [this]() -> task<> {
              while (!taking) {
                  co_await sleep(1ms);
              }
              for (;;) {
                  co_await receive<int>();
                  ++taken;
              }
          })} {}
    std::atomic<bool> taking{false};
    std::atomic<int> taken{0};
    pid who;
};

TEST(a_thread_of_the_program, is_refused_or_waits_for_room) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        runtime_options options = testing::sim_world::quiet();
        options.workers = workers;
        runtime world{options};
        world.start();
        held_process full{world, mailbox_policy::wait};
        EXPECT_EQ(world.try_send(full.who, 1), send_status::sent);
        EXPECT_EQ(world.try_send(full.who, 2), send_status::sent);
        EXPECT_EQ(world.try_send(full.who, 3), send_status::full);
        std::atomic<int> sent{0};
        std::vector<std::thread> senders;
        for (int i = 0; i < 3; ++i) {
            senders.emplace_back([&] {
                for (int n = 0; n < 50; ++n) {
                    world.send(full.who, n);
                    ++sent;
                }
            });
        }
        EXPECT_EQ(sent, 0);
        full.taking = true;
        EXPECT_TRUE(eventually([&] { return full.taken == 152; }));
        for (std::thread& each : senders) {
            each.join();
        }
        EXPECT_EQ(sent, 150);
        world.exit(full.who, reason::kill);
        world.wait(full.who);
        EXPECT_EQ(world.try_send(full.who, 1), send_status::gone);
        held_process refusing{world, mailbox_policy::refuse};
        world.send(refusing.who, 1);
        world.send(refusing.who, 2);
        world.send(refusing.who, 3);  // lost
        EXPECT_EQ(world.try_send(refusing.who, 4), send_status::full);
        refusing.taking = true;
        EXPECT_TRUE(eventually([&] { return refusing.taken == 2; }));
        EXPECT_TRUE(static_cast<bool>(world.stop()));
    }
}

TEST(a_thread_that_waits, goes_on_when_the_process_is_killed_or_the_runtime_stops) {
    for (const bool stops : {false, true}) {
        runtime_options options = testing::sim_world::quiet();
        options.workers = 2;
        runtime world{options};
        world.start();
        held_process full{world, mailbox_policy::wait};
        world.send(full.who, 1);
        world.send(full.who, 2);
        std::atomic<bool> begun{false};
        std::thread sender{[&] {
            begun = true;
            world.send(full.who, 3);
        }};
        EXPECT_TRUE(eventually([&] { return begun.load(); }));
        if (stops) {
            world.stop();
        } else {
            world.exit(full.who, reason::kill);
        }
        sender.join();
        world.stop();
    }
}

TEST(a_thread, does_not_wait_before_the_start_of_the_runtime) {
    runtime world{testing::sim_world::quiet()};
    held_process full{world, mailbox_policy::wait};
    for (int i = 0; i < 5; ++i) {
        world.send(full.who, i);
    }
    full.taking = true;
    world.start();
    EXPECT_TRUE(eventually([&] { return full.taken == 5; }));
    world.stop();
}

}  // namespace
}  // namespace coppice
