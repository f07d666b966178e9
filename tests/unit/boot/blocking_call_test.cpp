// SPDX-License-Identifier: Apache-2.0
// The sentinel does not disturb a handler that blocks in a system call.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

/// Blocking system calls with a time limit. Each function returns whether
/// the call ran undisturbed to its limit.
std::vector<std::pair<std::string, std::function<bool()>>> blocking_calls() {
    constexpr int milliseconds = 30;
    constexpr long nanoseconds = milliseconds * 1'000'000L;
    return {
        {"nanosleep",
         [] {
             const timespec time{0, nanoseconds};
             return ::nanosleep(&time, nullptr) == 0;
         }},
        {"clock_nanosleep",
         [] {
             const timespec time{0, nanoseconds};
             return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) == 0;
         }},
        {"usleep", [] { return ::usleep(milliseconds * 1000) == 0; }},
        {"poll", [] { return ::poll(nullptr, 0, milliseconds) == 0; }},
        {"select",
         [] {
             timeval time{0, milliseconds * 1000};
             return ::select(0, nullptr, nullptr, nullptr, &time) == 0;
         }},
        {"epoll_wait",
         [] {
             const int set = ::epoll_create1(EPOLL_CLOEXEC);
             epoll_event none{};
             const bool in_peace = ::epoll_wait(set, &none, 1, milliseconds) == 0;
             ::close(set);
             return in_peace;
         }},
    };
}

TEST(a_handler_that_blocks, is_reported_and_not_interrupted) {
    for (const unsigned workers : {1U, 2U}) {
        std::atomic<int> reported{0};
        runtime_options options;
        options.workers = workers;
        options.stuck_after = 2ms;
        options.on_report = [&](const report& r) {
            reported += std::holds_alternative<stuck_report>(r.body) ? 1 : 0;
        };
        runtime world{options};
        world.start();
        for (const auto& [name, call] : blocking_calls()) {
            bool in_peace = false;
            EXPECT_EQ(world.run([&, waits = call] { in_peace = waits(); }), reason::normal);
            EXPECT_TRUE(in_peace) << name << ": " << std::strerror(errno);
        }
        EXPECT_TRUE(world.stop());
        EXPECT_GE(reported, 1);
    }
}

}  // namespace
}  // namespace coppice
