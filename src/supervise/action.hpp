// SPDX-License-Identifier: Apache-2.0
// The actions that the plans of both kinds of supervisors answer. Pure.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/detail/contract.hpp"
#include "coppice/exit_reason.hpp"

namespace coppice::supervise {

/// A child, in a plan and in the tables of its supervisor.
using child_key = std::uint32_t;
inline constexpr child_key no_child = UINT32_MAX;

enum class action_kind : std::uint8_t {
    none,  ///< Nothing to do until the next event.
    start,
    stop,
    forget,        ///< The child has left the list: drop its specification.
    retry,         ///< Call `try_again` later, after the events that already wait.
    wait,          ///< Call `try_again` after the delay.
    report_ended,  ///< Report `child_terminated`.
    report_limit,  ///< Report `shutdown` with `reached_max_restart_intensity`.
    shut_down,     ///< The supervisor stops with reason `shutdown`.
};

struct action {
    action_kind kind = action_kind::none;
    /// Of `start`: the start is the restart of the child that ended, or whose restart is tried again. A
    /// supervisor counts such a start. The start of a sibling in the same group is not counted.
    bool restarts = false;
    child_key child = no_child;
    exit_reason why = {};               ///< Of `report_ended`: the exit reason of the child.
    std::chrono::nanoseconds delay{0};  ///< Of `wait`.
    bool operator==(const action&) const = default;
};

/// The decided actions of an event. A ring of a fixed size, so a decision needs no memory.
class action_queue {
  public:
    bool empty() const noexcept { return count_ == 0; }
    /// Precondition: fewer than `capacity` actions wait.
    void push(action next) noexcept {
        COPPICE_EXPECTS(count_ < capacity, "take the actions out before the next event");
        waiting_[(first_ + count_) % capacity] = std::move(next);
        ++count_;
    }
    /// Precondition: not empty.
    action pop() noexcept {
        COPPICE_EXPECTS(!empty(), "ask empty() first");
        action out = std::move(waiting_[first_]);
        first_ = (first_ + 1) % capacity;
        --count_;
        return out;
    }
    void clear() noexcept {
        waiting_ = {};
        count_ = 0;
    }

    static constexpr unsigned capacity = 4;  ///< An event decides at most three actions.

  private:
    std::array<action, capacity> waiting_ = {};
    unsigned first_ = 0;  ///< The place of the oldest waiting action.
    unsigned count_ = 0;
};

}  // namespace coppice::supervise
