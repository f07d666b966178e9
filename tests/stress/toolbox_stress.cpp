// SPDX-License-Identifier: Apache-2.0
// The toolbox on real scheduler threads, for the sanitizers: registries, tasks, streams, requests, state machines and
// blocking functions, while a killer ends the users. At the end no entry, no process and no function is left.

#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "coppice/blocking.hpp"
#include "coppice/coppice.hpp"
#include "coppice/gen_statem.hpp"
#include "coppice/registry.hpp"
#include "coppice/requests.hpp"
#include "coppice/task_stream.hpp"
#include "coppice/task_supervisor.hpp"
#include "coppice/tasks.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// The number of living users at a time, and of all users of one test.
constexpr unsigned users_at_a_time = 8;
constexpr unsigned users = 400;

/// Starts users one after another, each with a seed, and kills about half of them at a random moment.
template <class User>
task<> start_and_kill_users(User user) {
    trap_exit(true);
    std::mt19937_64 random{1};
    std::vector<pid> living;
    unsigned ended = 0;
    for (std::uint64_t seed = 1; ended < users;) {
        while (living.size() < users_at_a_time && seed <= users) {
            living.push_back(spawn_link([user, seed] { return user(seed); }));
            ++seed;
        }
        if (random() % 2 == 0) {
            exit(living[random() % living.size()], reason::kill);
        }
        co_await sleep(microseconds{random() % 200});
        for (bool more = true; more;) {
            const auto gone = co_await receive_for<exit_message>(0ms);
            more = gone.has_value();
            if (more && std::erase(living, gone->from) != 0) {
                ++ended;
            }
        }
    }
}

/// Runs `body` with four scheduler threads. No process is left.
template <class Body>
void run_under_fire(Body body) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    const pid main = world.spawn(body);
    const std::optional<exit_reason> ended = world.wait(main, 120s);
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(*ended, reason::normal);
    EXPECT_TRUE(static_cast<bool>(world.stop()));
    EXPECT_EQ(world.process_count(), 0U);
}

struct greeting {};

task<> registrant(std::uint64_t seed) {
    const registry<int> keys{"keys"};
    const registry<int> topics{"topics"};
    std::mt19937_64 random{seed};
    for (int i = 0; i < 50; ++i) {
        const int key = static_cast<int>(random() % 8);
        switch (random() % 6) {
            case 0:
                keys.register_key(key);
                break;
            case 1:
                keys.unregister(key);
                break;
            case 2:
                topics.register_key(key);
                break;
            case 3:
                topics.unregister(key);
                break;
            case 4:
                send(keys.via(key), greeting{});
                break;
            default:
                topics.dispatch(key, [](const auto& entries) {
                    for (const auto& each : entries) {
                        send(each.process, greeting{});
                    }
                });
        }
        co_await yield();
    }
}

TEST(registries_under_fire, have_no_entry_of_an_ended_process) {
    run_under_fire([]() -> task<> {
        const auto unique = registry_options{"keys"}.partitions(4);
        const auto many = registry_options{"topics", registry_keys::duplicate}.partitions(4);
        auto starting = supervisor::start_link(
            children(child<registry<int>>(unique), child<registry<int>>(many)));
        const auto started = co_await starting;
        auto firing = start_and_kill_users(registrant);
        co_await firing;
        EXPECT_EQ(registry<int>{"keys"}.count(), 0U);
        EXPECT_EQ(registry<int>{"topics"}.count(), 0U);
        co_await stop(started.process());
    });
}

task<int> half_of(int n) {
    co_await sleep(microseconds{n});
    if (n % 7 == 0) {
        exit("seven");
    }
    co_return n / 2;
}

task<> task_owner(std::uint64_t seed) {
    const task_supervisor jobs{"jobs"};
    std::mt19937_64 random{seed};
    for (int i = 0; i < 5; ++i) {
        const int n = static_cast<int>(random() % 100);
        const async_task<int> first = tasks::async([n] { return n; });
        const async_task<int> second = co_await jobs.async_nolink(half_of, n);
        const int got = co_await first.await();
        EXPECT_EQ(got, n);
        const task_outcome<int> soon = co_await second.yield(microseconds{random() % 100});
        if (!soon) {
            const task_outcome<int> last = co_await second.shutdown(brutal_kill);
            EXPECT_TRUE(!last || n % 7 == 0 || last->value_or(0) == n / 2);
        }
        const std::vector<int> list{n, n + 1, n + 2, n + 3};
        const stream_options two{.max_concurrency = 2};
        auto stream = jobs.async_stream_nolink(list, half_of, two);
        co_await stream.next();
    }
}

TEST(tasks_under_fire, leave_no_process_of_an_ended_owner) {
    run_under_fire([]() -> task<> {
        auto starting = supervisor::start_link(children(child<task_supervisor>({.name = "jobs"})));
        const auto started = co_await starting;
        auto firing = start_and_kill_users(task_owner);
        co_await firing;
        co_await stop(started.process());
        for (bool alone = false; !alone;) {  // a task ends a little later than the owner
            co_await yield();
            const std::vector<pid> left = processes();
            alone = left.size() == 1;
        }
    });
}

struct doubler {
    struct twice {
        int n;
    };
    int handle_call(twice m) const { return 2 * m.n; }
};

task<> client_of_two(std::uint64_t seed) {
    const server<doubler> left{"left"};
    const server<doubler> right{"right"};
    for (int i = 0; i < 10; ++i) {
        const doubler::twice asked{static_cast<int>(seed)};
        auto both = all(left.call(asked), right.call(asked));
        const auto [a, b] = co_await both;
        EXPECT_EQ(a + b, 4 * asked.n);
        auto one = any(left.call(asked), right.call(asked));
        const any_reply<int> quick = co_await one;
        EXPECT_EQ(quick.value, 2 * asked.n);
        request_collection<int> open;
        open.add(send_request(left, asked), "left");
    }
}

TEST(requests_under_fire, give_each_reply_to_its_request) {
    run_under_fire([]() -> task<> {
        auto starting = supervisor::start_link(children(child<doubler>().id("l").name("left"),
                                                        child<doubler>().id("r").name("right")));
        const auto started = co_await starting;
        auto firing = start_and_kill_users(client_of_two);
        co_await firing;
        co_await stop(started.process());
    });
}

struct blinker {
    struct on {};
    struct off {};
    struct flip {};
    struct ask {};
    transition<on, off> handle_cast(on, flip) { return next_state<off>(); }
    transition<on, off> handle_cast(off, flip) { return next_state<on>(); }
    int handle_call(on, ask) const { return 1; }
    int handle_call(off, ask) {
        postpone();
        return 0;
    }
    void handle_enter(on) {}
    void handle_enter(off) { state_timeout.after(this, 20us, flip{}); }
    transition<on> handle_timeout(off, flip) { return next_state<on>(); }
    state_functions<on, off> machine;
};

task<> flipper(std::uint64_t seed) {
    auto starting = start_link<blinker>();
    const auto started = co_await starting;
    const server<blinker> lamp = started.value();
    std::mt19937_64 random{seed};
    for (int i = 0; i < 20; ++i) {
        lamp.cast(blinker::flip{});
        if (random() % 2 == 0) {
            const blinker::ask asked;
            auto asking = lamp.call(asked);
            const int got = co_await asking;
            EXPECT_EQ(got, 1);
        }
    }
}

TEST(machines_under_fire, answer_postponed_calls_and_end_with_their_owner) {
    run_under_fire([]() -> task<> {
        auto firing = start_and_kill_users(flipper);
        co_await firing;
    });
}

std::atomic<int> functions_inside{0};

int count_inside(int n) {
    ++functions_inside;
    const int out = 2 * n;
    --functions_inside;
    return out;
}

task<> blocked(std::uint64_t seed) {
    for (int i = 0; i < 10; ++i) {
        const int n = static_cast<int>(seed) + i;
        const auto work = [n] { return count_inside(n); };
        auto waiting = blocking(work);
        const int got = co_await waiting;
        EXPECT_EQ(got, 2 * n);
    }
}

TEST(blocking_functions_under_fire, have_all_ended_after_the_stop) {
    run_under_fire([]() -> task<> {
        auto firing = start_and_kill_users(blocked);
        co_await firing;
    });
    EXPECT_EQ(functions_inside.load(), 0);
}

}  // namespace
}  // namespace coppice
