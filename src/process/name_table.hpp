// SPDX-License-Identifier: Apache-2.0
// Local names, both ways: from name to process, and from process to name. Sharded, so that a change disturbs
// only look-ups and changes in the same shard.
//
// Threads    Any. `find` takes no lock. Locks are taken in one order: the process's shard, then the name's.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/ordered_index.hpp"
#include "coppice/pid.hpp"
#include "process/name_index.hpp"

namespace coppice::process_layer {

class name_table {
  public:
    enum class result : unsigned char { ok, name_taken, already_named };

    pid find(std::string_view name) const noexcept;
    /// Empty if the process has no name.
    std::string name_of(const pid& who) const;
    result give(std::string_view name, const pid& who);
    /// Returns the process that had the name; empty if there was none.
    pid take(std::string_view name) noexcept;
    /// False if the process had no name.
    bool take_from(const pid& who) noexcept;
    std::vector<std::string> all() const;
    /// The number of processes with a name.
    std::size_t holder_count() const noexcept;

  private:
    /// The hash locates the name: no copy is needed to take the name back.
    struct held_name {
        name_record record;
        std::uint64_t hash;
    };
    struct alignas(64) holder_shard {
        mutable std::mutex mutex;
        base::ordered_index<pid, held_name> index;
    };
    static constexpr std::size_t shard_count = 16;

    static std::size_t shard_of(std::uint64_t hash) noexcept { return hash % shard_count; }
    static std::size_t shard_of(const name_key& name) noexcept { return shard_of(name.hash()); }
    static std::size_t shard_of(const pid& who) noexcept { return who.index() % shard_count; }

    std::array<name_index, shard_count> names_;
    std::array<holder_shard, shard_count> holders_;
};

}  // namespace coppice::process_layer
