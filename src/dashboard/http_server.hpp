// SPDX-License-Identifier: Apache-2.0
// The server of cpp-httplib on bounded connections. Each connection serves one request, so
// an idle browser keeps no thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <httplib.h>

#include "dashboard/http_connection.hpp"
#include "dashboard/threads.hpp"

namespace coppice::dashboard {

class http_server final : public httplib::Server {
  public:
    explicit http_server(const connection_limits& limits);
    ~http_server() override;

    /// Binds the address; port 0 picks a free port. Throws `std::system_error` on failure.
    void bind(const std::string& address, std::uint16_t port);
    /// Accepts connections from now on, on at most `threads_max` threads. Call once, after `bind`
    /// and after all handlers are set.
    void start(std::size_t threads_max);
    std::uint16_t port() const noexcept { return port_; }
    bool is_stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }
    /// Joins the threads. Responses in progress are cut off.
    void stop_and_join() noexcept;

  private:
    bool process_and_close_socket(socket_t accepted) override;

    const connection_limits limits_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> has_ended_ = false;
    std::uint16_t port_ = 0;
    // Owned here until the accepting thread takes the queue.
    std::unique_ptr<threads> queue_;
    std::thread accepting_;
};

}  // namespace coppice::dashboard
