// SPDX-License-Identifier: Apache-2.0
// A worker scheduler with a sentinel, and a listener for the sentinel's events.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "sched/thread_scheduler.hpp"
#include "support/tasks.hpp"

namespace coppice::test {

/// Remembers the events.
struct note_taker final : sched::stuck_turn_listener {
    void turn_is_stuck(sched::runnable& whose, const sched::turn_in_progress&,
                       platform::thread_number, std::chrono::nanoseconds) override {
        last = &whose;
        stuck.reach();
    }
    void turn_ended(sched::runnable& whose, std::chrono::nanoseconds) override {
        last = &whose;
        ended.reach();
    }
    void out_of_spares(unsigned) override { out.reach(); }

    milestone stuck;
    milestone ended;
    milestone out;
    std::atomic<sched::runnable*> last{nullptr};
};

/// A scheduler kept alive by its threads, as in a runtime.
struct watched_scheduler {
    explicit watched_scheduler(
        unsigned workers, std::chrono::microseconds spin = std::chrono::microseconds{50},
        unsigned spares = 0, std::chrono::nanoseconds stuck_after = std::chrono::milliseconds{100})
        : scheduler{std::make_shared<sched::thread_scheduler>(
              sched::thread_scheduler::settings{workers, spin, stuck_after, spares})} {
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
    sched::thread_scheduler* operator->() const { return scheduler.get(); }

    std::unique_ptr<note_taker> heard = std::make_unique<note_taker>();
    std::shared_ptr<sched::thread_scheduler> scheduler;
};

struct reaching final : time::timer_action {
    explicit reaching(milestone& m) : reached{m} {}
    void fire() noexcept override { reached.reach(); }
    milestone& reached;
};

}  // namespace coppice::test
