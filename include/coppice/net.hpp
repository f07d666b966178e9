// SPDX-License-Identifier: Apache-2.0
// TCP sockets for processes.
//
// One thread does the input and output. What arrives becomes messages to the process that asked for
// it:
//
//     asked with                  answer
//     listener::accept_next()     accepted, or listen_failed
//     socket::read_next()         received, or disconnected
//
// One question, one answer: a process that does not ask is sent nothing, and the peer is slowed
// down by TCP. What a process writes waits in a bounded buffer; a write that does not fit is
// refused, and the process decides what to do with so slow a reader. A socket closes when the last
// handle to it is gone, so it closes with the process that owns it. What was written still leaves,
// and the peer is waited for to close too, but for no longer than `linger_max`.
//
// Threads    Handles may be used on any thread and are values.
// Blocking   None, but `listen`.
// Errors     `listen` throws std::system_error.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "coppice/pid.hpp"
#include "coppice/runtime.hpp"

#pragma GCC visibility push(default)

namespace coppice::net {

namespace detail {
class service_state;
class socket_state;
class listener_state;
}  // namespace detail

class socket;

/// Bytes arrived.
struct received {
    std::string bytes;
};
/// The connection is over: the peer closed it, or it failed.
struct disconnected {
    std::string why;
};

/// How much may wait to be written to one socket.
inline constexpr std::size_t write_buffer_max = std::size_t{256} * 1024;
/// How much one `received` brings at most.
inline constexpr std::size_t read_size_max = 4096;
/// How long a closed socket may wait for its peer to read what was written and to close.
inline constexpr std::chrono::seconds linger_max{3};

class socket {
  public:
    socket() = default;
    explicit socket(std::shared_ptr<detail::socket_state> state) noexcept
        : state_{std::move(state)} {}
    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Sends what arrives next to `to`. One question at a time; the last one counts.
    void read_next(const pid& to) const;
    /// False, and nothing is written, if more than `write_buffer_max` would wait.
    bool write(std::string_view bytes) const;
    /// Closes when everything has been written.
    void close() const;
    /// The peer's address, "127.0.0.1:50312".
    std::string peer() const;

  private:
    std::shared_ptr<detail::socket_state> state_;
};

struct accepted {
    socket connection;
};
struct listen_failed {
    std::string why;
};

class listener {
  public:
    listener() = default;
    explicit listener(std::shared_ptr<detail::listener_state> state) noexcept
        : state_{std::move(state)} {}

    /// Sends the next connection to `to`. One question at a time; the last one counts. While the OS
    /// has no file descriptor or memory to spare, connections wait.
    void accept_next(const pid& to) const;
    std::uint16_t port() const;

  private:
    std::shared_ptr<detail::listener_state> state_;
};

/// The thread that does the input and output for one runtime. It outlives the runtime's processes:
/// make it after the runtime and stop the runtime first.
class service {
  public:
    explicit service(runtime& world);
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    /// Listens on `address`; port 0 takes a free one.
    listener listen(const std::string& address, std::uint16_t port);

  private:
    std::shared_ptr<detail::service_state> state_;
};

}  // namespace coppice::net

#pragma GCC visibility pop
