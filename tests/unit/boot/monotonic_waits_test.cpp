// SPDX-License-Identifier: Apache-2.0
// No wait uses the time of day, since the clock can be set back.
//
// Method  Counting replacements stand in for the functions that wait by the time of day. The present library
//         calls no such function in any wait.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"

namespace {

std::atomic<int> waits_by_time_of_day{0};

template <class Function>
Function* next_of(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// Sanitizers bring their own replacements.
#if defined(__has_feature)
#define COPPICE_SANITIZED (__has_feature(thread_sanitizer) || __has_feature(address_sanitizer))
#elif defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define COPPICE_SANITIZED 1
#else
#define COPPICE_SANITIZED 0
#endif
#if !COPPICE_SANITIZED
extern "C" {

int sem_timedwait(sem_t* on, const timespec* until) {
    ++waits_by_time_of_day;
    return next_of<int(sem_t*, const timespec*)>("sem_timedwait")(on, until);
}

int pthread_cond_timedwait(pthread_cond_t* on, pthread_mutex_t* held, const timespec* until) {
    ++waits_by_time_of_day;
    return next_of<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
        "pthread_cond_timedwait")(on, held, until);
}

int pthread_cond_clockwait(pthread_cond_t* on, pthread_mutex_t* held, clockid_t clock,
                           const timespec* until) {
    waits_by_time_of_day += clock == CLOCK_MONOTONIC ? 0 : 1;
    return next_of<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
        "pthread_cond_clockwait")(on, held, clock, until);
}

int sem_clockwait(sem_t* on, clockid_t clock, const timespec* until) {
    waits_by_time_of_day += clock == CLOCK_MONOTONIC ? 0 : 1;
    return next_of<int(sem_t*, clockid_t, const timespec*)>("sem_clockwait")(on, clock, until);
}

int pthread_mutex_timedlock(pthread_mutex_t* on, const timespec* until) {
    ++waits_by_time_of_day;
    return next_of<int(pthread_mutex_t*, const timespec*)>("pthread_mutex_timedlock")(on, until);
}
}
#endif

namespace coppice {
namespace {

using namespace std::chrono_literals;

TEST(a_runtime, never_waits_on_the_wall_clock) {
    if (!COPPICE_SANITIZED) {
        std::mutex held;
        std::condition_variable nothing;
        std::unique_lock lock{held};
        waits_by_time_of_day = 0;
        nothing.wait_until(lock, std::chrono::system_clock::now() + 1ms);
        EXPECT_EQ(waits_by_time_of_day, 1) << "such a wait is not noticed";
    }
    waits_by_time_of_day = 0;
    runtime_options options;
    options.workers = 2;
    options.stuck_after = 2ms;
    std::atomic<int> stuck{0};
    options.on_report = [&](const report& r) {
        stuck += std::holds_alternative<stuck_report>(r.body) ? 1 : 0;
    };
    {
        runtime world{options};
        world.start();
        EXPECT_EQ(world.run([]() -> task<> { co_await sleep(3ms); }), reason::normal);
        const pid waits = world.spawn([]() -> task<> { co_await sleep(1h); });
        EXPECT_EQ(world.wait(waits, 1ms), std::nullopt);
        EXPECT_FALSE(world.wait_for_stop_request(1ms));
        EXPECT_EQ(world.run([&] {  // the sentinel samples the stack
            EXPECT_TRUE(test::eventually([&] { return stuck > 0; }));
        }),
                  reason::normal);
        world.flush_reports();
        EXPECT_TRUE(world.stop(test::patience));
    }
    EXPECT_EQ(waits_by_time_of_day, 0);
}

}  // namespace
}  // namespace coppice
