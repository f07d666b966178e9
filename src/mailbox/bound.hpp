// SPDX-License-Identifier: Apache-2.0
// The bound of a mailbox: how many messages a process may have waiting, and what happens to one more. The bound
// counts the messages in the inbox, which senders have pushed and the owner has not taken in, and the messages in
// the message list. Signals that are no messages are not counted, and never refused.
//
//     policy     one message too many
//     refuse     the sender keeps the message, and learns so
//     wait       the same; the sender waits, and tries again when there is room
//     newest     the message is dropped
//     oldest     the message is taken, and the owner drops the oldest message
//     end        the message is dropped, and the process ends with `mailbox_full`
//
// A message has a place before the push. So under every policy but `oldest` there are never more messages than
// the limit. Under `oldest` the messages over the limit are in the inbox until the next turn of the owner.
//
// Threads    `surplus`, `left`, `is_to_report`: the owner. Everything else: any thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::mailbox {

enum class overflow : std::uint8_t { refuse, wait, newest, oldest, end };

/// The fate of one message.
enum class admission : std::uint8_t {
    taken,    ///< The sender pushes the message.
    refused,  ///< The sender keeps the message, and may wait.
    dropped,  ///< The sender destroys the message.
    fatal,    ///< The sender destroys the message, and the process ends.
};

class bound {
  public:
    /// Precondition: `limit` is positive, and `high_water` is from 1 to `limit`.
    bound(std::size_t limit, std::size_t high_water, overflow policy)
        : limit_{limit}, high_water_{high_water}, policy_{policy} {
        COPPICE_EXPECTS(high_water > 0 && high_water <= limit, "validate the limit of a mailbox");
    }

    std::size_t limit() const noexcept { return limit_; }
    overflow policy() const noexcept { return policy_; }

    /// Asks for a place for one message. After `taken` the sender pushes the message, or calls `withdraw`.
    admission admit() noexcept {
        // Relaxed: the count guards no memory; the push publishes the message.
        const std::size_t before = waiting_.fetch_add(1, std::memory_order_relaxed);
        if (before < limit_ || policy_ == overflow::oldest) {
            return admission::taken;
        }
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        switch (policy_) {
            case overflow::refuse:
            case overflow::wait:
                return admission::refused;
            case overflow::newest:
                dropped_.fetch_add(1, std::memory_order_relaxed);
                return admission::dropped;
            case overflow::end:
            case overflow::oldest:
                break;
        }
        return admission::fatal;
    }
    /// The push of an admitted message failed: the process has ended.
    void withdraw() noexcept { waiting_.fetch_sub(1, std::memory_order_relaxed); }
    bool is_full() const noexcept { return waiting_.load(std::memory_order_relaxed) >= limit_; }
    std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    /// The messages dropped under `newest` and `oldest`.
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

    /// The owner has taken the inbox into the message list, which now has `listed` messages. The number of the
    /// oldest messages that the owner has to drop.
    std::size_t surplus(std::size_t listed) const noexcept {
        return policy_ == overflow::oldest && listed > limit_ ? listed - limit_ : 0;
    }
    /// `count` messages have left the message list, of which `lost` were dropped as the oldest.
    void left(std::size_t count, std::size_t lost = 0) noexcept {
        waiting_.fetch_sub(count, std::memory_order_relaxed);
        dropped_.fetch_add(lost, std::memory_order_relaxed);
    }
    /// Whether the owner has to report high water now: once when the mark is reached, and again only after the
    /// count has fallen to half of the mark.
    bool is_to_report() noexcept {
        const std::size_t now = waiting();
        if (now >= high_water_) {
            return !std::exchange(is_high_, true);
        }
        is_high_ = is_high_ && now > high_water_ / 2;
        return false;
    }

  private:
    const std::size_t limit_;
    const std::size_t high_water_;
    const overflow policy_;
    bool is_high_ = false;  ///< The owner's.
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace coppice::mailbox
