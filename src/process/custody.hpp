// SPDX-License-Identifier: Apache-2.0
// Who may touch what the runtime keeps of a process: the thread whose turn it is, or, while that
// thread is lost in a handler that does not return, the sentinel.
//
//     state       meaning                                      the turn's thread
//     with_turn   as ever                                      goes in and out freely
//     asked       the sentinel wants it, for some microseconds waits at its next way in
//     taken       the sentinel has it, for some microseconds   waits at its next way in
//     lost        the process has been declared dead, or       never gets in again
//                 its thread has begun to destroy what is left
//
// The turn's thread is `inside` unless it runs code of the user's; what that code asks of the
// runtime goes inside for as long. Both sides write and then read, so one sees the other; the
// frequent side pays no fence for it, see platform/barrier.hpp.
//
// Threads    enter, leave, hold, close, begin_anew: the one whose turn it is. take and what follows it:
//            the sentinel.

#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "platform/barrier.hpp"

namespace coppice::detail {

class custody {
  public:
    class hold;

    custody() noexcept = default;
    /// Of nobody: who asks for it never gets in.
    static custody& of_nobody() noexcept;

    /// False: the process is dead to everybody but this thread.
    bool enter() noexcept {
        if (asymmetric_) {
            inside_.store(true, std::memory_order_relaxed);
            platform::light_barrier();
        } else {
            inside_.exchange(true, std::memory_order_seq_cst);
        }
        return state_.load(std::memory_order_seq_cst) == state::with_turn || settle();
    }
    void leave() noexcept { inside_.store(false, std::memory_order_release); }

    bool is_lost() const noexcept { return state_.load(std::memory_order_acquire) == state::lost; }
    /// Nobody acts for the process any more. Precondition: the thread is inside.
    void close() noexcept { state_.store(state::lost, std::memory_order_release); }
    /// For the next life, after this one was lost or closed. At any other time it would wipe out what
    /// the sentinel may just be asking.
    void begin_anew() noexcept { state_.store(state::with_turn, std::memory_order_release); }

    /// False if the turn's thread is inside, there is no turn, or the process is lost already.
    bool take() noexcept {
        state now = state::with_turn;
        if (!state_.compare_exchange_strong(now, state::asked, std::memory_order_seq_cst)) {
            return false;
        }
        if (asymmetric_) {
            platform::heavy_barrier();
        }
        const bool out = !inside_.load(std::memory_order_seq_cst);
        // It may have been closed meanwhile, and the next life be out already.
        now = state::asked;
        return state_.compare_exchange_strong(now, out ? state::taken : state::with_turn,
                                              std::memory_order_acq_rel) &&
               out;
    }
    void give_back() noexcept { state_.store(state::with_turn, std::memory_order_release); }
    void keep() noexcept { state_.store(state::lost, std::memory_order_release); }

  private:
    enum class state : std::uint8_t { with_turn, asked, taken, lost };

    constexpr explicit custody(state first) noexcept : state_{first} {}

    bool settle() noexcept {
        for (;;) {
            const state now = state_.load(std::memory_order_acquire);
            if (now == state::with_turn || now == state::lost) {
                return now == state::with_turn;
            }
            std::this_thread::yield();
        }
    }

    inline static const bool asymmetric_ = platform::has_heavy_barrier();

    std::atomic<bool> inside_{true};
    std::atomic<state> state_{state::with_turn};
};

inline custody& custody::of_nobody() noexcept {
    static constinit custody nobodys{state::lost};
    return nobodys;
}

/// Inside for a while, from code that may or may not be inside already.
class custody::hold {
  public:
    explicit hold(custody& of) noexcept
        : of_{of},
          nested_{of.inside_.load(std::memory_order_relaxed)},
          held_{nested_ ? !of.is_lost() : of.enter()} {}
    hold(const hold&) = delete;
    hold& operator=(const hold&) = delete;
    ~hold() {
        if (held_ && !nested_) {
            of_.leave();
        }
    }
    /// False: the process is dead, and nothing that it asks for may happen.
    explicit operator bool() const noexcept { return held_; }

  private:
    custody& of_;
    const bool nested_;
    const bool held_;
};

}  // namespace coppice::detail
