// SPDX-License-Identifier: Apache-2.0
// The service manager that has started the program, if one has: systemd's notification protocol, a
// datagram to the Unix socket in NOTIFY_SOCKET. A path, or an abstract name that begins with @.
//
// Threads    Any. Blocking: none; what the socket does not take at once is lost.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::application::program {

class service_manager {
  public:
    /// Reads the environment; what makes no sense there is as if nothing were.
    service_manager();
    ~service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    /// "READY=1". Nobody hears it without a service manager.
    void tell(std::string_view state) const noexcept;
    /// With the time, as systemd wants it.
    void tell_reload() const noexcept;
    /// How often it has to hear WATCHDOG=1, if it has to.
    std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

  private:
    int socket_ = -1;
    std::string address_;
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace coppice::application::program
