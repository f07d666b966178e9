// SPDX-License-Identifier: Apache-2.0
// The link to the service manager that started the program, if there is one. The protocol is systemd's
// notification protocol: datagrams to the Unix socket in NOTIFY_SOCKET. The address is a path, or an abstract
// name that begins with @.
//
// Threads    Any. Blocking: none. A datagram that the socket does not take at once is lost.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::application::program {

class service_manager {
  public:
    /// Reads the environment. Invalid variables are ignored.
    service_manager();
    ~service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    /// `state` is a text such as "READY=1". Does nothing without a service manager.
    void tell(std::string_view state) const noexcept;
    /// Reports a reload, with the current time as systemd requires.
    void tell_reload() const noexcept;
    /// The interval in which the service manager must receive WATCHDOG=1; empty without a watchdog.
    std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

  private:
    int socket_ = -1;
    std::string address_;
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace coppice::application::program
