// SPDX-License-Identifier: Apache-2.0
// The bound of a mailbox: how many messages a process may have waiting, and what happens to one more. The number is
// the sum of two: the messages in the inbox, which senders have pushed and the owner has not taken in, are counted
// here; the messages in the message list are counted by the list. Signals that are no messages are not counted.
//
//     policy        one message too many
//     wait          the sender keeps the message, or is taken and the sender waits afterwards
//     refuse        the sender keeps the message, and learns so
//     drop_newest   the message is dropped
//     drop_oldest   the message is taken, and the owner drops the oldest message; dropped at twice the limit
//     end           the first is taken, and the owner ends the process; the next are dropped
//
// A message has a place before the push. The owner appends a message to the list before the message leaves the
// count here, so a sender may see one message twice, and never misses one.
//
// Threads    `moved`, `surplus`, `note_fate`, `is_to_report`: the owner. Everything else: any thread.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/detail/contract.hpp"
#include "coppice/mailbox_limit.hpp"

namespace coppice::mailbox {

/// The fate of one message.
enum class admission : std::uint8_t {
    taken,    ///< The sender pushes the message.
    over,     ///< The same, although the mailbox is full. The sender then waits.
    refused,  ///< The sender keeps the message.
    dropped,  ///< The sender destroys the message.
};

/// Whether the sender of a message takes a refusal, or has no use for the message afterwards.
enum class sender_kind : std::uint8_t { asks, insists };

class bound {
  public:
    explicit bound(const mailbox_limit& chosen) : chosen_{chosen} {
        COPPICE_EXPECTS(chosen.limit > 0 && chosen.high_water <= chosen.limit,
                        "validate the limit of a mailbox");
    }

    const mailbox_limit& chosen() const noexcept { return chosen_; }
    mailbox_policy policy() const noexcept { return chosen_.policy; }

    /// Asks for a place for one message. `listed()` is the size of the message list. After `taken` and `over` the
    /// sender pushes the message, or calls `withdraw`.
    template <class Listed>
    admission admit(Listed listed, sender_kind sender) noexcept {
        // Acquire: pairs with the release in moved(). The list is read after the count, see the head.
        std::uint64_t word = inbound_.load(std::memory_order_acquire);
        for (;;) {
            const std::size_t before = count_in(word) + listed();
            const admission fate =
                before < chosen_.limit ? admission::taken : fate_over_limit(before, sender);
            // A refused message never counts, not even for a moment: a sender that sees the count waits for room.
            if (fate == admission::refused || fate == admission::dropped ||
                // Acquire: pairs with the release in moved(), as above.
                inbound_.compare_exchange_weak(word, word + 1, std::memory_order_acquire,
                                               std::memory_order_acquire)) {
                note(fate);
                return fate;
            }
        }
    }
    /// Whether a message that arrives later is refused now. A refusal counts. False under a policy that drops: the
    /// message is dropped when it arrives.
    bool refuses_one_who_asks(std::size_t listed) noexcept {
        const bool refused = room(listed) == 0 && (policy() == mailbox_policy::wait ||
                                                   policy() == mailbox_policy::refuse);
        if (refused) {
            note(admission::refused);
        }
        return refused;
    }
    /// The push of an admitted message failed: the process has ended.
    void withdraw() noexcept { inbound_.fetch_sub(1, std::memory_order_relaxed); }

    /// The messages that wait, with `listed` of them in the message list.
    std::size_t waiting(std::size_t listed) const noexcept {
        return count_in(inbound_.load(std::memory_order_relaxed)) + listed;
    }
    /// The number of messages that fit.
    std::size_t room(std::size_t listed) const noexcept {
        return chosen_.limit - std::min(chosen_.limit, waiting(listed));
    }
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
    /// Whether the process has to end.
    bool has_overflowed() const noexcept { return overflowed_.load(std::memory_order_relaxed); }

    /// A counted message is in the message list now.
    void moved() noexcept {
        // Release: pairs with the acquires in admit().
        inbound_.fetch_add(one_move - 1, std::memory_order_release);
    }
    /// The number of the oldest messages to be dropped from a list of this size. Messages that may not be dropped
    /// are looked for once.
    std::size_t surplus(std::size_t listed) noexcept {
        const std::size_t over = policy() == mailbox_policy::drop_oldest && listed > chosen_.limit
                                     ? listed - chosen_.limit
                                     : 0;
        undroppable_ = std::min(undroppable_, over);
        return over - undroppable_;
    }
    /// Of a surplus, `lost` messages were dropped, and `left` found none to be dropped.
    void note_fate(std::size_t lost, std::size_t left) noexcept {
        dropped_.fetch_add(lost, std::memory_order_relaxed);
        undroppable_ += left;
    }
    /// Whether the owner has to report high water now: once when the mark is reached, and again only after the
    /// number has fallen to half of the mark.
    bool is_to_report(std::size_t listed) noexcept {
        const std::size_t now = waiting(listed);
        if (chosen_.high_water != 0 && now >= chosen_.high_water) {
            return !std::exchange(is_high_, true);
        }
        is_high_ = is_high_ && now > chosen_.high_water / 2;
        return false;
    }

  private:
    static constexpr std::uint64_t one_move = std::uint64_t{1} << 32U;
    static constexpr std::size_t count_in(std::uint64_t word) noexcept { return word % one_move; }

    admission fate_over_limit(std::size_t before, sender_kind sender) const noexcept {
        switch (policy()) {
            case mailbox_policy::wait:
                return sender == sender_kind::insists ? admission::over : admission::refused;
            case mailbox_policy::refuse:
                return admission::refused;
            case mailbox_policy::drop_oldest:
                return before - chosen_.limit < chosen_.limit ? admission::taken
                                                              : admission::dropped;
            case mailbox_policy::end:
                return has_overflowed() ? admission::dropped : admission::over;
            case mailbox_policy::drop_newest:
                break;
        }
        return admission::dropped;
    }
    void note(admission fate) noexcept {
        if (fate == admission::dropped) {
            dropped_.fetch_add(1, std::memory_order_relaxed);
        } else if (fate == admission::refused && policy() == mailbox_policy::refuse) {
            refused_.fetch_add(1, std::memory_order_relaxed);
        } else if (fate == admission::over && policy() == mailbox_policy::end) {
            overflowed_.store(true, std::memory_order_relaxed);
        }
    }

    const mailbox_limit chosen_;
    bool is_high_ = false;         ///< The owner's.
    std::size_t undroppable_ = 0;  ///< The owner's.
    std::atomic<bool> overflowed_{false};
    /// The number of messages in the inbox, and above it the number of moves: so no move goes unnoticed.
    std::atomic<std::uint64_t> inbound_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace coppice::mailbox
