// SPDX-License-Identifier: Apache-2.0
// Threads outside that wait for something inside. What they wait for has a number, a tag: the end of
// a process that was monitored with it, or whatever a process of theirs says.
//
// Nobody waits longer than the workers run: then all are let go, and who comes later is not kept.
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

/// Given once, or never.
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
    /// Why the process ended, if that was asked and is known.
    std::optional<exit_reason> why() const {
        const std::scoped_lock lock{mutex_};
        return why_;
    }
    /// Whether it was given in time; nobody waits on once `unless` holds, see `nudge`.
    bool wait(nanoseconds timeout, const std::atomic<bool>& unless) {
        const auto over = [&] { return given_ || unless.load(std::memory_order_acquire); };
        std::unique_lock lock{mutex_};
        platform::wait_within(changed_, lock, timeout, over);
        return given_;
    }
    /// Something that a wait may end for has changed.
    void nudge() noexcept {
        const std::scoped_lock lock{mutex_};
        changed_.notify_all();
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool given_ = false;
    std::optional<exit_reason> why_;
};

class outside_waits {
  public:
    void add(std::uint64_t tag, std::shared_ptr<outside_answer> waiting) {
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
    /// All who wait look again whether they still have to.
    void nudge() noexcept {
        const std::scoped_lock lock{mutex_};
        for (auto& [tag, waiting] : waiting_) {
            waiting->nudge();
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
    std::unordered_map<std::uint64_t, std::shared_ptr<outside_answer>> waiting_;
};

}  // namespace coppice::detail
