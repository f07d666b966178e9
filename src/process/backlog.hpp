// SPDX-License-Identifier: Apache-2.0
// Back-pressure: the toll of a process as a receiver, and its standing as a receiver and a sender. One byte
// each. The rules are in backlog.cpp.
//
//     byte       written by                              read by
//     toll       the receiver, inside its custody        any sender
//     standing   the process in a turn; the table of     the process in a turn; the sender of an exit
//                followers; any thread that lets the     signal
//                process go: the receiver, the sender
//                of an exit signal, the sentinel
//
// The bytes lie in different cache lines: each sender reads the toll, and few threads read the standing.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "process/followers.hpp"

namespace coppice::process_layer {

/// Extra reductions for a send to the process.
class send_toll {
  public:
    /// The messages for which the toll is one reduction.
    static constexpr std::size_t backlog_of_one = 32;
    /// The largest toll.
    static constexpr std::uint8_t most = UINT8_MAX - 1;
    /// In a process: the mailbox has a bound, which knows the toll. In a receipt: the mailbox is full, and the
    /// sender waits.
    static constexpr std::uint8_t bounded = UINT8_MAX;

    std::uint8_t now() const noexcept { return toll_.load(std::memory_order_relaxed); }
    void set_for(std::size_t queued, bool is_followed) noexcept;
    void begin_anew(bool is_bounded) noexcept {
        toll_.store(is_bounded ? bounded : std::uint8_t{0}, std::memory_order_relaxed);
    }
    /// The toll for this backlog.
    static std::uint8_t of(std::size_t queued, bool is_followed) noexcept;

  private:
    std::atomic<std::uint8_t> toll_{0};
};

/// As a receiver: whether the process is followed. As a sender: whether the process has paid a toll in the
/// present turn, or follows; and the debt from earlier turns.
class standing {
  public:
    static constexpr std::uint64_t debt_grain = 8;  ///< Reductions of a unit of debt.
    static constexpr std::uint64_t debt_units_max = 31;

    bool is_followed() const noexcept {
        return (bits_.load(std::memory_order_relaxed) & followers::raised) != 0;
    }
    /// As `is_followed`, for a receiver that has come to rest.
    bool is_followed_at_rest() const noexcept {
        // Dekker, see process::lets_follow(). Pairs with the fetch_or in followers::add().
        return (bits_.load(std::memory_order_seq_cst) & followers::raised) != 0;
    }
    /// Whether the process is followed, follows, or has paid tolls. Usually the answer is no.
    bool is_entangled() const noexcept { return bits_.load(std::memory_order_relaxed) != 0; }
    /// The name of this receiver in the table of followers.
    followers::flag& flag() noexcept { return bits_; }

    /// The first toll of a turn was paid.
    void begin_owing() noexcept { bits_.fetch_or(owing, std::memory_order_relaxed); }
    /// The debt from earlier turns, in reductions. Zero after the process has followed.
    std::uint64_t debt() const noexcept {
        return (bits_.load(std::memory_order_relaxed) / debt_unit) * debt_grain;
    }
    /// The turn ends with a debt, which is rounded down to units.
    void owe(std::uint64_t reductions) noexcept;

    /// The sender is about to follow, or follows.
    void begin_following() noexcept {
        // Dekker: `following` is set, then the inbox is searched, see process::lets_follow().
        bits_.fetch_or(following, std::memory_order_seq_cst);
    }
    /// Pairs with `is_following` in process::stop_following().
    void stop_following() noexcept {
        bits_.fetch_and(static_cast<std::uint8_t>(~following), std::memory_order_seq_cst);
    }
    bool is_following() const noexcept {
        // Dekker with begin_following(). Pairs with the fetch_and in stop_following().
        return (bits_.load(std::memory_order_seq_cst) & following) != 0;
    }

    /// All bits but one end with the life: followers stay until the receiver lets go.
    void leave() noexcept {
        // The process sets these bits itself: a load tells that none is set.
        if ((bits_.load(std::memory_order_relaxed) & ~followers::raised) != 0) [[unlikely]] {
            bits_.fetch_and(followers::raised, std::memory_order_relaxed);
        }
    }

  private:
    static constexpr std::uint8_t owing = 2;
    static constexpr std::uint8_t following = 4;
    static constexpr std::uint8_t debt_unit = 8;  ///< The upper bits count units of debt.
    static_assert(followers::raised == 1);

    followers::flag bits_{0};
};

}  // namespace coppice::process_layer
