// SPDX-License-Identifier: Apache-2.0
// A worker scheduler with a sentinel, and a listener for the sentinel's events.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "sched/worker_scheduler.hpp"
#include "support/tasks.hpp"

namespace coppice::test {

/// Remembers the events.
struct note_taker final : sched::overrun_listener {
    void turn_overran(sched::runnable& whose, platform::thread_number,
                      std::chrono::nanoseconds) override {
        last = &whose;
        overran.reach();
    }
    void turn_ended(sched::runnable& whose, std::chrono::nanoseconds) override {
        last = &whose;
        ended.reach();
    }
    void out_of_spares(unsigned) override { out.reach(); }

    milestone overran;
    milestone ended;
    milestone out;
    std::atomic<sched::runnable*> last{nullptr};
};

/// A scheduler kept alive by its threads, as in a runtime.
struct watched_scheduler {
    explicit watched_scheduler(
        unsigned workers, std::chrono::microseconds spin = std::chrono::microseconds{50},
        unsigned spares = 0,
        std::chrono::nanoseconds overrun_after = std::chrono::milliseconds{100})
        : scheduler{std::make_shared<sched::worker_scheduler>(
              sched::worker_scheduler::settings{workers, spin, overrun_after, spares})} {
        scheduler->listen(*heard);
    }
    watched_scheduler(const watched_scheduler&) = delete;
    watched_scheduler& operator=(const watched_scheduler&) = delete;
    ~watched_scheduler() { stop(); }

    void start() const { scheduler->start(scheduler); }
    unsigned stop(std::chrono::nanoseconds limit = patience) const {
        return scheduler->stop(std::chrono::steady_clock::now() +
                               std::chrono::duration_cast<std::chrono::microseconds>(limit));
    }
    sched::worker_scheduler* operator->() const { return scheduler.get(); }

    std::unique_ptr<note_taker> heard = std::make_unique<note_taker>();
    std::shared_ptr<sched::worker_scheduler> scheduler;
};

struct reaching final : time::timer_action {
    explicit reaching(milestone& m) : reached{m} {}
    void fire() noexcept override { reached.reach(); }
    milestone& reached;
};

}  // namespace coppice::test
