// SPDX-License-Identifier: Apache-2.0
// Local names, both ways. Sharded, so that a look-up contends only with changes to names of its
// shard.
//
// Locks are taken in one order: the holder's shard, then the name's.

#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coppice/pid.hpp"

namespace coppice::detail {

class name_table {
  public:
    enum class result : unsigned char { ok, name_taken, already_named };

    pid find(std::string_view name) const;
    /// Empty if the process has no name.
    std::string name_of(const pid& who) const;
    result give(std::string_view name, const pid& who);
    /// Who had the name; empty if nobody.
    pid take(std::string_view name);
    /// The name that `who` had; empty if none.
    std::string take_from(const pid& who);
    std::vector<std::string> all() const;

  private:
    struct name_shard {
        mutable std::shared_mutex mutex;
        std::map<std::string, pid, std::less<>> names;
    };
    struct holder_shard {
        mutable std::shared_mutex mutex;
        std::unordered_map<pid, std::string> holders;
    };
    static constexpr std::size_t shard_count = 16;

    static std::size_t shard_of(std::string_view name) {
        return std::hash<std::string_view>{}(name) % shard_count;
    }
    static std::size_t shard_of(const pid& who) { return who.index() % shard_count; }

    std::array<name_shard, shard_count> names_;
    std::array<holder_shard, shard_count> holders_;
};

}  // namespace coppice::detail
