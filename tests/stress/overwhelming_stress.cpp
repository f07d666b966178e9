// SPDX-License-Identifier: Apache-2.0
// Processes that send each other more than they read, while some processes are killed. At the end every
// surviving process has finished, and every process is gone.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

using pids = std::vector<pid>;
struct to_read {};
struct to_overlook {};

constexpr int crowd = 40;
constexpr int rounds = 60;

/// Alternates between sending bursts and reading. Overlooked messages make the senders wait.
task<> take_part(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    const pids others = co_await receive<pids>();
    for (int i = 0; i < rounds; ++i) {
        const pid to = others[random() % others.size()];
        const std::uint64_t size = random() % 400;
        switch (random() % 8) {
            case 0:
            case 1:
            case 2:
            case 3:
                for (std::uint64_t n = 0; n < size; ++n) {
                    random() % 8 == 0 ? send(to, to_overlook{}) : send(to, to_read{});
                    co_await yield_if_due();
                }
                break;
            case 4:
                for (std::uint64_t n = 0; n < size; ++n) {  // in one turn
                    send(to, to_read{});
                }
                co_await yield();
                break;
            case 5:
                priority(static_cast<priority_level>(random() % 4));
                break;
            default:
                while (co_await receive_for<to_read>(0ms)) {
                }
                break;
        }
    }
}

/// Starts the crowd and kills some members.
task<> run_crowd(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    pids all;
    for (std::uint64_t i = 0; i < crowd; ++i) {
        const auto member = [own = seed * crowd + i] { return take_part(own); };
        all.push_back(spawn_monitor(member).process);
    }
    for (const pid& each : all) {
        send(each, all);
    }
    int killed = 0;
    for (int left = crowd; left > 0; --left) {
        if (left % 4 == 0) {
            exit(all[random() % all.size()], reason::kill);
        }
        const exit_reason why = (co_await receive<down_message>()).why;
        EXPECT_TRUE(why == reason::normal || why == reason::killed) << to_string(why);
        killed += why == reason::killed ? 1 : 0;
    }
    EXPECT_LE(killed, crowd / 4);
}

TEST(overwhelming, leaves_no_sender_waiting) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        test::run_on_workers(workers, []() -> task<> {
            for (std::uint64_t seed = 1; seed <= 2; ++seed) {
                co_await run_crowd(seed);
            }
        });
    }
}

}  // namespace
}  // namespace coppice
