// SPDX-License-Identifier: Apache-2.0
// Type-stable memory: blocks are reused, but not freed while the object lives. A late reader may see
// unrelated words, but never faults. The reader has to detect by other means that the block was reused.
//
// Threads    Reading words: any. take, give_back: one thread at a time.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace coppice::process_layer {

using stable_word = std::atomic<std::uint64_t>;

class stable_words {
  public:
    /// At least `count` words, with arbitrary values.
    stable_word* take(std::size_t count) {
        const std::size_t size = std::bit_ceil(count);
        stable_word*& first = free_[class_of(size)];
        if (first == nullptr) {
            return cut(size);
        }
        stable_word* const taken = first;
        first = reinterpret_cast<stable_word*>(taken->load(std::memory_order_relaxed));
        return taken;
    }

    /// `count` is as in the call of `take`.
    void give_back(stable_word* block, std::size_t count) noexcept {
        stable_word*& first = free_[class_of(std::bit_ceil(count))];
        // Release: pairs with name_record::get(). A thread that reads this word sees the writes before
        // the block was given back.
        block->store(reinterpret_cast<std::uint64_t>(first), std::memory_order_release);
        first = block;
    }

  private:
    static constexpr std::size_t chunk_words = 512;

    static std::size_t class_of(std::size_t power_of_two) noexcept {
        return static_cast<std::size_t>(std::countr_zero(power_of_two));
    }

    stable_word* cut(std::size_t size) {
        if (uncut_words_ < size) {
            const std::size_t added = std::max(size, chunk_words);
            chunks_.push_back(std::make_unique<stable_word[]>(added));
            uncut_ = chunks_.back().get();
            uncut_words_ = added;
        }
        uncut_words_ -= size;
        return std::exchange(uncut_, uncut_ + size);
    }

    std::array<stable_word*, 64> free_{};  ///< Chained through the first word of each block.
    std::vector<std::unique_ptr<stable_word[]>> chunks_;
    stable_word* uncut_ = nullptr;  ///< The rest of the last chunk.
    std::size_t uncut_words_ = 0;
};

}  // namespace coppice::process_layer
