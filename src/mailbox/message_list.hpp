// SPDX-License-Identifier: Apache-2.0
// The messages that a process has taken in and not yet received, in mailbox order.
//
// A selective receive leaves unwanted messages in place. `scan` remembers the position, so that
// each message is examined once per receive, however long the list is.
//
// Threads    The owner only, unless noted otherwise.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/contract.hpp"
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
    /// Number of exit messages in the list. A process that stops children asks often, and
    /// exit messages are rare.
    std::size_t exit_messages() const noexcept { return exits_; }
    const detail::signal* first() const noexcept { return head_; }

    void append(node& added) noexcept {
        added.next = nullptr;
        *tail_ = &added;
        tail_ = &added.next;
        size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        if (is_exit(added)) [[unlikely]] {
            ++exits_;
        }
    }

    /// Precondition: not empty.
    node& pop() noexcept {
        COPPICE_EXPECTS(!empty(), "ask empty() before a message is taken");
        return take(&head_);
    }

    void restart_scan() noexcept { scan_ = &head_; }

    /// The first message from the scan position on that `wanted` accepts, taken out; null if there
    /// is none. `wanted` must not be user code, which may re-enter the list.
    template <class Wanted>
    node* scan(Wanted wanted) {
        for (; *scan_ != nullptr; scan_ = &(*scan_)->next) {
            if (wanted(static_cast<node&>(**scan_))) {
                return &unlink(scan_);
            }
        }
        return nullptr;
    }

    // The same scan step by step, for user code: between the steps messages may be appended,
    // and taken by `take_first`.
    /// The message at the scan position; null at the end.
    node* at_scan() const noexcept { return static_cast<node*>(*scan_); }
    // Precondition of both: `at_scan` is not null.
    void skip() noexcept {
        COPPICE_EXPECTS(*scan_ != nullptr, "ask at_scan() before a message is skipped");
        scan_ = &(*scan_)->next;
    }
    node& take_at_scan() noexcept {
        COPPICE_EXPECTS(*scan_ != nullptr, "ask at_scan() before a message is taken");
        return take(scan_);
    }

    /// The first message of the whole list that `wanted` accepts, taken out.
    /// The scan position stays.
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
            node& dropped = pop();
            dropped.type->destroy(&dropped);
        }
    }

  private:
    static bool is_exit(const node& message) noexcept {
        return message.type->role == detail::message_role::exit;
    }

    node& take(detail::signal** link) noexcept {
        if (scan_ == &(*link)->next) {
            scan_ = link;
        }
        return unlink(link);
    }

    /// Precondition: the scan position is not behind the message.
    node& unlink(detail::signal** link) noexcept {
        auto& taken = static_cast<node&>(**link);
        *link = taken.next;
        if (tail_ == &taken.next) {
            tail_ = link;
        }
        size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        if (is_exit(taken)) [[unlikely]] {
            --exits_;
        }
        taken.next = nullptr;
        return taken;
    }

    detail::signal* head_ = nullptr;
    detail::signal** tail_ = &head_;
    detail::signal** scan_ = &head_;
    std::atomic<std::uint32_t> size_{0};  ///< Written by the owner only.
    std::uint32_t exits_ = 0;
};

}  // namespace coppice::mailbox
