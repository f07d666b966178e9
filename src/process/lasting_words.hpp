// SPDX-License-Identifier: Apache-2.0
// Memory that is used again but not given back while it lives: who reads it too late reads something
// else, and never what is no memory any more. That it was too late it has to find out by itself.
//
// Threads    Reading words: any. Taking them and giving them back: one at a time.

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

namespace coppice::detail {

using lasting_word = std::atomic<std::uint64_t>;

class lasting_words {
  public:
    /// At least `count` words, with anything in them.
    lasting_word* take(std::size_t count) {
        const std::size_t size = std::bit_ceil(count);
        lasting_word*& first = free_[class_of(size)];
        if (first == nullptr) {
            return cut(size);
        }
        lasting_word* const taken = first;
        first = reinterpret_cast<lasting_word*>(taken->load(std::memory_order_relaxed));
        return taken;
    }

    /// `count` as it was when they were taken.
    void give_back(lasting_word* block, std::size_t count) noexcept {
        lasting_word*& first = free_[class_of(std::bit_ceil(count))];
        // Release: who reads this has to see that the block was in use no more.
        block->store(reinterpret_cast<std::uint64_t>(first), std::memory_order_release);
        first = block;
    }

  private:
    static constexpr std::size_t chunk_words = 512;

    static std::size_t class_of(std::size_t power_of_two) noexcept {
        return static_cast<std::size_t>(std::countr_zero(power_of_two));
    }

    lasting_word* cut(std::size_t size) {
        if (uncut_words_ < size) {
            const std::size_t added = std::max(size, chunk_words);
            chunks_.push_back(std::make_unique<lasting_word[]>(added));
            uncut_ = chunks_.back().get();
            uncut_words_ = added;
        }
        uncut_words_ -= size;
        return std::exchange(uncut_, uncut_ + size);
    }

    std::array<lasting_word*, 64> free_{};  ///< Chained through the first word of each block.
    std::vector<std::unique_ptr<lasting_word[]>> chunks_;
    lasting_word* uncut_ = nullptr;  ///< What is left of the last chunk.
    std::size_t uncut_words_ = 0;
};

}  // namespace coppice::detail
