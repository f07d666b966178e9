// SPDX-License-Identifier: Apache-2.0
// Unprocessed bytes of a client. Bounded: the caller reads more only when no whole line is left, and bytes
// beyond the length of a line are dropped.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/limits.hpp"

namespace chat {

class input {
  public:
    struct line {
        std::string text;
        bool is_too_long = false;
    };

    void add(std::string_view bytes) {
        unread_.erase(0, begin_);
        begin_ = 0;
        unread_ += bytes;
        if (!has_line()) {
            drop_excess();
        }
    }
    bool has_line() const { return unread_.find('\n', begin_) != std::string::npos; }

    /// The next line, without its "\n" or "\r\n".
    std::optional<line> next() {
        const std::size_t end = unread_.find('\n', begin_);
        if (end == std::string::npos) {
            return {};
        }
        line out{unread_.substr(begin_, end - begin_), was_too_long_};
        begin_ = end + 1;
        was_too_long_ = false;
        if (out.text.ends_with('\r')) {
            out.text.pop_back();
        }
        out.is_too_long = out.is_too_long || out.text.size() > line_length_max;
        return out;
    }

  private:
    /// One byte more than a line, since the last may be the '\r' of the line ending.
    void drop_excess() {
        if (unread_.size() > line_length_max + 1) {
            unread_.clear();
            was_too_long_ = true;
        }
    }

    std::string unread_;
    std::size_t begin_ = 0;
    bool was_too_long_ = false;
};

}  // namespace chat
