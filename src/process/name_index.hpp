// SPDX-License-Identifier: Apache-2.0
// Names and who has them, found without a lock.
//
// A look-up reads the table while it may be changed, and asks afterwards whether it was: `version_`
// is odd during a change and different after it. So that this is sound
//   - everything that is read is atomic, and lies in memory that stays memory: records in
//     `lasting_words`, and tables that have become too small are kept;
//   - what is changed is stored with release and read with acquire: who has read something of a
//     change sees its version, or a later one, when it asks.
// A look-up that is disturbed again and again takes the lock of those who change.
//
// Threads    find: any. Everything else: who holds `mutex`.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "coppice/pid.hpp"
#include "process/lasting_words.hpp"
#include "process/name_key.hpp"
#include "process/name_record.hpp"

namespace coppice::detail {

class alignas(64) name_index {
  public:
    /// The empty pid if nobody has it.
    pid find(const name_key& name) const noexcept;

    /// None if nobody has it.
    name_record record_of(const name_key& name) const noexcept;
    /// Precondition: nobody has it.
    name_record insert(const name_key& name, const pid& who);
    /// Precondition: it is in here, with a name of that hash.
    void erase(const name_record& gone, std::uint64_t hash) noexcept;
    void list(std::vector<std::string>& out) const;

    mutable std::mutex mutex;

  private:
    struct cell {
        std::atomic<std::uint64_t> hash;
        std::atomic<lasting_word*> record;  ///< Null: the cell is free.
    };
    /// A hash table in which a name is in the first free cell from its home on.
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
    static void put(const table& into, std::uint64_t hash, lasting_word* record) noexcept;

    std::atomic<std::uint64_t> version_{0};
    std::atomic<const table*> table_{nullptr};
    std::size_t count_ = 0;
    std::vector<std::unique_ptr<const table>> tables_;  ///< The last one is in use.
    lasting_words words_;
};

}  // namespace coppice::detail
