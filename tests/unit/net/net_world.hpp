// SPDX-License-Identifier: Apache-2.0
// A runtime with sockets; the peers are plain sockets of the operating system. Each wait has a deadline.

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/coppice.hpp"
#include "coppice/net.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"

namespace coppice::test {

using namespace std::chrono_literals;

/// A blocking socket of the operating system, connected to a port of this machine.
class plain_peer {
  public:
    explicit plain_peer(std::uint16_t port, int receive_buffer = 0)
        : file_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        if (receive_buffer != 0) {
            ::setsockopt(file_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ = ::connect(file_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    plain_peer(plain_peer&& other) noexcept
        : file_{std::exchange(other.file_, -1)}, is_connected_{other.is_connected_} {}
    plain_peer& operator=(plain_peer&&) = delete;
    ~plain_peer() { leave(); }

    bool is_connected() const noexcept { return is_connected_; }

    void say(std::string_view text) const {
        EXPECT_EQ(::send(file_, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// The next bytes; "<end>" after the last, "<reset>", "<silence>" at the deadline.
    std::string hear(std::chrono::milliseconds limit = patience) const {
        pollfd waiting{file_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) {
            return "<silence>";
        }
        char bytes[4096];
        const ssize_t got = ::recv(file_, bytes, sizeof bytes, 0);
        return got > 0    ? std::string(bytes, static_cast<std::size_t>(got))
               : got == 0 ? "<end>"
                          : "<reset>";
    }
    /// Ends the sending direction; the peer still receives.
    void stop_talking() const { EXPECT_EQ(::shutdown(file_, SHUT_WR), 0); }
    void leave() {
        if (file_ >= 0) {
            ::close(std::exchange(file_, -1));
        }
    }
    /// Closes with a reset.
    void vanish() {
        const linger at_once{1, 0};
        ::setsockopt(file_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        leave();
    }

  private:
    int file_;
    bool is_connected_ = false;
};

class net_world {
  public:
    explicit net_world(unsigned workers = 2,
                       std::chrono::nanoseconds stuck_after = runtime_options{}.stuck_after.value())
        : world{options(workers, stuck_after)}, io{world} {
        world.start();
    }
    ~net_world() { EXPECT_TRUE(static_cast<bool>(world.stop())); }

    /// Runs `body` as a process to its end.
    template <class Body>
    void run(Body body) {
        const auto ended = world.wait(world.spawn(std::move(body)), patience);
        ASSERT_TRUE(ended.has_value()) << "the test's process did not end";
        EXPECT_TRUE(*ended == reason::normal || *ended == reason::noproc) << to_string(*ended);
    }
    net::listener listen() { return io.listen("127.0.0.1", 0); }

    /// The server's socket of a new connection, and the peer.
    std::pair<net::socket, plain_peer> pair(int receive_buffer = 0) {
        const net::listener source = listen();
        plain_peer peer{source.port(), receive_buffer};
        net::socket taken;
        run([&]() -> task<> {
            source.accept_next(self());
            taken = (co_await receive<net::accepted>()).connection;
        });
        return {std::move(taken), std::move(peer)};
    }

    runtime world;
    net::service io;

  private:
    static runtime_options options(unsigned workers, std::chrono::nanoseconds stuck_after) {
        auto quiet = testing::sim_world::quiet();
        quiet.workers = workers;
        quiet.stuck_after = stuck_after;
        return quiet;
    }
};

class with_workers : public ::testing::TestWithParam<unsigned> {
  protected:
    net_world on_{GetParam()};
};

/// The number of open files of the operating-system process.
inline std::size_t open_files() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Kills a process and waits until its end is known.
inline void end_of_world_process(runtime& world, const pid& who) {
    world.exit(who, reason::kill);
    EXPECT_TRUE(world.wait(who, patience).has_value());
}

}  // namespace coppice::test
