// SPDX-License-Identifier: Apache-2.0
// cpp-httplib's server on bounded connections: one request each, so that no idle browser keeps a thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <httplib.h>

#include "dashboard/connection.hpp"
#include "dashboard/threads.hpp"

namespace coppice::dashboard {

class http_server final : public httplib::Server {
  public:
    explicit http_server(const connection_limits& limits);
    ~http_server() override;

    /// Takes the address: port 0 is a free one. Throws std::system_error if it cannot be had.
    void bind(const std::string& address, std::uint16_t port);
    /// Takes connections from now on, on `threads_max` threads at most. Called once, when it is bound and
    /// all handlers are set.
    void start(std::size_t threads_max);
    std::uint16_t port() const noexcept { return port_; }
    bool is_stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }
    /// Joins the threads. What is being sent is broken off.
    void stop_and_join() noexcept;

  private:
    bool process_and_close_socket(socket_t accepted) override;

    const connection_limits limits_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> has_ended_ = false;
    std::uint16_t port_ = 0;
    std::unique_ptr<threads> queue_;  // until the thread that accepts takes it
    std::thread accepting_;
};

}  // namespace coppice::dashboard
