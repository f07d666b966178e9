// SPDX-License-Identifier: Apache-2.0
// Processes whose handler has not returned for too long, listed until the handler returns. Each is reported.
//
// Threads    Any. Only the sentinel adds and removes entries.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <vector>

#include "coppice/stuck_process.hpp"
#include "platform/guarded.hpp"
#include "sched/stuck_turn_listener.hpp"

namespace coppice::detail {
class process;
class runtime_core;
}  // namespace coppice::detail

namespace coppice::process_layer {

using std::chrono::nanoseconds;

class stuck_turns final : public sched::stuck_turn_listener {
  public:
    explicit stuck_turns(detail::runtime_core& world) : runtime_{world} {}

    void turn_is_stuck(sched::runnable& whose, const sched::turn_in_progress& turn,
                       platform::thread_number thread, nanoseconds so_far) override;
    void turn_ended(sched::runnable& whose, nanoseconds after) override;
    void out_of_spares(unsigned spares) override;
    /// An exit signal has ended the process, but its handler runs on.
    void died(const pid& who);

    std::vector<stuck_process> all() const;
    /// Waits until every such handler has returned. False if the time is over before, or
    /// `unless` is true, see `wake_waiters`.
    bool wait_for_all(nanoseconds timeout, const std::atomic<bool>& unless);
    void wake_waiters() noexcept;

  private:
    struct entry {
        sched::turn_in_progress turn;
        const detail::process* who;  ///< Null if the turn is of no process.
        nanoseconds since;
        stuck_process shown;
    };

    static entry described(sched::runnable& whose, const sched::turn_in_progress& turn);
    static bool has_come_back(const entry& lost) noexcept;

    detail::runtime_core& runtime_;
    mutable platform::mutex mutex_;
    std::condition_variable changed_;
    std::vector<entry> entries_ COPPICE_GUARDED_BY(mutex_);
};

}  // namespace coppice::process_layer
