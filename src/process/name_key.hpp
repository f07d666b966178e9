// SPDX-License-Identifier: Apache-2.0
// A name as the table of names looks for it: its bytes eight at a time, and a hash of them.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace coppice::detail {

class name_key {
  public:
    explicit name_key(std::string_view name) noexcept : name_{name}, last_{last_word()} {
        hash_ = name.size();
        for (std::size_t at = 0; at < word_count(); ++at) {
            hash_ = stirred(hash_ ^ word(at));
        }
        hash_ = stirred(hash_);
    }

    static constexpr std::size_t words_for(std::size_t bytes) noexcept { return (bytes + 7) / 8; }

    std::size_t size() const noexcept { return name_.size(); }
    std::uint64_t hash() const noexcept { return hash_; }
    std::size_t word_count() const noexcept { return words_for(name_.size()); }
    /// The first byte is the lowest; behind the last one are zeros.
    std::uint64_t word(std::size_t at) const noexcept {
        return at < name_.size() / 8 ? eight_bytes(name_.data() + 8 * at) : last_;
    }

  private:
    static std::uint64_t eight_bytes(const char* from) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, from, 8);
        return std::endian::native == std::endian::little ? word : std::byteswap(word);
    }

    /// What is left behind the words that are full.
    std::uint64_t last_word() const noexcept {
        const std::size_t left = name_.size() % 8;
        const char* const end = name_.data() + name_.size();
        if (left == 0) {
            return 0;
        }
        if (name_.size() > 8) {
            return eight_bytes(end - 8) >> (64 - 8 * left);
        }
        std::uint64_t word = 0;
        for (std::size_t i = left; i > 0; --i) {
            word = word << 8U | static_cast<unsigned char>(name_[i - 1]);
        }
        return word;
    }

    static std::uint64_t stirred(std::uint64_t mixed) noexcept {
        mixed *= 0x9E3779B97F4A7C15ULL;  // carries upwards,
        return mixed ^ (mixed >> 32U);   // and this brings it down again
    }

    std::string_view name_;
    std::uint64_t last_;
    std::uint64_t hash_ = 0;
};

}  // namespace coppice::detail
