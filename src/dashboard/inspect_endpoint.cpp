// SPDX-License-Identifier: Apache-2.0

#include "dashboard/inspect_endpoint.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dashboard/read_json.hpp"

namespace coppice::dashboard {
namespace {

constexpr const char* client_name = "coppice dashboard";

bool is_of_this_os_process(const inspect::client& each) {
    const auto greeting = read_json(each.greeting());
    return greeting && greeting->is_object() && greeting->value("os_pid", 0) == ::getpid();
}

/// Asks the OS for the owner of the socket. A greeting would wait if another program hangs.
bool listens_here(const std::string& path) {
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return false;
    }
    path.copy(address.sun_path, path.size());
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return false;
    }
    ::ucred listener{};
    ::socklen_t size = sizeof listener;
    const bool is_known =
        ::connect(made, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0 &&
        ::getsockopt(made, SOL_SOCKET, SO_PEERCRED, &listener, &size) == 0;
    ::close(made);
    return is_known && listener.pid == ::getpid();
}

/// Tries all sockets, since a second program with the same name has a socket with another name.
std::shared_ptr<inspect::client> connect_to_this_program() {
    for (const auto& each : inspect::programs()) {
        if (!listens_here(each.socket)) {
            continue;
        }
        try {
            auto found = std::make_shared<inspect::client>(
                inspect::client::connect(each.socket, client_name));
            if (is_of_this_os_process(*found)) {
                return found;
            }
        } catch (const inspect::error&) {
            // The program has just ended, or does not answer; so it is another program.
            continue;
        }
    }
    throw inspect::error{0,
                         "this program has no inspect endpoint: start coppice::inspect's child "
                         "before the dashboard's"};
}

}  // namespace

std::shared_ptr<inspect::client> endpoint::connect() const {
    return program_.empty()
               ? connect_to_this_program()
               : std::make_shared<inspect::client>(inspect::client::connect(program_, client_name));
}

std::shared_ptr<inspect::client> endpoint::shared() {
    const auto get = [this]() -> std::shared_ptr<inspect::client> {
        if (closed_) {
            throw inspect::error{0, "the dashboard stops"};
        }
        return shared_ != nullptr && shared_->is_open() ? shared_ : nullptr;
    };
    {
        const std::scoped_lock lock{mutex_};
        if (auto open = get()) {
            return open;
        }
    }
    auto made =
        // Without the lock: a hanging program takes seconds, and close() needs the lock.
        connect();
    const std::scoped_lock lock{mutex_};
    if (auto open = get()) {
        return open;
    }
    shared_ = made;
    return made;
}

void endpoint::close() noexcept {
    const std::scoped_lock lock{mutex_};
    closed_ = true;
    if (shared_ != nullptr) {
        shared_->close();
    }
}

}  // namespace coppice::dashboard
