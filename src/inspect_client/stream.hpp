// SPDX-License-Identifier: Apache-2.0
// Lines over a Unix socket.

#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::inspect {

/// The result of a connect: a descriptor, or the error of the OS.
struct attempt {
    int descriptor = -1;
    int error = 0;
};
/// Never blocks: a Unix socket accepts or refuses a connection at once.
[[nodiscard]] attempt connect_to(const std::string& path);

class stream {
  public:
    using clock = std::chrono::steady_clock;

    /// Takes ownership of the descriptor.
    explicit stream(int descriptor) noexcept : descriptor_{descriptor} {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream();

    /// Writes all bytes before the deadline. False on failure: a part may have left, and
    /// the stream is closed. Any thread.
    bool write(std::string_view bytes, clock::time_point deadline);
    /// The next line, without its line ending. Empty once the stream is closed or a line is
    /// longer than `most`. One thread.
    std::optional<std::string> read_line(std::size_t most);
    /// Closes both directions and wakes the reader. Any thread.
    void close() noexcept;

  private:
    bool fill();

    int descriptor_;
    std::mutex writes_;
    std::string unread_;
    /// The bytes before this index contain no line ending.
    std::size_t searched_ = 0;
};

}  // namespace coppice::inspect
