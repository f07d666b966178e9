// SPDX-License-Identifier: Apache-2.0
// An index from names to processes, read without a lock.
//
// The index is a seqlock. A look-up reads the table while a writer may change the table, and loads `version_`
// before and after: odd during a change, and different after one. The algorithm is sound because
//   - all words that a look-up reads are atomic, in memory that is never freed: records are in
//     `stable_words`, and outgrown tables are kept;
//   - changed words are stored with release and read with acquire: a reader of a changed word also sees the
//     version of the change, or a later one, in the second load.
// After several disturbed attempts a look-up takes the writers' lock.
//
// Threads    find: any. Everything else: the holder of `mutex`.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coppice/pid.hpp"
#include "process/name_key.hpp"
#include "process/name_record.hpp"
#include "process/stable_words.hpp"

namespace coppice::process_layer {

class alignas(64) name_index {
  public:
    /// The empty pid if no process has the name.
    pid find(const name_key& name) const noexcept;

    /// An empty record if no process has the name.
    name_record record_of(const name_key& name) const noexcept;
    /// Precondition: no process has the name. Not checked: the caller has just looked the name up.
    name_record insert(const name_key& name, const pid& who);
    /// Precondition: the index has the record, and `hash` is the hash of the name.
    void erase(const name_record& gone, std::uint64_t hash) noexcept;
    void list(std::vector<std::string>& out) const;

    mutable std::mutex mutex;

  private:
    struct cell {
        std::atomic<std::uint64_t> hash;
        std::atomic<stable_word*> record;  ///< Null: the cell is free.
    };
    /// Open addressing, linear probing: a name is put into the first free cell from the home cell on.
    struct table {
        explicit table(std::size_t size) : mask{size - 1}, cells{std::make_unique<cell[]>(size)} {}
        std::size_t size() const noexcept { return mask + 1; }
        std::size_t home_of(std::uint64_t hash) const noexcept { return (hash >> 8U) & mask; }

        const std::size_t mask;
        const std::unique_ptr<cell[]> cells;
    };
    class change;

    name_record search(const name_key& name) const noexcept;
    void grow();
    static void put(const table& into, std::uint64_t hash, stable_word* record) noexcept;

    std::atomic<std::uint64_t> version_{0};
    std::atomic<const table*> table_{nullptr};
    std::size_t count_ = 0;
    std::vector<std::unique_ptr<const table>> tables_;  ///< The last table is in use.
    stable_words words_;
};

}  // namespace coppice::process_layer
