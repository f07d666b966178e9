// SPDX-License-Identifier: Apache-2.0
// Custody: which thread may touch the runtime's own state of a process. The holder is the turn's thread, or
// the sentinel while the turn's thread is lost in a handler that does not return.
//
//     state       meaning                                      the turn's thread
//     with_turn   the normal state                             enters and leaves freely
//     asked       the sentinel asks for the custody, some us   waits to enter
//     taken       the sentinel has the custody, some us        waits to enter
//     lost        the process has been declared dead, or the   never enters again
//                 turn's thread destroys the remains
//
// The turn's thread is `inside` except while user code runs. A call from user code to the runtime enters for
// the time of the call. Dekker's algorithm: each side writes, then reads, so at least one sees the other. The
// frequent side pays for no fence, see platform/barrier.hpp.
//
// Threads    enter, leave, hold, close, begin_anew: the turn's thread. take, give_back, keep: the sentinel.

#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "coppice/detail/contract.hpp"
#include "platform/barrier.hpp"

namespace coppice::process_layer {

class custody {
  public:
    class hold;

    custody() noexcept = default;
    /// The custody of no process: `enter` always fails.
    static custody& of_no_process() noexcept;

    /// False: the process is dead for all other threads.
    bool enter() noexcept {
        if (asymmetric_) {
            inside_.store(true, std::memory_order_relaxed);
            platform::light_barrier();
        } else {
            // Dekker: `inside_` is written, then `state_` is read, see take().
            inside_.exchange(true, std::memory_order_seq_cst);
        }
        // Dekker with take(). Pairs with the release in give_back().
        return state_.load(std::memory_order_seq_cst) == state::with_turn || settle();
    }
    // Release: pairs with the read of `inside_` in take().
    void leave() noexcept { inside_.store(false, std::memory_order_release); }

    // Acquire: pairs with the releases in close() and keep().
    bool is_lost() const noexcept { return state_.load(std::memory_order_acquire) == state::lost; }
    /// From now on no thread acts for the process. Precondition: the calling thread is inside.
    void close() noexcept {
        COPPICE_EXPECTS(inside_.load(std::memory_order_relaxed),
                        "enter before the custody is closed");
        // Release: pairs with the acquires in is_lost() and take().
        state_.store(state::lost, std::memory_order_release);
    }
    /// Begins the next life of the slot. Precondition: the custody is `lost`. In any other state the store
    /// could erase a new request of the sentinel.
    void begin_anew() noexcept {
        COPPICE_EXPECTS(state_.load(std::memory_order_relaxed) == state::lost,
                        "close the last life of the slot before the next life");
        // Release: pairs with the acquire in take().
        state_.store(state::with_turn, std::memory_order_release);
    }

    /// False if the turn's thread is inside, there is no turn, or the process is lost.
    bool take() noexcept {
        state now = state::with_turn;
        // Dekker: `state_` is written, then `inside_` is read, see enter().
        if (!state_.compare_exchange_strong(now, state::asked, std::memory_order_seq_cst)) {
            return false;
        }
        if (asymmetric_) {
            platform::heavy_barrier();
        }
        // Dekker with enter(). Pairs with the release in leave().
        const bool out = !inside_.load(std::memory_order_seq_cst);
        // The turn's thread may have closed the custody meanwhile, and `out` may be of the next life.
        // Then the exchange fails.
        now = state::asked;
        // Release: pairs with the acquire in settle(). Acquire: pairs with the release in
        // close().
        return state_.compare_exchange_strong(now, out ? state::taken : state::with_turn,
                                              std::memory_order_acq_rel) &&
               out;
    }
    // Release: pairs with the acquires in settle() and enter().
    void give_back() noexcept { state_.store(state::with_turn, std::memory_order_release); }
    // Release: pairs with the acquires in settle() and is_lost().
    void keep() noexcept { state_.store(state::lost, std::memory_order_release); }

  private:
    enum class state : std::uint8_t { with_turn, asked, taken, lost };

    constexpr explicit custody(state first) noexcept : state_{first} {}

    [[gnu::cold, gnu::noinline]] bool settle() noexcept {
        for (;;) {
            // Acquire: pairs with the releases in take(), give_back() and keep().
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

inline custody& custody::of_no_process() noexcept {
    static constinit custody closed_custody{state::lost};
    return closed_custody;
}

/// Enters for the time of a scope. The thread may be inside already.
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
    /// False: the process is dead, and requests have no effect.
    explicit operator bool() const noexcept { return held_; }

  private:
    custody& of_;
    const bool nested_;
    const bool held_;
};

}  // namespace coppice::process_layer
