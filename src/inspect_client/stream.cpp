// SPDX-License-Identifier: Apache-2.0

#include "inspect_client/stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace coppice::inspect {
namespace {

int milliseconds_until(stream::clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - stream::clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

bool would_wait(int error) {
    // EWOULDBLOCK is the same number on Linux, and g++ warns if both are compared.
    return error == EAGAIN;
}

}  // namespace

attempt connect_to(const std::string& path) {
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return {-1, ENAMETOOLONG};
    }
    path.copy(address.sun_path, path.size());
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return {-1, errno};
    }
    if (::connect(made, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        ::close(made);
        return {-1, error};
    }
    return {made, 0};
}

stream::~stream() {
    ::close(descriptor_);
}

void stream::close() noexcept {
    ::shutdown(descriptor_, SHUT_RDWR);
}

bool stream::write(std::string_view bytes, clock::time_point deadline) {
    const std::lock_guard only_one{writes_};
    while (!bytes.empty()) {
        const ::ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        ::pollfd room{descriptor_, POLLOUT, 0};
        if (!would_wait(errno) || clock::now() >= deadline ||
            (::poll(&room, 1, milliseconds_until(deadline)) < 0 && errno != EINTR)) {
            close();
            return false;
        }
    }
    return true;
}

/// Waits for bytes and appends them. False at the end of the stream.
bool stream::fill() {
    std::array<char, 16384> part{};
    while (true) {
        const ::ssize_t got = ::recv(descriptor_, part.data(), part.size(), 0);
        if (got > 0) {
            unread_.append(part.data(), static_cast<std::size_t>(got));
            return true;
        }
        if (got == 0 || (errno != EINTR && !would_wait(errno))) {
            return false;
        }
        ::pollfd bytes{descriptor_, POLLIN, 0};
        if (::poll(&bytes, 1, -1) < 0 && errno != EINTR) {
            return false;
        }
    }
}

std::optional<std::string> stream::read_line(std::size_t most) {
    while (true) {
        const std::size_t end = unread_.find('\n', searched_);
        if (end != std::string::npos && end <= most) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            searched_ = 0;
            return line;
        }
        searched_ = unread_.size();
        if (unread_.size() > most || !fill()) {
            return std::nullopt;
        }
    }
}

}  // namespace coppice::inspect
