// SPDX-License-Identifier: Apache-2.0
// A name as the name index looks for it: the bytes, eight at a time, and a hash of the bytes.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace coppice::process_layer {

class name_key {
  public:
    explicit name_key(std::string_view name) noexcept
        : name_{name}, last_{last_word()}, first_{size() > 8 ? eight_bytes(name.data()) : last_} {
        std::uint64_t mixed = first_ ^ size();
        for (std::size_t at = 1; at + 1 < word_count(); ++at) {
            mixed = mix_bits(mixed) ^ middle_word(at);
        }
        hash_ = mix_bits(mix_bits(mixed) + last_ * odd);
    }

    /// At least one word, so that every name has a first and a last word.
    static constexpr std::size_t words_for(std::size_t bytes) noexcept {
        return bytes <= 8 ? 1 : (bytes + 7) / 8;
    }

    std::size_t size() const noexcept { return name_.size(); }
    std::uint64_t hash() const noexcept { return hash_; }
    std::size_t word_count() const noexcept { return words_for(name_.size()); }

    // The first byte of a word is the lowest. The last word is padded with zeros.
    std::uint64_t first_word() const noexcept { return first_; }
    std::uint64_t final_word() const noexcept { return last_; }
    /// A word between the first and the last.
    std::uint64_t middle_word(std::size_t at) const noexcept {
        return eight_bytes(name_.data() + 8 * at);
    }

  private:
    static constexpr std::uint64_t odd = 0x9E3779B97F4A7C15ULL;

    template <class Word>
    static std::uint64_t bytes_of(const char* from) noexcept {
        Word word = 0;
        std::memcpy(&word, from, sizeof word);
        return std::endian::native == std::endian::little ? word : std::byteswap(word);
    }
    static std::uint64_t eight_bytes(const char* from) noexcept {
        return bytes_of<std::uint64_t>(from);
    }

    /// The last 1 to 8 bytes. Overlapping bytes are equal.
    std::uint64_t last_word() const noexcept {
        const char* const end = name_.data() + name_.size();
        if (name_.size() > 8) {
            return eight_bytes(end - 8) >> (8 * (-name_.size() % 8));
        }
        if (name_.size() >= 4) {
            return bytes_of<std::uint32_t>(name_.data()) | bytes_of<std::uint32_t>(end - 4)
                                                               << (8 * (name_.size() - 4));
        }
        std::uint64_t word = 0;
        for (std::size_t i = name_.size(); i > 0; --i) {
            word = word << 8U | static_cast<unsigned char>(name_[i - 1]);
        }
        return word;
    }

    static std::uint64_t mix_bits(std::uint64_t mixed) noexcept {
        mixed *= odd;                   // carries bits upwards,
        return mixed ^ (mixed >> 32U);  // and the shift brings them down again
    }

    std::string_view name_;
    std::uint64_t last_;
    std::uint64_t first_;
    std::uint64_t hash_ = 0;
};

}  // namespace coppice::process_layer
