// SPDX-License-Identifier: Apache-2.0

#include "dashboard/http_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "dashboard/threads.hpp"

namespace coppice::dashboard {
namespace {

constexpr std::size_t waiting_max = 64;

/// Replaces the SO_REUSEPORT of cpp-httplib, with which a second server would share the
/// port silently instead of failing.
void set_options(socket_t made) {
    const int yes = 1;
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

http_server::http_server(const connection_limits& limits) : limits_{limits} {
    set_socket_options(set_options);
    set_payload_max_length(limits.body_bytes_max);
    set_tcp_nodelay(true);
    set_exception_handler([](const auto&, auto& answer, const std::exception_ptr&) {
        answer.status = 500;
        answer.set_content("the dashboard could not answer; the program may be out of memory\n",
                           "text/plain");
    });
}

http_server::~http_server() {
    stop_and_join();
}

void http_server::bind(const std::string& address, std::uint16_t port) {
    errno = 0;
    const int taken = port == 0                     ? bind_to_any_port(address)
                      : bind_to_port(address, port) ? port
                                                    : -1;
    if (taken <= 0) {
        throw std::system_error{errno == 0 ? EADDRNOTAVAIL : errno, std::generic_category(),
                                "the dashboard cannot listen on " + address + ":" +
                                    std::to_string(port) +
                                    " (choose another --port, or 0 for a free one)"};
    }
    port_ = static_cast<std::uint16_t>(taken);
}

void http_server::start(std::size_t threads_max) {
    try {
        queue_ = std::make_unique<threads>(threads_max, waiting_max);
        new_task_queue = [this] { return queue_.release(); };
        accepting_ = std::thread{[this] {
            listen_after_bind();
            has_ended_.store(true, std::memory_order_relaxed);
        }};
    } catch (...) {
        // Otherwise cpp-httplib would keep the port.
        ::close(svr_sock_.exchange(INVALID_SOCKET));
        throw;
    }
}

void http_server::stop_and_join() noexcept {
    stopping_.store(true, std::memory_order_relaxed);
    if (!accepting_.joinable()) {
        return;
    }
    // Before its loop runs, stop() has no effect; the loop starts within microseconds.
    while (!is_running() && !has_ended_.load(std::memory_order_relaxed)) {
        std::this_thread::yield();
    }
    stop();
    accepting_.join();
}

bool http_server::process_and_close_socket(socket_t accepted) {
    try {
        connection here{accepted, limits_, stopping_};
        bool closed = false;
        return process_request(here, true, closed, [&here](httplib::Request& asked) {
            here.headers_are_read();
            // A thousand overlapping ranges would send one file a thousand times.
            asked.ranges.clear();
            // A small compressed body may unpack to gigabytes.
            asked.headers.erase("Content-Encoding");
            // The loopback interface is faster than compression.
            asked.headers.erase("Accept-Encoding");
        });
    } catch (const std::exception&) {
        // Out of memory; the connection is closed.
        return false;
    }
}

}  // namespace coppice::dashboard
