// SPDX-License-Identifier: Apache-2.0
// Processes with limits on the mailboxes, under every policy, send more messages to other processes than the
// receivers take. Meanwhile some processes are killed, and threads of the program send too. At the end no sender and
// no thread waits, and no mailbox was larger than its limit allows.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

using pids = std::vector<pid>;
struct parcel {};

constexpr int crowd = 30;
constexpr int rounds = 40;
constexpr std::size_t limit = 16;
/// Senders send this many parcels in a turn at most.
constexpr std::size_t burst = 20;

constexpr mailbox_policy policies[] = {mailbox_policy::wait, mailbox_policy::refuse,
                                       mailbox_policy::drop_newest, mailbox_policy::drop_oldest,
                                       mailbox_policy::end};

/// The pids come as a reply would: into a full mailbox too.
task<> take_part(std::shared_ptr<const pids> all, std::shared_ptr<std::atomic<bool>> ready,
                 std::uint64_t seed) {
    std::mt19937_64 random{seed};
    while (!*ready) {
        co_await yield();
    }
    for (int i = 0; i < rounds; ++i) {
        const pid to = (*all)[random() % all->size()];
        for (std::uint64_t n = random() % burst; n > 0; --n) {
            switch (random() % 8) {
                case 0:
                    try_send(to, parcel{});
                    break;
                case 1:
                    send_after(0ms, to, parcel{});
                    break;
                default:
                    send(to, parcel{});
            }
        }
        co_await yield();
        while (random() % 4 != 0 && co_await receive_for<parcel>(0ms)) {
        }
    }
}

/// Looks at all processes until they have ended. The largest number of messages at a process of a policy that
/// drops or refuses.
task<std::size_t> watch(const pids& all) {
    std::size_t largest = 0;
    for (bool any = true; any;) {
        any = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto asking = detail::process_info_within(all[i], 10ms);
            const detail::late_information told = co_await asking;
            any = any || !told.answered || !told.information.empty();
            if (!told.information.empty()) {
                const process_information& one = told.information[0];
                if (one.limit.policy == mailbox_policy::refuse ||
                    one.limit.policy == mailbox_policy::drop_newest) {
                    largest = std::max(largest, one.message_queue_len);
                }
            }
        }
        co_await yield();
    }
    co_return largest;
}

void send_from_outside(runtime& world, const pids& all, std::uint64_t seed,
                       const std::atomic<bool>& over) {
    std::mt19937_64 random{seed};
    while (!over) {
        const pid to = all[random() % all.size()];
        if (random() % 2 == 0) {
            world.send(to, parcel{});
        } else {
            world.try_send(to, parcel{});
        }
    }
}

void run_crowd(unsigned workers, std::uint64_t seed) {
    SCOPED_TRACE(std::to_string(workers) + " workers, seed " + std::to_string(seed));
    runtime_options options = testing::sim_world::quiet();
    options.workers = workers;
    runtime world{options};
    world.start();
    auto all = std::make_shared<pids>();
    auto ready = std::make_shared<std::atomic<bool>>(false);
    for (std::uint64_t i = 0; i < crowd; ++i) {
        const mailbox_limit chosen{
            .limit = limit, .policy = policies[i % std::size(policies)], .high_water = limit / 2};
        const auto member = [own = seed * crowd + i, all, ready]() -> task<> {
            co_await take_part(all, ready, own);
        };
        all->push_back(world.spawn(chosen, member));
    }
    *ready = true;
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 2; ++i) {
        threads.emplace_back([&, i] { send_from_outside(world, *all, seed + i, over); });
    }
    std::mt19937_64 random{seed};
    for (int i = 0; i < crowd / 5; ++i) {
        world.exit((*all)[random() % all->size()], reason::kill);
    }
    std::size_t largest = 0;
    const exit_reason why = world.run([&]() -> task<> { largest = co_await watch(*all); });
    EXPECT_EQ(why, reason::normal);
    EXPECT_LE(largest, limit);
    over = true;
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_TRUE(static_cast<bool>(world.stop()));
    EXPECT_EQ(world.process_count(), 0U);
}

TEST(bounded_mailboxes, leave_no_sender_waiting) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            run_crowd(workers, seed);
        }
    }
}

}  // namespace
}  // namespace coppice
