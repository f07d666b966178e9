// SPDX-License-Identifier: Apache-2.0
// The orderly end of a runtime, in this order:
//
//     processes                             treatment
//     started from outside, newest first    asked to shut down; each gets a share of the deadline
//     supervisors without a parent          stop their own children in order; the stop waits for them
//     remaining supervisors                 asked to shut down, since other processes hold them up
//     all remaining processes               asked to shut down, and then the processes started meanwhile
//     all processes left at the deadline    killed, with one grace period for all
//     handlers that have not returned       waited for until the deadline and the grace, then left behind
//
// The first two steps have three quarters of the deadline. So even if one process ignores its shutdown, all
// others are asked while there is time to end.

#pragma once

#include <atomic>
#include <vector>

#include "boot/outside_monitor.hpp"
#include "coppice/runtime.hpp"

namespace coppice::boot {

struct remaining_process;

class orderly_stop {
  public:
    /// With a `limit` of zero or less no process is asked, and all processes are killed.
    orderly_stop(detail::runtime_impl& world, detail::nanoseconds limit);

    /// To be called once.
    stop_result run();

    /// Any thread. The first call kills all remaining processes now. A second call ends all
    /// further waits too.
    void force_stop() noexcept;

  private:
    bool is_over() const noexcept;
    detail::nanoseconds left_until(detail::nanoseconds when) const noexcept;
    void ask(const pid& who);
    void ask_roots();
    void ask_supervisors();
    void ask_all_processes();
    void ask_all(const std::vector<pid>& left);
    void wait_for(const std::vector<pid>& those, detail::nanoseconds until);
    void kill_remaining();
    void record_blocking(remaining_process& late, bool was_asked);
    void kill_newly_started();
    void wait_for_stuck();
    void stop_scheduler();
    void record_stuck();
    void flush_reports();

    detail::runtime_impl& runtime_;
    const detail::nanoseconds ordered_until_;
    const detail::nanoseconds deadline_;
    detail::nanoseconds grace_until_{0};
    std::atomic<bool> forced_{false};
    std::atomic<bool> waits_cancelled_{false};
    std::vector<blocking_process> waiting_;  ///< Late supervisors. Each waits for a child.
    stop_result result_;
};

}  // namespace coppice::boot
