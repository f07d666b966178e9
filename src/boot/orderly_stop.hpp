// SPDX-License-Identifier: Apache-2.0
// The end of a runtime, in this order:
//
//     who                                   what
//     started from outside, newest first    asked to shut down, and given a share of the deadline
//     supervisors that lost their parent    stop their own children in order; they are waited for
//     supervisors that are left             asked, since somebody else is in their way
//     all that are left                     asked, and then what they have started meanwhile
//     all that are left at the deadline     killed, with one grace for all
//     handlers that have not returned       waited for until the deadline, then left behind
//
// The first two have three quarters of the deadline, so that also behind one that ignores its
// shutdown everybody is asked, with time to end.

#pragma once

#include <atomic>
#include <vector>

#include "boot/outside_monitor.hpp"
#include "coppice/runtime.hpp"

namespace coppice::detail {

struct late_process;

class orderly_stop {
  public:
    /// Zero or less for `limit`: nobody is asked, everybody is killed.
    orderly_stop(runtime_impl& world, nanoseconds limit);

    /// Once.
    stop_result run();

    /// Any thread: what is left is killed now. Again: nor is anybody waited for after that.
    void hurry() noexcept;

  private:
    bool is_over() const noexcept;
    nanoseconds left_until(nanoseconds when) const noexcept;
    void ask(const pid& who);
    void ask_roots();
    void ask_supervisors();
    void ask_everybody();
    void ask_all(const std::vector<pid>& left);
    void wait_for(const std::vector<pid>& those, nanoseconds until);
    void kill_late();
    void name_late(late_process& late, bool was_asked);
    void kill_latecomers();
    void wait_for_stuck();
    void end_workers();
    void name_stuck();
    void flush_reports();

    runtime_impl& world_;
    const nanoseconds ordered_until_;
    const nanoseconds deadline_;
    nanoseconds grace_until_{0};
    std::atomic<bool> hurried_{false};
    std::atomic<bool> hurried_again_{false};
    std::vector<blocking_process> waiting_;  ///< Late supervisors, which wait for others.
    stop_result result_;
};

}  // namespace coppice::detail
