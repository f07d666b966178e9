// SPDX-License-Identifier: Apache-2.0
// One accepted connection for cpp-httplib, with two additional bounds: on the bytes of all headers together,
// and on the time of a whole request.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

#include <httplib.h>

namespace coppice::dashboard {

struct connection_limits {
    std::size_t header_bytes_max = std::size_t{32} * 1024;
    std::size_t body_bytes_max = std::size_t{1024} * 1024;
    std::chrono::milliseconds request_time_max{10'000};
    std::chrono::milliseconds write_time_max{5'000};  ///< Without progress.
};

/// Owns the descriptor. Used by one thread.
class connection final : public httplib::Stream {
  public:
    connection(socket_t accepted, const connection_limits& limits,
               const std::atomic<bool>& stopping);
    /// Lets the peer read the answer before the connection drops further bytes.
    ~connection() override;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// From here on a body may be read.
    void headers_are_read() noexcept { left_ += limits_.body_bytes_max; }

    bool is_readable() const override;
    bool is_writable() const override;
    ssize_t read(char* to, std::size_t size) override;
    ssize_t write(const char* from, std::size_t size) override;
    using Stream::write;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    /// cpp-httplib only checks that select() could take the descriptor, although select() is never called. 0
    /// passes the check; 1024 or more would fail.
    socket_t socket() const override { return 0; }

  private:
    using clock = std::chrono::steady_clock;
    bool wait_for(short what, clock::time_point until) const;
    bool fill();
    void linger() noexcept;

    socket_t socket_;
    const connection_limits& limits_;
    const std::atomic<bool>& stopping_;
    clock::time_point request_ends_;
    /// How many bytes may still be read.
    std::size_t left_;
    std::array<char, 4096> buffer_{};
    std::size_t next_ = 0;
    std::size_t end_ = 0;
};

}  // namespace coppice::dashboard
