// SPDX-License-Identifier: Apache-2.0
// Threads outside of the runtime that wait for an event inside. Each wait has a tag. The event is the end of
// a process, monitored with the tag, or the answer of a process that works for the thread.
//
// When the scheduler threads stop, all waiters are released; later waits return at once.
//
// Threads    Any.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/exit_reason.hpp"
#include "platform/wait_within.hpp"

namespace coppice::detail {

/// An answer is given once, or never.
class outside_answer {
  public:
    void give(std::optional<exit_reason> why) noexcept {
        const std::scoped_lock lock{mutex_};
        if (!std::exchange(given_, true)) {
            why_ = std::move(why);
            changed_.notify_all();
        }
    }
    bool given() const {
        const std::scoped_lock lock{mutex_};
        return given_;
    }
    /// The exit reason, if the wait was for an end and the reason is known.
    std::optional<exit_reason> why() const {
        const std::scoped_lock lock{mutex_};
        return why_;
    }
    /// Whether the answer came in time. The wait also ends once `unless` is true, see `wake_waiters`.
    bool wait(nanoseconds timeout, const std::atomic<bool>& unless) {
        // Acquire: pairs with the releases in runtime_core::request_stop() and
        // orderly_stop::force_stop().
        const auto over = [&] { return given_ || unless.load(std::memory_order_acquire); };
        std::unique_lock lock{mutex_};
        platform::wait_within(changed_, lock, timeout, over);
        return given_;
    }
    /// Makes the waiting thread check the conditions again.
    void wake_waiters() noexcept {
        const std::scoped_lock lock{mutex_};
        changed_.notify_all();
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool given_ = false;
    std::optional<exit_reason> why_;
};

}  // namespace coppice::detail

namespace coppice::process_layer {

class outside_waits {
  public:
    void add(std::uint64_t tag, std::shared_ptr<detail::outside_answer> waiting) {
        const std::scoped_lock lock{mutex_};
        if (closed_) {
            waiting->give({});
        } else {
            waiting_.emplace(tag, std::move(waiting));
        }
    }
    void drop(std::uint64_t tag) noexcept {
        const std::scoped_lock lock{mutex_};
        waiting_.erase(tag);
    }
    void tell(std::uint64_t tag, const exit_reason& why) noexcept {
        const std::scoped_lock lock{mutex_};
        if (const auto found = waiting_.find(tag); found != waiting_.end()) {
            found->second->give(why);
            waiting_.erase(found);
        }
    }
    /// Makes all waiting threads check the conditions again.
    void wake_waiters() noexcept {
        const std::scoped_lock lock{mutex_};
        for (auto& [tag, waiting] : waiting_) {
            waiting->wake_waiters();
        }
    }
    std::size_t size() const noexcept {
        const std::scoped_lock lock{mutex_};
        return waiting_.size();
    }
    void close() noexcept {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
        for (auto& [tag, waiting] : waiting_) {
            waiting->give({});
        }
        waiting_.clear();
    }

  private:
    mutable std::mutex mutex_;
    bool closed_ = false;
    std::unordered_map<std::uint64_t, std::shared_ptr<detail::outside_answer>> waiting_;
};

}  // namespace coppice::process_layer
