// SPDX-License-Identifier: Apache-2.0
// A monitor owned by a thread outside of the runtime.

#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "coppice/pid.hpp"
#include "process/outside_waits.hpp"

namespace coppice::detail {
class runtime_impl;
}

namespace coppice::boot {

/// Observes the end of the process from construction on. The destructor removes the monitor.
class outside_monitor {
  public:
    outside_monitor(detail::runtime_impl& world, const pid& who);
    /// For a process that is spawned afterwards with `tag()` as its monitor tag.
    explicit outside_monitor(detail::runtime_impl& world);
    ~outside_monitor();
    outside_monitor(const outside_monitor&) = delete;
    outside_monitor& operator=(const outside_monitor&) = delete;

    const pid& who() const noexcept { return who_; }
    std::uint64_t tag() const noexcept { return tag_; }
    void watches(const pid& spawned) noexcept { who_ = spawned; }

    /// Waits at most `timeout` for the end of the process, or until `unless` holds. In a simulation, waits at
    /// most until no event is left. True if the process has ended, or if the runtime has stopped.
    bool wait(detail::nanoseconds timeout, const std::atomic<bool>& unless) const;
    /// Empty if the process is alive, or if the runtime ended first.
    std::optional<exit_reason> why() const { return ended_->why(); }

  private:
    detail::runtime_impl& runtime_;
    const std::uint64_t tag_;
    const std::shared_ptr<detail::outside_answer> ended_;
    pid who_;
};

/// For waits without a condition to give up.
inline const std::atomic<bool> never_cancelled{false};

}  // namespace coppice::boot
