// SPDX-License-Identifier: Apache-2.0
// The seam between the runtime and time: a real clock, or a clock moved by hand in the simulator.

#pragma once

#include <chrono>

namespace coppice::platform {

class clock {
  public:
    clock() = default;
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    virtual ~clock() = default;

    /// Monotonic time since the clock was made.
    virtual std::chrono::nanoseconds now() const noexcept = 0;
    /// Whether a reading costs as much as a message. A caller that tolerates a delay of some turns
    /// should not read such a clock.
    virtual bool slow_to_read() const noexcept = 0;
    /// Time of day, for people.
    virtual std::chrono::system_clock::time_point wall_time() const noexcept = 0;
};

class real_clock final : public clock {
  public:
    std::chrono::nanoseconds now() const noexcept override {
        return std::chrono::steady_clock::now() - start_;
    }
    bool slow_to_read() const noexcept override { return true; }
    std::chrono::system_clock::time_point wall_time() const noexcept override {
        return std::chrono::system_clock::now();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Stands still until told to move. The day starts at the epoch, so that logs repeat exactly.
class manual_clock final : public clock {
  public:
    std::chrono::nanoseconds now() const noexcept override { return now_; }
    bool slow_to_read() const noexcept override { return false; }
    std::chrono::system_clock::time_point wall_time() const noexcept override {
        return std::chrono::system_clock::time_point{
            std::chrono::duration_cast<std::chrono::system_clock::duration>(now_)};
    }
    void move_to(std::chrono::nanoseconds when) noexcept { now_ = when; }

  private:
    std::chrono::nanoseconds now_{0};
};

}  // namespace coppice::platform
