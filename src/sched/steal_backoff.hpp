// SPDX-License-Identifier: Apache-2.0
// Exponential back-off of a thief. A process that moves to another thread brings cold caches along, and the
// messages between the two threads cost more from then on. Where turns are short and the stolen runnables
// are soon used up, both threads together are slower than one. A steal is judged when the thief has run out
// of runnables. A steal that did not pay begins a pause before the next steal, twice as long each time.
//
// Threads    The owner.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace coppice::sched {

class steal_backoff {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// A steal has paid if the turns after it took so long on average: much longer than a move costs.
    static constexpr nanoseconds long_turn = std::chrono::microseconds{2};
    /// After so many short turns the pause is halved: the thief may have taken over a whole exchange between
    /// processes, with no gain.
    static constexpr std::uint64_t many_turns = 4096;
    /// About the time that a sleeping thread takes to wake up.
    static constexpr nanoseconds first_pause = std::chrono::microseconds{50};
    static constexpr nanoseconds longest_pause = std::chrono::milliseconds{1};
    /// After so many looks without a steal the thread sleeps until it is woken.
    static constexpr unsigned looks_max = 32;

    /// The thread has stolen runnables. `turns` is the number of turns of the thread so far.
    void stole(std::uint64_t turns, nanoseconds now) noexcept {
        last_ = steal{turns, now};
        looks_ = 0;
    }

    /// The thread has no runnables left. Judges the last steal, once. True if a pause begins.
    bool ran_out(std::uint64_t turns, nanoseconds now) noexcept {
        if (!last_) {
            return false;
        }
        pause_ = pause_after(turns - last_->turns, now - last_->at);
        last_.reset();
        resumes_at_ = now + pause_;
        return is_active();
    }

    /// The thread has looked at the queues of the other threads. The next look comes after one more pause.
    void looked(nanoseconds now) noexcept {
        ++looks_;
        resumes_at_ = now + pause_;
    }

    /// Whether the thread puts off its steals.
    bool is_active() const noexcept { return pause_ > nanoseconds::zero() && looks_ < looks_max; }
    /// When the next steal is due, if `is_active()`.
    nanoseconds resumes_at() const noexcept { return resumes_at_; }

  private:
    struct steal {
        std::uint64_t turns;
        nanoseconds at;
    };

    nanoseconds pause_after(std::uint64_t turns, nanoseconds busy) const noexcept {
        if (busy >= turns * long_turn) {
            return nanoseconds::zero();
        }
        if (turns >= many_turns) {
            return pause_ / 2 < first_pause ? nanoseconds::zero() : pause_ / 2;
        }
        return std::clamp(2 * pause_, first_pause, longest_pause);
    }

    std::optional<steal> last_;
    nanoseconds pause_{0};
    nanoseconds resumes_at_{0};
    unsigned looks_ = 0;  ///< Since the last steal.
};

/// Whether the runnables of a queue wait for long: since the look before, fewer have left the queue than wait there.
constexpr bool waits_for_long(std::uint32_t have_left, std::uint32_t waiting) noexcept {
    return have_left < waiting;
}

}  // namespace coppice::sched
