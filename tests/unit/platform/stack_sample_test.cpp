// SPDX-License-Identifier: Apache-2.0
// Samples of other threads' stacks. A sampled thread must not notice; a system call cut short would show.

#include "platform/stack_sample.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "support/eventually.hpp"

namespace coppice::platform {
namespace {

using namespace std::chrono_literals;

TEST(thread_sight, parses_the_proc_files_of_a_thread) {
    thread_sight seen;
    read_status(
        "Name:\tR (x)\nSigBlk:\t0000000000400000\nvoluntary_ctxt_switches:\t17\n"
        "nonvoluntary_ctxt_switches:\t90\n",
        seen);
    EXPECT_EQ(seen.sleeps, 17U);
    EXPECT_FALSE(seen.hears_urgent) << "SIGURG is the 23rd";
    read_status("Name:\tx\nSigBlk:\t0000000000000002\nvoluntary_ctxt_switches:\t0\n", seen);
    EXPECT_EQ(seen.sleeps, 0U);
    EXPECT_TRUE(seen.hears_urgent);

    read_state("7901 (a) R) b) S 7898 7898", seen);
    EXPECT_FALSE(seen.is_running);
    read_state("7901 (S) R 7898 7898", seen);
    EXPECT_TRUE(seen.is_running);
    read_state("", seen);
    EXPECT_FALSE(seen.is_running);

    read_call("running\n", seen);
    EXPECT_TRUE(seen.is_running);
    EXPECT_EQ(seen.waits_at, nullptr);
    read_call("7 0x7ffc 0x1 0xffffffff 0x0 0x0 0x0 0x7ffc239d2c38 0x7f8470bba2ad\n", seen);
    EXPECT_FALSE(seen.is_running);
    EXPECT_EQ(seen.waits_at, reinterpret_cast<void*>(0x7f8470bba2ad));
}

/// A thread that publishes its number, and runs `f` until told to end.
template <class F>
class busy_thread {
  public:
    explicit busy_thread(F f)
        : thread_{[this, f] {
              number_ = this_thread_number();
              f(over_);
          }} {}
    ~busy_thread() {
        over_ = true;
        thread_.join();
    }
    thread_number number() const {
        EXPECT_TRUE(test::eventually([&] { return number_ != 0; }));
        return number_;
    }
    bool computes() const {
        return test::eventually([&] { return thread_watch{number()}.look().is_running; });
    }
    bool waits() const {
        return test::eventually([&] { return !thread_watch{number()}.look().is_running; });
    }

  private:
    std::atomic<thread_number> number_{0};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

TEST(a_sample, of_a_thread_that_computes_is_its_stack) {
    const busy_thread computing{[](std::atomic<bool>& over) {
        while (!over) {
        }
    }};
    ASSERT_TRUE(computing.computes());
    EXPECT_TRUE(test::eventually([&] { return sample_stack(computing.number(), 1s).size() > 2; }));
}

TEST(a_sample, of_a_thread_in_a_system_call_does_not_end_that_call) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    std::atomic<int> interrupted{0};
    {
        const busy_thread waiting{[&](std::atomic<bool>&) {
            pollfd input{pipe[0], POLLIN, 0};
            while (::poll(&input, 1, -1) < 0) {
                interrupted += errno == EINTR ? 1 : 0;
            }
        }};
        ASSERT_TRUE(waiting.waits());
        for (int i = 0; i < 50; ++i) {
            EXPECT_LE(sample_stack(waiting.number(), 1s).size(), 1U);
        }
        EXPECT_EQ(::write(pipe[1], "x", 1), 1);
    }
    EXPECT_EQ(interrupted, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(a_sample, of_a_thread_that_sleeps_again_and_again_ends_none_of_its_sleeps) {
    std::atomic<int> interrupted{0};
    {
        const busy_thread sleeping{[&](std::atomic<bool>& over) {
            while (!over) {
                const timespec short_time{0, 100'000};
                interrupted += ::nanosleep(&short_time, nullptr) != 0 ? 1 : 0;
            }
        }};
        for (int i = 0; i < 50; ++i) {
            EXPECT_LE(sample_stack(sleeping.number(), 1s).size(), 1U);
        }
    }
    EXPECT_EQ(interrupted, 0);
}

TEST(a_sample, of_a_thread_that_blocks_the_signal_or_has_ended_is_empty) {
    thread_number gone = 0;
    {
        const busy_thread blocking{[](std::atomic<bool>& over) {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
            while (!over) {
            }
        }};
        gone = blocking.number();
        ASSERT_TRUE(test::eventually([&] { return !thread_watch{gone}.look().hears_urgent; }));
        EXPECT_TRUE(sample_stack(gone, 1s).empty());
    }
    EXPECT_TRUE(sample_stack(gone, 1s).empty());
}

}  // namespace
}  // namespace coppice::platform
