// SPDX-License-Identifier: Apache-2.0
// Timers for one process fire in the order of their deadlines; timers with equal deadlines fire in the order
// in which they were set, on any scheduler thread.

#include <atomic>
#include <set>
#include <thread>

#include "coppice/timer.hpp"
#include "process/runtime_core.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct tick {
    int number = 0;
};
struct over {};

/// The scheduler thread of the caller.
unsigned lane() {
    return detail::current_runtime().scheduler().local_lane();
}

unsigned shard_of(timer which) {
    return static_cast<unsigned>(which.value() >> 56U) & 0x7FU;
}

/// Waits until the caller runs on another scheduler thread; false if the caller stays. A process that holds
/// its turn occupies the present thread meanwhile, unless another thread has stolen that process.
task<bool> moved_from(unsigned here) {
    const auto deadline = std::chrono::steady_clock::now() + test::patience;
    while (lane() == here) {
        if (std::chrono::steady_clock::now() > deadline) {
            co_return false;
        }
        const auto leave = std::make_shared<std::atomic<bool>>(false);
        const auto entered = std::make_shared<std::atomic<bool>>(false);
        spawn([leave, entered] {
            *entered = true;
            while (!*leave) {
                std::this_thread::yield();
            }
        });
        while (!*entered) {
            co_await yield();
        }
        *leave = true;
    }
    co_return true;
}

/// Processes for work stealing by other scheduler threads.
std::vector<pid> crowd(int size) {
    std::vector<pid> all;
    for (int i = 0; i < size; ++i) {
        all.push_back(spawn([]() -> task<> {
            for (;;) {
                co_await yield();
            }
        }));
    }
    return all;
}

void disperse(const std::vector<pid>& all) {
    for (const pid& each : all) {
        exit(each, reason::kill);
    }
}

TEST(timers_of_one_process, are_kept_in_one_shard_whichever_thread_sets_them) {
    test::run_on_workers(2, []() -> task<> {
        const std::vector<pid> others = crowd(20);
        register_name("me", self());
        std::set<unsigned> lanes;
        std::set<unsigned> shards;
        for (int i = 0; i < 4; ++i) {
            lanes.insert(lane());
            shards.insert(shard_of(send_after(1h, self(), tick{})));
            shards.insert(shard_of(start_timer(1h, self(), tick{})));
            shards.insert(shard_of(send_after(1h, "me", tick{})));
            const unsigned here = lane();
            auto moving = moved_from(here);
            EXPECT_TRUE(co_await moving);
        }
        EXPECT_GE(lanes.size(), 2U);  // more if a spare scheduler thread stood in
        EXPECT_EQ(shards.size(), 1U);
        disperse(others);
    });
}

TEST(timers_of_one_process, set_by_many_processes_are_kept_in_one_shard) {
    test::run_on_workers(4, []() -> task<> {
        const pid me = self();
        const std::vector<pid> others = crowd(20);
        constexpr int setters = 50;
        for (int i = 0; i < setters; ++i) {
            spawn([me]() -> task<> {
                co_await yield();
                send(me, shard_of(send_after(1h, me, tick{})));
            });
        }
        std::set<unsigned> shards;
        for (int i = 0; i < setters; ++i) {
            shards.insert(co_await receive<unsigned>());
        }
        EXPECT_EQ(shards.size(), 1U);
        disperse(others);
    });
}

TEST(timers_of_one_name, without_a_holder_are_kept_in_one_shard) {
    test::run_on_workers(4, []() -> task<> {
        const std::vector<pid> others = crowd(20);
        std::set<unsigned> shards;
        for (int i = 0; i < 3; ++i) {
            shards.insert(shard_of(send_after(1h, "nobody", tick{})));
            const unsigned here = lane();
            auto moving = moved_from(here);
            EXPECT_TRUE(co_await moving);
        }
        EXPECT_EQ(shards.size(), 1U);
        disperse(others);
    });
}

TEST(timers_of_a_slot, belong_to_one_process_and_are_cancelled_at_its_end) {
    test::run_everywhere([]() -> task<> {
        for (int life = 0; life < 3; ++life) {
            const pid target = spawn([]() -> task<> { co_await receive<over>(); });
            const timer first = send_after(1h, target, tick{});
            const timer second = send_after(2h, target, tick{});
            EXPECT_TRUE(read_timer(first).has_value());
            auto ended = test::end_of(target);
            send(target, over{});
            co_await ended;
            EXPECT_FALSE(read_timer(first).has_value());
            EXPECT_FALSE(read_timer(second).has_value());
        }
    });
}

/// Sets `count` timers, by pid and by name. Returns the number of early messages.
template <class Wait>
task<int> out_of_order(int count, Wait wait) {
    for (int i = 0; i < count; ++i) {
        const auto after = wait(i);
        i % 3 == 0 ? send_after(after, "me", tick{i}) : send_after(after, self(), tick{i});
        if (i % 16 == 0) {
            co_await yield();
        }
    }
    int swapped = 0;
    int last = -1;
    for (int i = 0; i < count; ++i) {
        const tick got = co_await receive<tick>();
        swapped += got.number < last ? 1 : 0;
        last = got.number;
    }
    co_return swapped;
}

TEST(timers_of_one_process,
     of_one_deadline_arrive_in_the_order_of_setting_while_workers_come_and_go) {
    const auto body = [](bool poke) {
        return [poke]() -> task<> {
            register_name("me", self());
            const std::vector<pid> others = crowd(poke ? 3 : 0);
            for (int round = 0; round < 100; ++round) {
                auto asked = out_of_order(200, [](int) { return 300us; });
                EXPECT_EQ(co_await asked, 0);
            }
            disperse(others);
        };
    };
    test::run_simulated(body(false));
    for (const unsigned workers : {1U, 2U, 4U}) {
        test::run_on_workers(workers, body(true));
    }
}

/// The earliest and the latest possible deadline of a timer.
struct due_between {
    std::chrono::nanoseconds earliest;
    std::chrono::nanoseconds latest;
};

// Each wait is shorter by half of the elapsed time, so the deadlines rise. Waits and deadlines cross the
// limit above which the start of a timer may be put off.
TEST(timers_of_one_process,
     with_falling_waits_and_rising_deadlines_arrive_in_the_order_of_deadlines) {
    const auto body = []() -> task<> {
        constexpr int count = 500;
        const auto clock_now = [] {
            return std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()};
        };
        const auto start = clock_now();
        std::vector<due_between> due;
        for (int i = 0; i < count; ++i) {
            const auto before = clock_now();
            const auto after = 1s + 200us - (before - start) / 2;
            send_after(after, self(), tick{i});
            due.push_back({before + after, clock_now() + after});
        }
        int last = (co_await receive<tick>()).number;
        for (int i = 1; i < count; ++i) {
            const int next = (co_await receive<tick>()).number;
            const auto& later = due.at(static_cast<std::size_t>(next));
            EXPECT_GE(later.latest + 4us, due.at(static_cast<std::size_t>(last)).earliest);
            last = next;
        }
    };
    for (const unsigned workers : {1U, 2U, 4U}) {
        test::run_on_workers(workers, body);
    }
}

/// The destructor blocks until released.
class slow_to_destroy {
  public:
    struct states {
        std::atomic<bool> begun{false};
        std::atomic<bool> released{false};
        std::atomic<bool> over{false};
    };
    explicit slow_to_destroy(states& s) : states_{&s} {}
    slow_to_destroy(slow_to_destroy&& from) noexcept : states_{std::exchange(from.states_, {})} {}
    slow_to_destroy& operator=(slow_to_destroy&&) = delete;
    ~slow_to_destroy() {
        if (states_ != nullptr) {
            states_->begun = true;
            test::eventually([this] { return states_->released.load(); });
            states_->over = true;
        }
    }

  private:
    states* states_;
};

TEST(timers, of_other_receivers_fire_while_an_undeliverable_message_is_destroyed) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        slow_to_destroy::states slow;
        test::run_on_workers(workers, [&]() -> task<> {
            const pid me = self();
            send_after(1ms, "nobody", slow_to_destroy{slow});
            send_after(2ms, "nobody", tick{});
            send_after(3ms, me, tick{1});
            EXPECT_EQ((co_await receive<tick>()).number, 1);
            while (!slow.begun) {
                co_await yield();
            }
            co_await sleep(1ms);
            EXPECT_FALSE(slow.over);
            slow.released = true;
        });
    }
}

TEST(timers, whose_message_destructor_does_not_return_are_reported) {
    std::atomic<int> reports{0};
    runtime_options options;
    options.workers = 2;
    options.on_report = [&](const report& r) {
        const auto* stuck = std::get_if<stuck_report>(&r.body);
        reports += stuck != nullptr && stuck->stuck.initial_call.starts_with("destructors") ? 1 : 0;
    };
    runtime world{options};
    world.start();
    slow_to_destroy::states slow;
    EXPECT_EQ(world.run([&slow] { send_after(1ms, "nobody", slow_to_destroy{slow}); }),
              reason::normal);
    ASSERT_TRUE(test::eventually([&] { return world.stuck_processes().size() == 1; }));
    EXPECT_EQ(world.stuck_processes()[0].process, pid{});
    slow.released = true;
    EXPECT_TRUE(test::eventually([&] { return world.stuck_processes().empty(); }));
    world.stop();
    EXPECT_EQ(reports, 2);  // one when stuck, one when over
}

}  // namespace
}  // namespace coppice
