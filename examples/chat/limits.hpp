// SPDX-License-Identifier: Apache-2.0
// The limits of the server, each with its default.

#pragma once

#include <chrono>
#include <cstddef>

namespace chat {

inline constexpr std::size_t line_length_max = 1000;

struct limits {
    std::size_t clients = 20'000;
    std::size_t rooms = 1'000;
    /// Lines of a client per second. A burst of twice as many is allowed; further lines wait.
    int lines_a_second = 50;
    /// How long a client may be slowed down before a warning, and before
    /// disconnection. Recovery takes as long.
    std::chrono::milliseconds told_after{1'000};
    std::chrono::milliseconds let_go_after{6'000};
    /// How long a client may read nothing while lines wait.
    std::chrono::milliseconds stalled_max{10'000};
};

/// A token bucket: the wait before the next line.
class pace {
  public:
    using time = std::chrono::nanoseconds;

    pace(const limits& allowed, time now) : allowed_{allowed}, tokens_{burst()}, filled_{now} {}

    /// How long the next line has to wait; may be zero.
    time wait(time now) {
        fill(now);
        const double missing = 1 - tokens_;
        return missing <= 0 ? time{}
                            : time{static_cast<time::rep>(
                                       missing * static_cast<double>(per_token().count())) +
                                   1};
    }
    void spend(double tokens) { tokens_ -= tokens; }
    /// Records that a line has to wait for `by`.
    void slowed(time by) { slowed_ += by; }

    bool is_to_be_told() {
        if (was_told_ || slowed_ < allowed_.told_after / 2) {
            return false;
        }
        was_told_ = true;
        return true;
    }
    bool is_flood() const { return slowed_ >= allowed_.let_go_after / 2; }

  private:
    double burst() const { return 2.0 * allowed_.lines_a_second; }
    time per_token() const { return time{std::chrono::seconds{1}} / allowed_.lines_a_second; }
    void fill(time now) {
        const time passed = now - filled_;
        filled_ = now;
        tokens_ += static_cast<double>(passed.count()) / static_cast<double>(per_token().count());
        tokens_ = tokens_ > burst() ? burst() : tokens_;
        slowed_ -= passed / 2;
        if (slowed_ <= time{}) {
            slowed_ = {};
            was_told_ = false;
        }
    }

    limits allowed_;
    double tokens_ = 0;
    time filled_{};
    /// All waits, less half of the time passed. While every line waits, the value grows by half of the time.
    time slowed_{};
    bool was_told_ = false;
};

}  // namespace chat
