// SPDX-License-Identifier: Apache-2.0
// The processes of the partitions, where any process finds them.
//
// Threads    Any.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "coppice/pid.hpp"
#include "platform/guarded.hpp"

namespace coppice::supervise {

/// The partitions of one supervisor. Written by the supervisor, and the count by `resize`.
class partition_table {
  public:
    partition_table(std::uint32_t node, std::size_t partitions)
        : node_{node}, count_{partitions}, processes_(partitions) {}

    std::size_t most() const noexcept { return processes_.size(); }
    std::size_t count() const noexcept {
        return count_.load(std::memory_order_acquire);  // pairs with set_count()
    }
    // Release: pairs with the acquire in count().
    void set_count(std::size_t count) noexcept { count_.store(count, std::memory_order_release); }

    /// Precondition of both: the partition is less than `most()`.
    void set(std::size_t partition, const pid& process) noexcept {
        // Release: pairs with the acquire in process_of().
        processes_[partition].store(packed(process), std::memory_order_release);
    }
    pid process_of(std::size_t partition) const noexcept {
        const std::uint64_t word =
            processes_[partition].load(std::memory_order_acquire);  // pairs with set()
        return word == 0 ? pid{}
                         : pid{node_, static_cast<std::uint32_t>(word),
                               static_cast<std::uint32_t>(word >> 32U)};
    }

  private:
    /// 0 for the empty pid: the generation of a process is never 0.
    static std::uint64_t packed(const pid& process) noexcept {
        return process ? (std::uint64_t{process.generation()} << 32U) | process.index() : 0;
    }

    const std::uint32_t node_;  ///< All children run in the runtime of the supervisor.
    std::atomic<std::size_t> count_;
    std::vector<std::atomic<std::uint64_t>> processes_;
};

/// The tables of a runtime.
class partition_tables {
  public:
    /// `is_alive(pid)` tells which supervisors are alive: the tables of the others are dropped.
    template <class IsAlive>
    void add(const pid& supervisor, std::shared_ptr<partition_table> table, IsAlive is_alive) {
        const platform::scoped_lock lock{mutex_};
        std::erase_if(held_, [&](const auto& each) { return !is_alive(each.first); });
        held_.emplace_back(supervisor, std::move(table));
        std::ranges::sort(held_, {}, &entry::first);
    }
    /// Null if there is none.
    std::shared_ptr<partition_table> find(const pid& supervisor) const {
        const platform::scoped_lock lock{mutex_};
        const auto found = std::ranges::lower_bound(held_, supervisor, {}, &entry::first);
        return found != held_.end() && found->first == supervisor ? found->second : nullptr;
    }

  private:
    using entry = std::pair<pid, std::shared_ptr<partition_table>>;
    mutable platform::mutex mutex_;
    std::vector<entry> held_ COPPICE_GUARDED_BY(mutex_);  ///< Sorted by supervisor.
};

}  // namespace coppice::supervise
