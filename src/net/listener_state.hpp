// SPDX-License-Identifier: Apache-2.0
// One listening address. Every member may be called on any thread. The descriptor is used under `mutex_`
// only, so the destructor of a process can free the address at once, on its own thread.

#pragma once

#include <sys/types.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "net/descriptor.hpp"
#include "net/service_state.hpp"
#include "net/socket_address.hpp"

namespace coppice::net::detail {

class socket_state;

/// The file of a Unix socket, removed when the listener closes. A different file at the same path stays.
class socket_file {
  public:
    socket_file() = default;
    /// For a socket that was just bound to `path`.
    explicit socket_file(std::string path);
    void remove() noexcept;

  private:
    std::string path_;
    dev_t device_{};
    ino_t number_{};
};

class listener_state final : public open_resource,
                             public std::enable_shared_from_this<listener_state> {
  public:
    /// Throws `std::system_error` with the address and a remedy.
    static std::shared_ptr<listener_state> listen(const std::shared_ptr<service_state>& service,
                                                  const std::string& host, std::uint16_t port);
    static std::shared_ptr<listener_state> listen(const std::shared_ptr<service_state>& service,
                                                  const std::string& path, unsigned mode);

    listener_state(std::shared_ptr<service_state> service, const address& own);
    ~listener_state() override;

    void accept_next(const pid& to);
    void close();
    void drop_last_handle() noexcept { close_with("the listener is closed"); }
    void abort() noexcept override { close_with("the service has stopped"); }
    /// Keeps a connection that no process has taken for the next requester.
    void take_back(descriptor connected) noexcept;

    std::uint16_t port() const noexcept { return port_; }
    const std::string& address_text() const noexcept { return address_; }
    handle_id id() const noexcept { return id_; }

  private:
    static std::shared_ptr<listener_state> open(const std::shared_ptr<service_state>& service,
                                                descriptor listening, socket_file file);
    void close_with(const char* why) noexcept;
    void wait();
    void on_ready(bool failed);
    void serve_requester();
    descriptor next_connection();
    void retry_later();
    void retry_later_or_fail() noexcept;
    void notify_requester(const pid& requester, const char* why) noexcept;
    void give(const pid& to, descriptor connected);
    void hand_over(const std::shared_ptr<socket_state>& state, const pid& to);

    std::shared_ptr<service_state> service_;
    const handle_id id_;
    const std::uint16_t port_;
    const std::string address_;

    std::mutex mutex_;  ///< Guards all below.
    asio::posix::stream_descriptor file_;
    asio::steady_timer retry_timer_;
    socket_file path_;
    std::deque<descriptor> returned_;
    pid requester_;
    bool waiting_ = false;
};

}  // namespace coppice::net::detail
