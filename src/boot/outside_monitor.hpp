// SPDX-License-Identifier: Apache-2.0
// A monitor whose owner is a thread outside.

#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "coppice/pid.hpp"
#include "process/outside_waits.hpp"

namespace coppice::detail {

class runtime_impl;

/// From its construction on it misses no end of the process; with it, the monitor goes.
class outside_monitor {
  public:
    outside_monitor(runtime_impl& world, const pid& who);
    /// Of a process that is to be spawned with `tag` as its monitor.
    explicit outside_monitor(runtime_impl& world);
    ~outside_monitor();
    outside_monitor(const outside_monitor&) = delete;
    outside_monitor& operator=(const outside_monitor&) = delete;

    const pid& who() const noexcept { return who_; }
    std::uint64_t tag() const noexcept { return tag_; }
    void watches(const pid& spawned) noexcept { who_ = spawned; }

    /// Whether the process has ended, or nothing runs any more; waits for that at most for so long,
    /// and in a simulation at most until nothing can happen any more. Gives up when `unless` holds.
    bool wait(nanoseconds timeout, const std::atomic<bool>& unless) const;
    /// Nothing if it has not ended, or the runtime ended with it.
    std::optional<exit_reason> why() const { return ended_->why(); }

  private:
    runtime_impl& world_;
    const std::uint64_t tag_;
    const std::shared_ptr<outside_answer> ended_;
    pid who_;
};

/// For waits that nothing cuts short.
inline const std::atomic<bool> never_cut_short{false};

}  // namespace coppice::detail
