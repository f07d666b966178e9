// SPDX-License-Identifier: Apache-2.0
// A name and the process with the name, in words that threads may read during a write. Values read during a
// write may be wrong, but there is no data race.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "coppice/pid.hpp"
#include "process/name_key.hpp"
#include "process/stable_words.hpp"

namespace coppice::process_layer {

/// A reference to a record, copied like a pointer.
class name_record {
  public:
    name_record() = default;
    explicit name_record(stable_word* words) noexcept : words_{words} {}

    explicit operator bool() const noexcept { return words_ != nullptr; }
    bool operator==(const name_record&) const = default;
    stable_word* words() const noexcept { return words_; }

    static constexpr std::size_t size_for(std::size_t bytes) noexcept {
        return head_words + name_key::words_for(bytes);
    }

    void write(const name_key& name, const pid& who) noexcept {
        put(0, low_and_high(who.index(), who.generation()));
        put(1, low_and_high(who.node(), static_cast<std::uint32_t>(name.size())));
        put(head_words, name.first_word());
        for (std::size_t at = 1; at + 1 < name.word_count(); ++at) {
            put(head_words + at, name.middle_word(at));
        }
        put(head_words + name.word_count() - 1, name.final_word());
    }

    pid who() const noexcept { return {low(get(1)), low(get(0)), high(get(0))}; }
    std::size_t length() const noexcept { return high(get(1)); }

    /// Whether the record is of `name`. Reads no word outside of the record, even if the words are wrong.
    bool is_of(const name_key& name) const noexcept {
        if (length() != name.size() || get(head_words) != name.first_word() ||
            get(head_words + name.word_count() - 1) != name.final_word()) {
            return false;
        }
        for (std::size_t at = 1; at + 1 < name.word_count(); ++at) {
            if (get(head_words + at) != name.middle_word(at)) {
                return false;
            }
        }
        return true;
    }

    std::string name() const {
        std::string out(length(), '\0');
        for (std::size_t at = 0; at < out.size(); ++at) {
            out[at] = static_cast<char>(get(head_words + at / 8) >> (8 * (at % 8)));
        }
        return out;
    }

  private:
    static constexpr std::size_t head_words = 2;

    static std::uint64_t low_and_high(std::uint32_t low, std::uint32_t high) noexcept {
        return (std::uint64_t{high} << 32U) | low;
    }
    static std::uint32_t low(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word);
    }
    static std::uint32_t high(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> 32U);
    }

    // Release and acquire: put() pairs with get(), see name_index.
    void put(std::size_t at, std::uint64_t word) noexcept {
        words_[at].store(word, std::memory_order_release);
    }
    std::uint64_t get(std::size_t at) const noexcept {
        // Pairs with put().
        return words_[at].load(std::memory_order_acquire);
    }

    stable_word* words_ = nullptr;
};

}  // namespace coppice::process_layer
