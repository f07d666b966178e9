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

/// An attempt to connect: a descriptor, or the OS's error.
struct attempt {
    int descriptor = -1;
    int error = 0;
};
/// Does not wait: a Unix socket takes a connection at once or not at all.
[[nodiscard]] attempt connect_to(const std::string& path);

class stream {
  public:
    using clock = std::chrono::steady_clock;

    /// Owns the descriptor.
    explicit stream(int descriptor) noexcept : descriptor_{descriptor} {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream();

    /// Writes all of it before the deadline. False if not: then a part may have left, and the stream
    /// is closed. Any thread.
    bool write(std::string_view bytes, clock::time_point deadline);
    /// The next line, without its end. Nothing once the stream is closed or a line is longer than
    /// `most`. One thread.
    std::optional<std::string> read_line(std::size_t most);
    /// Both ways; wakes the reader. Any thread.
    void close() noexcept;

  private:
    bool fill();

    int descriptor_;
    std::mutex writes_;
    std::string unread_;
    std::size_t searched_ = 0;  ///< No line ends before.
};

}  // namespace coppice::inspect
