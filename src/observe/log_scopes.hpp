// SPDX-License-Identifier: Apache-2.0
// The levels and the metadata of the logger in one runtime: of processes, in a table beside the processes, and
// of modules. An entry of a process that has ended stays until a process with metadata or a level takes the slot.
//
// Threads    Any.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/logger.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

/// Whether a process or module of any runtime ever had a level. Until then no line looks levels up.
extern constinit std::atomic<bool> levels_are_set;

class log_scopes {
  public:
    static log_scopes& of(detail::runtime_core& world) {
        return world.extended().get<log_scopes>();
    }

    void set_module_level(std::string_view prefix, std::optional<report_level> level);
    std::optional<report_level> module_level(std::string_view module) const;
    void set_process_level(const pid& who, std::optional<report_level> level);
    std::optional<report_level> process_level(const pid& who) const;
    /// Of the process, else of the module.
    std::optional<report_level> level_of(const pid& who, std::string_view module) const;

    void add_metadata(const pid& who, std::vector<log_field> fields);
    void remove_metadata(const pid& who, std::string_view key);
    void reset_metadata(const pid& who);
    std::vector<log_field> metadata(const pid& who) const;

  private:
    struct entry {
        std::uint32_t generation = 0;
        std::optional<report_level> level;
        std::vector<log_field> fields;
    };
    static constexpr std::size_t shard_count = 64;
    struct alignas(64) shard {
        mutable platform::mutex mutex;
        std::unordered_map<std::uint32_t, entry> entries COPPICE_GUARDED_BY(mutex);
    };

    const shard& shard_of(const pid& who) const noexcept {
        return shards_[who.index() % shard_count];
    }
    /// Calls `change(entry)` with the entry of this life of the slot.
    template <class Change>
    void change(const pid& who, Change change);
    /// `read(entry)`, or an empty result without an entry.
    template <class Read>
    auto look(const pid& who, Read read) const;

    shard shards_[shard_count];
    mutable platform::mutex mutex_;
    /// Longest prefix first.
    std::vector<std::pair<std::string, report_level>> modules_ COPPICE_GUARDED_BY(mutex_);
};

}  // namespace coppice::observe
