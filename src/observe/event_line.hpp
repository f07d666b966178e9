// SPDX-License-Identifier: Apache-2.0
// An event as a line of text, in a buffer of fixed size. So a program can write the line while it aborts.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "coppice/events.hpp"

namespace coppice::observe {

struct event_words {
    std::chrono::system_clock::time_point time;
    events::kind what = events::kind::start;
    pid process;
    pid supervisor;
    std::string_view name;
    std::string_view child;
    std::string_view reason;
    std::string_view text;
};

/// No line ending. Control characters become '?', and text beyond the buffer is cut.
class event_line {
  public:
    explicit event_line(const event_words& shown) noexcept;
    std::string_view text() const noexcept { return {text_.data(), used_}; }

  private:
    void add(char c) noexcept;
    void add(std::string_view text) noexcept;
    void add_number(std::uint64_t value, int digits) noexcept;
    void add_time(std::chrono::system_clock::time_point time) noexcept;
    void add(const pid& who) noexcept;
    void add_part(std::string_view before, std::string_view text) noexcept;

    std::array<char, 384> text_{};
    std::size_t used_ = 0;
};

}  // namespace coppice::observe
