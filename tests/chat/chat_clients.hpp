// SPDX-License-Identifier: Apache-2.0
// Clients on real sockets, with a deadline on each wait, and the chat server under test.

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "chat/chat.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"
#include "support/sanitizers.hpp"

namespace chat {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

using coppice::test::under_tsan;
inline constexpr bool sanitized = under_tsan || coppice::test::under_asan;

using coppice::test::eventually;
using coppice::test::patience;

/// Lets this OS process open `count` files. False, with a failure that names the
/// reason, if the limit is too low.
inline bool allow_files(rlim_t count) {
    rlimit limit{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= count) {
        return true;
    }
    if (limit.rlim_max < count) {
        ADD_FAILURE() << "this test opens " << count << " files and only " << limit.rlim_max
                      << " are allowed: raise the hard limit (ulimit -Hn)";
        return false;
    }
    limit.rlim_cur = count;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    return true;
}

/// How a connection ended.
enum class ending : std::uint8_t { closed, reset, still_open };
inline std::ostream& operator<<(std::ostream& out, ending e) {
    return out << (e == ending::closed ? "closed" : e == ending::reset ? "reset" : "still open");
}

/// A socket connected to a port of this machine. A small receive buffer makes a slow reader visible soon.
inline int connect_to(std::uint16_t port, int receive_buffer = 0) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_GE(made, 0) << std::strerror(errno);
    if (receive_buffer != 0) {
        ::setsockopt(made, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0)
        << std::strerror(errno);
    ::fcntl(made, F_SETFL, ::fcntl(made, F_GETFL) | O_NONBLOCK);
    return made;
}

/// Whether the socket became ready before the deadline.
inline bool ready(int socket, short events, clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
        pollfd waiting{socket, events, 0};
        const int got =
            ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (got > 0 || (got == 0 && left <= 0ms) || (got < 0 && errno != EINTR)) {
            return got > 0;
        }
    }
}

class client {
  public:
    explicit client(std::uint16_t port, int receive_buffer = 0)
        : socket_{connect_to(port, receive_buffer)} {}
    client(client&& other) noexcept
        : socket_{std::exchange(other.socket_, -1)}, unread_{std::move(other.unread_)} {}
    client& operator=(client&&) = delete;
    ~client() { leave(); }

    void say(const std::string& line) const { send(line + "\n"); }

    void send(std::string_view bytes) const { EXPECT_TRUE(try_send(bytes)) << "nobody reads"; }

    /// False if the connection ended or time is over.
    bool try_send(std::string_view bytes, clock::duration limit = patience) const {
        const auto deadline = clock::now() + limit;
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno != EAGAIN || !ready(socket_, POLLOUT, deadline)) {
                return false;
            }
        }
        return true;
    }

    /// Reads until a line that contains `text`, and returns the line. "" if the
    /// connection ends or time is over.
    std::string hear(std::string_view text) {
        const auto deadline = clock::now() + patience;
        for (;;) {
            const std::string line = next_line(deadline);
            if (line.empty() || line.find(text) != std::string::npos) {
                return line;
            }
        }
    }

    /// The next line that is not empty; "" at the end.
    std::string next_line() { return next_line(clock::now() + patience); }

    /// Reads on to the end; `rest` has the bytes read.
    ending end() {
        const auto deadline = clock::now() + patience;
        for (;;) {
            const ssize_t got = receive(deadline);
            if (got <= 0) {
                return got == 0 ? ending::closed : reset_ ? ending::reset : ending::still_open;
            }
        }
    }
    /// Sends and reads at the same time, to the end.
    std::string converse(std::string_view bytes) {
        const auto deadline = clock::now() + patience;
        while (clock::now() < deadline && !bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && (errno != EAGAIN || !ready(socket_, POLLIN | POLLOUT, deadline))) {
                break;
            }
            bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
            while (ready(socket_, POLLIN, clock::now()) && receive(deadline) > 0) {
            }
        }
        EXPECT_TRUE(bytes.empty());
        EXPECT_EQ(end(), ending::closed);
        return unread_;
    }
    /// Sends the same bytes again and again, and reads, until the server ends the
    /// connection. Returns the end of the input.
    std::string converse_until_cut(std::string_view bytes) {
        const auto deadline = clock::now() + patience;
        for (std::string_view left = bytes; clock::now() < deadline;) {
            if (!ready(socket_, POLLIN | POLLOUT, deadline)) {
                break;
            }
            const ssize_t sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
            left.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
            left = left.empty() ? bytes : left;
            if (ready(socket_, POLLIN, clock::now()) && receive(deadline) <= 0) {
                return unread_;
            }
            constexpr std::size_t kept = 1U << 22U;
            if (unread_.size() > kept) {
                unread_.erase(kept / 2, unread_.size() - kept);
            }
        }
        ADD_FAILURE() << "the server goes on to take all of it";
        return unread_;
    }
    /// Reads for `time` and drops the input.
    void discard(clock::duration time) {
        const auto deadline = clock::now() + time;
        while (clock::now() < deadline && receive(deadline) > 0) {
            unread_.clear();
        }
    }
    const std::string& rest() const noexcept { return unread_; }

    /// Whether the server cut the connection, found out without reading.
    bool is_cut(clock::duration limit = patience) const {
        return ready(socket_, 0, clock::now() + limit);
    }

    /// Closes the sending side.
    void half_close() const { ::shutdown(socket_, SHUT_WR); }

    void leave() {
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }

    /// Ends without a farewell: the server sees a reset.
    void vanish() {
        const linger at_once{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        leave();
    }

    void enter(const std::string& nick, const std::string& room) {
        say("/nick " + nick);
        say("/join " + room);
        EXPECT_NE(hear("you are in " + room), "");
    }

  private:
    std::string next_line(clock::time_point deadline) {
        for (;;) {
            const std::size_t end = unread_.find('\n');
            if (end == std::string::npos) {
                if (receive(deadline) <= 0) {
                    return {};
                }
                continue;
            }
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            if (!line.empty()) {
                return line;
            }
        }
    }

    /// 0: the end. -1: reset, or the deadline.
    ssize_t receive(clock::time_point deadline) {
        char bytes[4096];
        for (;;) {
            const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
            if (got >= 0) {
                unread_.append(bytes, static_cast<std::size_t>(got));
                return got;
            }
            if (errno != EAGAIN) {
                reset_ = errno == ECONNRESET;
                return -1;
            }
            if (!ready(socket_, POLLIN, deadline)) {
                return -1;
            }
        }
    }

    int socket_;
    std::string unread_;
    bool reset_ = false;
};

/// Limits for tests of other things than limits.
inline limits generous() {
    limits allowed;
    allowed.lines_a_second = 1'000'000;
    allowed.stalled_max = 2s;
    return allowed;
}

/// The server, in this OS process.
class chat_server : public ::testing::Test {
  protected:
    explicit chat_server(limits allowed = generous())
        : world_{options()}, io_{world_}, source_{io_.listen("127.0.0.1", 0)} {
        world_.start();
        world_.spawn([source = source_, allowed]() -> coppice::task<> {
            co_await start_chat(source, allowed);
            co_await coppice::receive<int>();
        });
    }
    ~chat_server() override {
        const auto stopped = world_.stop();
        for (const auto& blocking : stopped.blocking) {
            ADD_FAILURE() << to_string(blocking) << " did not stop";
        }
    }

    static coppice::runtime_options options() {
        auto quiet = coppice::testing::sim_world::quiet();
        quiet.workers = 2;
        return quiet;
    }
    std::uint16_t port() const { return source_.port(); }
    client join(const std::string& nick, const std::string& room) {
        client c{port()};
        c.enter(nick, room);
        return c;
    }
    /// Kills the process with the name, and waits until another process has the name.
    void replace(std::string_view name) {
        const coppice::pid old = world_.whereis(name);
        EXPECT_TRUE(old) << name;
        world_.exit(old, coppice::reason::kill);
        EXPECT_TRUE(eventually([&] {
            const coppice::pid now = world_.whereis(name);
            return now && now != old;
        })) << name;
    }

    coppice::runtime world_;
    coppice::net::service io_;
    coppice::net::listener source_;
};

}  // namespace chat
