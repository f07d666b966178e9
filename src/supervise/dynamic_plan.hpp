// SPDX-License-Identifier: Apache-2.0
// The decisions of a dynamic supervisor. Pure: the caller reports events, and the plan answers with actions.
// The plan starts nothing, stops nothing, sends nothing and reads no clock.
//
//     event                           answers, one action at a time; the caller reports each outcome
//     add                             none: the caller starts the new child
//     child_ended                     [report_ended], then forget, a restart, or wait if the restart has a
//                                     delay; none unless the child runs
//     try_again                       a restart, if the child still waits for one
//     stop_all                        stop, stop, …: all running children, before the first outcome
//     (a restart)                     start; or report_limit, shut_down
//     started, ignored, start_failed  outcome of the last start: none; forget; retry, wait if the retry has
//                                     a delay, or forget if it was the first start of the child
//     started_as                      the start gave the process of another child: forget
//     stopped                         the stop of a child is done: forget; after stop_all none
//
// Invariants
//   1. The keys are 0, 1, … size() - 1. When the plan answers `forget`, the last child takes the key of the
//      forgotten child. No other action moves a child.
//   2. `counts_` equals the result of counting the children.
//
// Cost       O(1) an action; one byte a child.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/detail/contract.hpp"
#include "supervise/action.hpp"
#include "supervise/restart_terms.hpp"
#include "supervise/restart_window.hpp"

namespace coppice::supervise {

class dynamic_plan {
  public:
    dynamic_plan(std::size_t max_children, restart_window window)
        : max_children_{max_children}, window_{std::move(window)} {}

    /// Whether the next child would be one more than `max_children`. All children count.
    bool is_full() const noexcept { return slots_.size() >= max_children_; }
    std::size_t max_children() const noexcept { return max_children_; }
    /// Makes room for one more child, so that the next `add` does not throw. Changes nothing when it throws.
    void make_room();

    // Events.
    /// Adds a child that the caller starts now; its status is `stopped` until the outcome is reported.
    /// Precondition: the plan is not full. Changes nothing when it throws. No other event throws.
    child_key add(restart_type restart, child_type type);
    void child_ended(child_key child, const exit_reason& why, std::int64_t now_seconds,
                     restart_terms terms = {}) noexcept;
    void try_again(child_key child, std::int64_t now_seconds,
                   budget_answer budget = budget_answer::none) noexcept;
    /// Afterwards the children stay in the list, and the only event is `stopped`.
    void stop_all() noexcept;

    /// The next action. Call again after reporting the outcome, until the answer is `none`.
    action next() noexcept;

    // Outcomes of starts and stops, whether requested by the plan or not.
    void started(child_key child) noexcept;
    /// The start of `child` gave the process of `other`. From now on `other` has the restart type and the
    /// type of `child`, and runs.
    void started_as(child_key child, child_key other) noexcept;
    void ignored(child_key child) noexcept;
    void start_failed(child_key child,
                      std::chrono::nanoseconds delay = std::chrono::nanoseconds{0}) noexcept;
    void stopped(child_key child) noexcept;

    /// The restarts that count in the window ending at `now_seconds`.
    std::int64_t restarts_at(std::int64_t now_seconds) const noexcept {
        return window_.recent_at(now_seconds);
    }
    const restart_window& window() const noexcept { return window_; }

    std::size_t size() const noexcept { return slots_.size(); }
    child_status status_of(child_key child) const { return known(child).status; }
    const child_counts& counts() const noexcept { return counts_; }

  private:
    struct slot {
        restart_type restart : 2 = restart_type::permanent;
        child_type type : 1 = child_type::worker;
        child_status status : 2 = child_status::stopped;
    };
    static_assert(sizeof(slot) == 1);

    const slot& known(child_key child) const {
        COPPICE_EXPECTS(child < slots_.size(), "name a child that was added and not forgotten");
        return slots_[child];
    }
    slot& known(child_key child) {
        return const_cast<slot&>(static_cast<const dynamic_plan&>(*this).known(child));  // NOLINT
    }
    void restart(child_key child, std::int64_t now_seconds, budget_answer budget) noexcept;
    void remove(child_key child) noexcept;
    void set_status(child_key child, child_status status) noexcept;
    std::size_t& count_of(child_type type) noexcept;
    void say(action_kind kind, child_key child = no_child) noexcept {
        said_.push({.kind = kind, .child = child});
    }

    std::size_t max_children_;
    restart_window window_;
    std::vector<slot> slots_;
    child_counts counts_;
    action_queue said_;
    bool stops_all_ = false;
    child_key cursor_ = 0;  ///< Of `stop_all`: the next child to consider.
};

}  // namespace coppice::supervise
