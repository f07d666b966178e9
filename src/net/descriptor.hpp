// SPDX-License-Identifier: Apache-2.0
// The only access to the file descriptor of a socket in this layer. The opening call also sets close-on-exec
// and non-blocking, so a program started at the same moment does not inherit the descriptor.

#pragma once

#include <utility>

namespace coppice::net::detail {

class descriptor {
  public:
    descriptor() = default;
    descriptor(descriptor&& other) noexcept : file_{std::exchange(other.file_, none)} {}
    descriptor& operator=(descriptor&& other) noexcept {
        reset(std::exchange(other.file_, none));
        return *this;
    }
    ~descriptor() { reset(); }

    /// A stream socket. Empty on failure, with `errno`.
    static descriptor open_stream(int family) noexcept;
    /// The next connection. Empty on failure, with `errno`.
    static descriptor accept_from(int listening) noexcept;
    /// Takes ownership of a descriptor opened by one of the two functions above.
    static descriptor adopt(int file) noexcept { return descriptor{file}; }

    explicit operator bool() const noexcept { return file_ != none; }
    int get() const noexcept { return file_; }
    int release() noexcept { return std::exchange(file_, none); }

  private:
    static constexpr int none = -1;

    explicit descriptor(int file) noexcept : file_{file} {}
    void reset(int file = none) noexcept;

    int file_ = none;
};

}  // namespace coppice::net::detail
