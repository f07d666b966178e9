// SPDX-License-Identifier: Apache-2.0
// One partition of a registry: a hash table from keys to entries, read without a lock, and for each process the
// list of its entries.
//
// The table has open addressing. A key never moves within an array of cells: a removed key leaves a mark in
// its cell, which a later key may take, and a full array is replaced by a new one. So a reader that starts at the home cell of a key
// cannot miss the key, whatever writers do meanwhile.
//
// Threads    Members marked as reads: any, inside a `registry_reader`. The rest takes the lock.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "coppice/detail/registry_access.hpp"
#include "coppice/pid.hpp"
#include "registry/reading.hpp"

namespace coppice::detail {

class registry_partition {
  public:
    registry_partition() = default;
    registry_partition(const registry_partition&) = delete;
    registry_partition& operator=(const registry_partition&) = delete;
    /// Precondition: no reader is left.
    ~registry_partition();

    /// A read.
    const registry_key* find(const registry_probe& asked) const;
    /// A read. Calls `seen(to, key)` for each key.
    void visit(void* to, void (*seen)(void*, const registry_key&)) const;
    void visit_owner(const pid& who, void* to, void (*seen)(void*, const registry_entry&)) const;

    /// The process that removes the entries of the dead. Empty while the partition is closed.
    pid server() const;
    /// From now on entries are accepted.
    void open(const pid& server);
    /// Removes all entries, unless another process has opened the partition.
    void close(const pid& server) noexcept;

    struct insertion {
        const registry_probe& asked;
        pid server;  ///< As linked to the owner.
        bool is_unique;
        runtime_core& world;
    };
    /// Takes the objects, unless the key is unique and its process lives. Then the answer names that process.
    /// Both pids of the answer are empty if the partition has another server by now.
    registry_grant insert(const insertion& how, std::unique_ptr<registry_key> key,
                          std::unique_ptr<registry_entry> entry);
    /// Removes entries of one process under a key.
    void remove(const registry_probe& asked, const pid& owner, void* context,
                bool (*goes)(void*, const registry_entry&));
    /// Removes all entries of one process.
    void remove_all_of(const pid& owner) noexcept;
    /// Removes the oldest entry of the process under the key. False if there is none.
    bool remove_one(const registry_probe& asked, const pid& owner);
    bool replace(const registry_probe& asked, const pid& owner,
                 std::unique_ptr<registry_entry> entry);
    bool has_owner(const pid& who) const;

  private:
    struct cells : retirable {
        explicit cells(std::size_t size)
            : mask{size - 1}, keys{std::make_unique<std::atomic<registry_key*>[]>(size)} {}
        const std::size_t mask;
        const std::unique_ptr<std::atomic<registry_key*>[]> keys;
    };
    class write;

    /// Whether the cell was free before; else it had a mark.
    static bool put(const cells& into, registry_key* added) noexcept;
    registry_key* find_to_change(const registry_probe& asked) const;
    void make_room();
    void append(registry_key& to, registry_entry& added, registry_entry*& of_owner) noexcept;
    void remove_entry(registry_entry& gone) noexcept;
    void remove_key(registry_key& gone) noexcept;
    void leave_owner(registry_entry& gone) noexcept;

    mutable std::mutex mutex_;
    std::atomic<cells*> cells_{nullptr};
    // Guarded by the mutex.
    std::size_t used_ = 0;  ///< Cells with a key or a mark.
    std::size_t keys_ = 0;
    pid server_;
    std::unordered_map<pid, registry_entry*> owners_;  ///< The newest entry of each process.
    registry_layer::retired_objects retired_;
};

}  // namespace coppice::detail
