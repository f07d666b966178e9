// SPDX-License-Identifier: Apache-2.0

#include "program/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace coppice::application::program {
namespace {

std::string_view variable(const char* name) noexcept {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

std::optional<std::int64_t> number(std::string_view text) noexcept {
    std::int64_t out = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
    return wrong == std::errc{} && end == text.data() + text.size() ? std::optional{out}
                                                                    : std::nullopt;
}

/// The watchdog of this OS process. Empty if WATCHDOG_PID names another OS process.
std::optional<std::chrono::microseconds> watchdog_of_environment() noexcept {
    const auto whose = variable("WATCHDOG_PID");
    if (!whose.empty() && number(whose) != static_cast<std::int64_t>(::getpid())) {
        return std::nullopt;
    }
    const auto time = number(variable("WATCHDOG_USEC"));
    return time && *time > 0 ? std::optional{std::chrono::microseconds{*time}} : std::nullopt;
}

}  // namespace

service_manager::service_manager() {
    const std::string_view named = variable("NOTIFY_SOCKET");
    const bool is_name = named.size() > 1 && (named[0] == '/' || named[0] == '@');
    if (!is_name || named.size() >= sizeof(sockaddr_un::sun_path)) {
        return;
    }
    address_ = named;
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    watchdog_ = watchdog_of_environment();
}

service_manager::~service_manager() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

void service_manager::tell(std::string_view state) const noexcept {
    if (socket_ < 0) {
        return;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    std::size_t length = offsetof(sockaddr_un, sun_path) + address_.size();
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0';  // its length ends an abstract name, not a zero byte
    } else {
        ++length;
    }
    ::sendto(socket_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length));
}

void service_manager::tell_reload() const noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t time = std::int64_t{now.tv_sec} * million + now.tv_nsec / 1000;
    try {
        tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(time));
    } catch (...) {
        tell("RELOADING=1");
    }
}

}  // namespace coppice::application::program
