// SPDX-License-Identifier: Apache-2.0
// The decisions of a supervisor. Pure: the caller reports events, and the plan answers with actions. The plan
// starts nothing, stops nothing, sends nothing and reads no clock.
//
//     event                           answers, one action at a time; the caller reports each outcome
//     start_all                       start, start, …
//     child_ended                     [report_ended], then forget, nothing, a restart, or a delay
//     try_again                       a restart, if the child still waits for one
//     start_waiting                   a restart that is not counted
//     stop_all                        stop, stop, …, newest first
//     (a restart)                     by strategy stop…, then start…; or report_limit, shut_down
//     (a delay)                       by strategy stop…, then wait; or nothing if the group waits already
//     started, ignored, start_failed  outcome of the last start: the next action, retry, or a delay
//     stopped                         the last stop is done: the next action
//
// Invariants
//   1. A child is in the list from `add` until the plan answers `forget` for the child, or until `remove`.
//   2. The list is in start order. A restart keeps the position.
//   3. The plan answers no action for a child before the outcome of the previous action is reported.
//   4. A child with a leader has the status `restarting`. The leader of a leader is the leader itself. The
//      leader is the child whose delay the others wait for.
//
// A delay is data: the plan passes the delay on, and does not know when it is over.
//
// Cost       O(1) an action. The restart of a group answers one action for each child of the group.

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

class plan {
  public:
    plan(restart_strategy strategy, auto_shutdown_mode auto_shutdown, restart_window window)
        : strategy_{strategy}, auto_shutdown_{auto_shutdown}, window_{std::move(window)} {}

    /// Makes room for `count` children.
    void reserve(std::size_t count) { slots_.reserve(count); }
    /// Adds a stopped child at the end. Changes nothing when it throws. No other function of the plan throws.
    child_key add(restart_type restart, bool significant);
    /// Takes a child out of the list. Precondition: the child is stopped.
    void remove(child_key child) noexcept;

    // Events. Precondition of all functions for a child, except `try_again`: the plan contains the child.
    void start_all();
    void stop_all();
    void child_ended(child_key child, const exit_reason& why, std::int64_t now_seconds,
                     restart_terms terms = {});
    void try_again(child_key child, std::int64_t now_seconds,
                   budget_answer budget = budget_answer::none);
    /// Precondition: `leader_of(child)` is a child.
    void start_waiting(child_key child);

    /// The next action. Call again after reporting the outcome, until the answer is `none`.
    action next();

    // Outcomes of starts and stops, whether requested by the plan or not.
    void started(child_key child);
    void ignored(child_key child);
    /// With a `delay` the retry of a restart waits. Without, the retry comes after the waiting events.
    void start_failed(child_key child,
                      std::chrono::nanoseconds delay = std::chrono::nanoseconds{0});
    void stopped(child_key child);

    /// The restarts that count in the window ending at `now_seconds`.
    std::int64_t restarts_at(std::int64_t now_seconds) const {
        return window_.recent_at(now_seconds);
    }
    const restart_window& window() const noexcept { return window_; }

    child_status status_of(child_key child) const { return listed(child).status; }
    /// The child for whose delay this child waits; `no_child` if it waits for none.
    child_key leader_of(child_key child) const { return listed(child).leader; }
    bool contains(child_key child) const { return child < slots_.size() && slots_[child].listed; }
    child_key first() const noexcept { return first_; }
    child_key last() const noexcept { return last_; }
    child_key after(child_key child) const { return listed(child).next; }
    child_key before(child_key child) const { return listed(child).previous; }

  private:
    enum class mode : std::uint8_t { idle, starting_all, starting_one, starting_group, stopping };

    struct slot {
        restart_type restart = restart_type::permanent;
        bool significant = false;
        bool listed = false;
        child_status status = child_status::stopped;
        child_key next = no_child;
        child_key previous = no_child;
        child_key leader = no_child;
    };

    const slot& listed(child_key child) const {
        COPPICE_EXPECTS(contains(child),
                        "name a child that was added and not removed or forgotten");
        return slots_[child];
    }
    slot& listed(child_key child) {
        return const_cast<slot&>(static_cast<const plan&>(*this).listed(child));  // NOLINT
    }
    void restart(child_key child, std::int64_t now_seconds, budget_answer budget);
    void begin_restart(child_key child);
    void restart_group(child_key crashed);
    void begin_delay(child_key child, std::chrono::nanoseconds delay);
    action wait_for(child_key leader);
    void end_wait(child_key child);
    child_key leader_of_group(child_key child) const;
    void consider_auto_shutdown(bool significant);
    bool any_significant_lives() const;
    void settle_stopped(child_key child);
    action next_stop();
    void go_on_starting(child_key done);
    void say(action_kind kind, child_key child = no_child) noexcept {
        said_.push({.kind = kind, .child = child});
    }

    restart_strategy strategy_;
    auto_shutdown_mode auto_shutdown_;
    restart_window window_;
    std::vector<slot> slots_;
    std::vector<child_key> free_;
    child_key first_ = no_child;
    child_key last_ = no_child;
    action_queue said_;
    mode mode_ = mode::idle;
    child_key cursor_ = no_child;  ///< The next child to start or to stop.
    child_key restarted_ =
        no_child;  ///< The child whose end or retry has caused the present starts.
    child_key group_first_ = no_child;   ///< no_child: the group is all children.
    bool starts_afterwards_ = false;     ///< Start the group once it is stopped.
    child_key delayed_ = no_child;       ///< Wait for this child once its group is stopped.
    std::chrono::nanoseconds delay_{0};  ///< Of `delayed_`.
    std::size_t leaders_ = 0;            ///< The children that wait for a delay of their own.
};

}  // namespace coppice::supervise
