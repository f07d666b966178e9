// SPDX-License-Identifier: Apache-2.0
// The messages that a process has taken in and not yet received, in mailbox order.
//
// A selective receive leaves the messages it does not want where they are; `scan` remembers how far
// it has looked, so that each message is looked at once per receive however long the queue is.
//
// Threads    The owner only, unless said otherwise.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/signal.hpp"

namespace coppice::mailbox {

class message_list {
  public:
    using node = detail::message_node;

    message_list() = default;
    message_list(const message_list&) = delete;
    message_list& operator=(const message_list&) = delete;
    ~message_list() { clear(); }

    bool empty() const noexcept { return head_ == nullptr; }
    /// Any thread.
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    /// How many of them are exit messages: who stops children asks often, and there seldom is one.
    std::size_t exit_messages() const noexcept { return exits_; }
    const detail::signal* first() const noexcept { return head_; }

    void append(node& added) noexcept {
        added.next = nullptr;
        *tail_ = &added;
        tail_ = &added.next;
        size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        exits_ += is_exit(added) ? 1U : 0U;
    }

    /// Precondition: not empty.
    node& pop() noexcept { return take(&head_); }

    void restart_scan() noexcept { scan_ = &head_; }

    /// The first message from the scan on that `wanted` accepts, taken out; null if there is none.
    /// `wanted` is no code of the user's, which may come back here.
    template <class Wanted>
    node* scan(Wanted wanted) {
        for (; *scan_ != nullptr; scan_ = &(*scan_)->next) {
            if (wanted(static_cast<node&>(**scan_))) {
                return &take(scan_);
            }
        }
        return nullptr;
    }

    // The same step by step, for code of the user's: between the steps messages may be added, and
    // taken by `take_first`.
    /// Null at the end.
    node* at_scan() const noexcept { return static_cast<node*>(*scan_); }
    // Precondition of both: `at_scan` is not null.
    void skip() noexcept { scan_ = &(*scan_)->next; }
    node& take_at_scan() noexcept { return take(scan_); }

    /// The first message of all that `wanted` accepts, taken out. A scan goes on where it was.
    template <class Wanted>
    node* take_first(Wanted wanted) {
        for (detail::signal** link = &head_; *link != nullptr; link = &(*link)->next) {
            if (wanted(static_cast<node&>(**link))) {
                return &take(link);
            }
        }
        return nullptr;
    }

    void clear() noexcept {
        while (!empty()) {
            detail::destroy_signal(&pop());
        }
    }

  private:
    static bool is_exit(const node& message) noexcept {
        return message.type->role == detail::message_role::exit;
    }

    node& take(detail::signal** link) noexcept {
        auto& taken = static_cast<node&>(**link);
        *link = taken.next;
        if (tail_ == &taken.next) {
            tail_ = link;
        }
        if (scan_ == &taken.next) {
            scan_ = link;
        }
        size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        exits_ -= is_exit(taken) ? 1U : 0U;
        taken.next = nullptr;
        return taken;
    }

    detail::signal* head_ = nullptr;
    detail::signal** tail_ = &head_;
    detail::signal** scan_ = &head_;
    std::atomic<std::uint32_t> size_{0};  ///< Written by the owner alone.
    std::uint32_t exits_ = 0;
};

}  // namespace coppice::mailbox
