// SPDX-License-Identifier: Apache-2.0
// Output for a client. A line that does not fit the buffer of the socket waits for room. Lines that arrive
// meanwhile are skipped and counted. A long answer leaves in parts, each when there is room.

#pragma once

#include <coppice/net.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "chat/room.hpp"

namespace chat {

class output {
  public:
    explicit output(coppice::net::socket socket) : socket_{std::move(socket)} {}

    /// Complete lines.
    void print(std::string_view lines) {
        if (is_over_) {
            return;
        }
        if (is_full_) {
            ++skipped_;
        } else if (!write(lines)) {
            answer(std::make_shared<const std::string>(lines));
        }
    }
    /// Appends to an answer in progress.
    void answer(shared_text text) {
        answer_ = is_answering()
                      ? std::make_shared<const std::string>(answer_->substr(answered_) + *text)
                      : std::move(text);
        answered_ = 0;
        go_on();
    }
    /// Called when the socket has room again.
    void on_writable() {
        is_full_ = false;
        go_on();
        if (is_full_) {
            return;
        }
        if (const std::size_t skipped = std::exchange(skipped_, 0); skipped != 0) {
            print("* " + std::to_string(skipped) +
                  " lines were skipped: your connection reads too slowly\n");
        }
    }

    /// True while output waits for room; the caller must not answer meanwhile.
    bool is_full() const noexcept { return is_full_; }
    bool is_answering() const noexcept { return answer_ != nullptr; }
    /// The client is gone.
    bool is_over() const noexcept { return is_over_; }

  private:
    bool write(std::string_view bytes) {
        const auto written = socket_.write(bytes);
        if (!written && written.error() == coppice::net::write_error::full) {
            is_full_ = true;
        } else if (!written) {
            is_over_ = true;
        }
        return static_cast<bool>(written);
    }
    void go_on() {
        constexpr std::size_t part_max = 16384;
        while (answer_ != nullptr && !is_full_ && !is_over_) {
            std::string_view part = std::string_view{*answer_}.substr(answered_, part_max);
            if (part.size() == part_max) {
                // Cut at the end of a line: other messages may go in between.
                const std::size_t end = part.rfind('\n');
                part = part.substr(0, end == std::string_view::npos ? part_max : end + 1);
            }
            if (part.empty()) {
                answer_.reset();
            } else if (write(part)) {
                answered_ += part.size();
            }
        }
    }

    coppice::net::socket socket_;
    shared_text answer_;
    std::size_t answered_ = 0;
    std::size_t skipped_ = 0;
    bool is_full_ = false;
    bool is_over_ = false;
};

}  // namespace chat
