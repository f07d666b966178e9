// SPDX-License-Identifier: Apache-2.0
// Bytes in, lines out. Bounded: after an overlong line, further bytes are dropped.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/protocol.hpp"

namespace coppice::inspect {

class line_buffer {
  public:
    void add(std::string_view bytes) {
        if (is_too_long_) {
            return;
        }
        bytes_.erase(0, begin_);
        looked_at_ -= begin_;
        begin_ = 0;
        bytes_ += bytes;
    }

    /// The next line, without the line ending. Empty without a whole line, and after an overlong line.
    std::optional<std::string> next() {
        const std::size_t end = bytes_.find('\n', looked_at_);
        if (end == std::string::npos) {
            looked_at_ = bytes_.size();
            is_too_long_ = is_too_long_ || bytes_.size() - begin_ > line_max;
            return {};
        }
        if (end - begin_ > line_max) {
            is_too_long_ = true;
            return {};
        }
        std::string line = bytes_.substr(begin_, end - begin_);
        begin_ = looked_at_ = end + 1;
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        return line;
    }
    /// Permanent: the start of the next line is unknown.
    bool is_too_long() const noexcept { return is_too_long_; }

  private:
    std::string bytes_;
    std::size_t begin_ = 0;
    std::size_t looked_at_ = 0;
    bool is_too_long_ = false;
};

}  // namespace coppice::inspect
