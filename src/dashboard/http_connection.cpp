// SPDX-License-Identifier: Apache-2.0

#include "dashboard/http_connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coppice::dashboard {
namespace {

/// The polling interval of a waiting thread for the stop of the server.
constexpr std::chrono::milliseconds stop_check{100};
constexpr std::chrono::milliseconds linger_time_max{250};
constexpr std::size_t linger_bytes_max = std::size_t{1024} * 1024;

}  // namespace

connection::connection(socket_t accepted, const connection_limits& limits,
                       const std::atomic<bool>& stopping)
    : socket_{accepted},
      limits_{limits},
      stopping_{stopping},
      request_ends_{clock::now() + limits.request_time_max},
      left_{limits.header_bytes_max} {
    ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

connection::~connection() {
    linger();
    ::close(socket_);
}

bool connection::wait_for(short what, clock::time_point until) const {
    while (!stopping_.load(std::memory_order_relaxed)) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
        pollfd asked{socket_, what, 0};
        const int ready =
            ::poll(&asked, 1, static_cast<int>(std::clamp(left, {}, stop_check).count()));
        if (ready > 0) {
            return true;
        }
        if ((ready < 0 && errno != EINTR) || left.count() <= 0) {
            return false;
        }
    }
    return false;
}

bool connection::fill() {
    if (left_ == 0 || !wait_for(POLLIN, request_ends_)) {
        return false;
    }
    const ssize_t got = ::recv(socket_, buffer_.data(), std::min(buffer_.size(), left_), 0);
    if (got <= 0) {
        return false;
    }
    next_ = 0;
    end_ = static_cast<std::size_t>(got);
    left_ -= end_;
    return true;
}

bool connection::is_readable() const {
    return next_ < end_ || (left_ > 0 && wait_for(POLLIN, request_ends_));
}

bool connection::is_writable() const {
    return wait_for(POLLOUT, clock::now() + limits_.write_time_max);
}

ssize_t connection::read(char* to, std::size_t size) {
    if (next_ == end_ && !fill()) {
        return -1;
    }
    const std::size_t count = std::min(size, end_ - next_);
    std::memcpy(to, buffer_.data() + next_, count);
    next_ += count;
    return static_cast<ssize_t>(count);
}

ssize_t connection::write(const char* from, std::size_t size) {
    std::size_t sent = 0;
    while (sent < size) {
        if (!wait_for(POLLOUT, clock::now() + limits_.write_time_max)) {
            return -1;
        }
        const ssize_t taken = ::send(socket_, from + sent, size - sent, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN && errno != EINTR) {
            return -1;
        }
        sent += taken > 0 ? static_cast<std::size_t>(taken) : 0;
    }
    return static_cast<ssize_t>(size);
}

/// Unread bytes would make the OS reset the connection, and the peer would lose the answer.
void connection::linger() noexcept {
    ::shutdown(socket_, SHUT_WR);
    const auto until = clock::now() + linger_time_max;
    std::size_t discarded = 0;
    while (discarded < linger_bytes_max && wait_for(POLLIN, until)) {
        const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) {
            return;
        }
        discarded += static_cast<std::size_t>(got);
    }
}

// Unused: no answer depends on addresses.
void connection::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

void connection::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

}  // namespace coppice::dashboard
