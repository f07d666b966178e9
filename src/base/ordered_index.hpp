// SPDX-License-Identifier: Apache-2.0
// A small map whose iteration order depends only on the operations applied to the map, so that a
// simulated run repeats exactly. Up to `linear_max` entries a search is linear; above that, a hash
// table (`position_table`) finds entries.
//
// Cost       An empty map is one null pointer: most maps of most processes are empty. Otherwise
//            entries and hash table share one block, taken from the pool while the map is small.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/position_table.hpp"
#include "coppice/detail/pool.hpp"

namespace coppice::base {

template <class Key, class Value>
class ordered_index {
  public:
    struct entry {
        Key key;
        Value value;
    };

    ordered_index() noexcept = default;
    ordered_index(ordered_index&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    ordered_index& operator=(ordered_index&& other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~ordered_index() {
        std::destroy_n(entries(), size());
        free_block();
    }

    bool empty() const noexcept { return block_ == nullptr; }
    std::size_t size() const noexcept { return empty() ? 0 : block_->size; }
    entry* begin() noexcept { return entries(); }
    entry* end() noexcept { return entries() + size(); }
    const entry* begin() const noexcept { return entries(); }
    const entry* end() const noexcept { return entries() + size(); }

    Value* find(const Key& key) noexcept {
        const std::size_t at = position(key);
        return at == npos ? nullptr : &entries()[at].value;
    }
    const Value* find(const Key& key) const noexcept {
        const std::size_t at = position(key);
        return at == npos ? nullptr : &entries()[at].value;
    }
    bool contains(const Key& key) const noexcept { return position(key) != npos; }

    /// False, without effect, if the key is already present.
    bool insert(const Key& key, Value value) {
        if (empty()) {  // the usual case
            block_ = new (detail::pool_allocate_of(bytes_of_one, class_of_one)) header{0, 1};
            new (entries()) entry{key, std::move(value)};
            block_->size = 1;
            return true;
        }
        return insert_into_several(key, std::move(value));
    }

    bool erase(const Key& key) {
        if (size() == 1) {  // the usual case
            if (entries()->key != key) {
                return false;
            }
            erase_only();
            return true;
        }
        const std::size_t at = position(key);
        if (at == npos) {
            return false;
        }
        erase_at(at);
        return true;
    }

    /// Erases the entry and returns the value.
    std::optional<Value> take(const Key& key) {
        const std::size_t at = position(key);
        if (at == npos) {
            return std::nullopt;
        }
        std::optional<Value> taken{std::move(entries()[at].value)};
        erase_at(at);
        return taken;
    }

  private:
    static constexpr std::size_t linear_max = 16;
    static constexpr std::size_t npos = SIZE_MAX;

    struct alignas(std::max(alignof(entry), alignof(std::uint64_t))) header {
        std::uint32_t size;
        std::uint32_t capacity;
    };
    static_assert(alignof(header) <= alignof(std::max_align_t), "as much as the pool aligns");
    static_assert(alignof(entry) >= alignof(std::uint32_t), "the table comes behind the entries");

    // Constants: the memory of the usual map is of a known class.
    static constexpr std::size_t bytes_of_one = sizeof(header) + sizeof(entry);
    static constexpr std::size_t class_of_one = detail::pool_class_of(bytes_of_one);
    static_assert(detail::is_pooled(bytes_of_one));

    std::size_t capacity() const noexcept { return empty() ? 0 : block_->capacity; }
    bool is_hashed() const noexcept { return capacity() > linear_max; }
    /// Number of hash cells; at least half of the cells stay free.
    static std::size_t cells_of(std::size_t capacity) noexcept {
        return capacity > linear_max ? 2 * capacity : 0;
    }
    static std::size_t bytes_of(std::size_t capacity) noexcept {
        return sizeof(header) + capacity * sizeof(entry) +
               cells_of(capacity) * sizeof(std::uint32_t);
    }

    entry* entries() const noexcept {
        return empty() ? nullptr : reinterpret_cast<entry*>(block_ + 1);
    }
    position_table<Key> table() const noexcept {
        auto* cells = reinterpret_cast<std::uint32_t*>(entries() + capacity());
        return position_table<Key>{{cells, cells_of(capacity())}};
    }
    auto key_at() const noexcept {
        return [all = entries()](std::size_t at) -> const Key& { return all[at].key; };
    }

    std::size_t position(const Key& key) const noexcept {
        if (is_hashed()) {
            return table().find(key, key_at());
        }
        for (std::size_t at = 0; at < size(); ++at) {
            if (entries()[at].key == key) {
                return at;
            }
        }
        return npos;
    }

    // The usual cases are functions of their own, and save no registers.
    [[gnu::noinline]] bool insert_into_several(const Key& key, Value value) {
        if (contains(key)) {
            return false;
        }
        if (size() == capacity()) {
            grow();
        }
        if (is_hashed()) {
            table().put(key, size(), key_at());
        }
        new (end()) entry{key, std::move(value)};
        ++block_->size;
        return true;
    }

    /// Precondition: the size is 1.
    void erase_only() noexcept {
        header* const freed = std::exchange(block_, nullptr);
        std::destroy_at(reinterpret_cast<entry*>(freed + 1));
        free(freed);
    }

    [[gnu::noinline]] void erase_at(std::size_t at) {
        const std::size_t last = size() - 1;
        if (last == 0) {
            return erase_only();
        }
        if (is_hashed()) {
            table().erase(entries()[at].key, key_at());
            if (at != last) {
                table().put(entries()[last].key, at, key_at());
            }
        }
        if (at != last) {
            entries()[at] = std::move(entries()[last]);
        }
        std::destroy_at(entries() + last);
        block_->size = static_cast<std::uint32_t>(last);
    }

    void grow() {
        ordered_index larger;
        larger.allocate(2 * capacity());
        std::uninitialized_move(begin(), end(), larger.begin());
        larger.block_->size = static_cast<std::uint32_t>(size());
        larger.fill_table();
        std::swap(block_, larger.block_);
    }

    void allocate(std::size_t capacity) {
        if (capacity > UINT32_MAX / 2) {
            throw std::length_error{"an ordered_index of more than 2^31 entries"};
        }
        block_ = new (detail::pool_allocate(bytes_of(capacity)))
            header{0, static_cast<std::uint32_t>(capacity)};
    }

    void fill_table() noexcept {
        if (!is_hashed()) {
            return;
        }
        std::uninitialized_fill_n(reinterpret_cast<std::uint32_t*>(entries() + capacity()),
                                  cells_of(capacity()), position_table<Key>::none);
        for (std::size_t at = 0; at < size(); ++at) {
            table().put(entries()[at].key, at, key_at());
        }
    }

    void free_block() noexcept {
        if (header* const freed = std::exchange(block_, nullptr); freed != nullptr) {
            free(freed);
        }
    }

    static void free(header* freed) noexcept {
        if (freed->capacity == 1) [[likely]] {
            detail::pool_free_of(freed, bytes_of_one, class_of_one);
        } else {
            detail::pool_free(freed, bytes_of(freed->capacity));
        }
    }

    header* block_ = nullptr;  ///< Null if there are no entries.
};

}  // namespace coppice::base
