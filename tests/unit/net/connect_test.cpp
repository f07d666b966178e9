// SPDX-License-Identifier: Apache-2.0
// Tests of connect and of Unix sockets.
//
// Goal    Each attempt gets one answer within its deadline, with the address in the answer. The file of a
//         Unix socket goes with its listener, and a leftover file does not block a later listener.
// Method  Loopback and a private folder; a listener without accepts fills its queue.

#include <fstream>
#include <system_error>

#include "net_world.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

struct never_sent {};

class connecting : public with_workers {
  protected:
    std::string path(const std::string& name = "s") const { return folder_.path() + "/" + name; }
    std::string refusal(const std::string& where) {
        try {
            on_.io.listen(net::unix_path{where});
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "it listens";
    }

    scratch_folder folder_;
};
INSTANTIATE_TEST_SUITE_P(workers, connecting, ::testing::Values(1U, 2U, 4U));

/// Echoes one message of one connection at `source`.
pid echo_at(runtime& world, const net::listener& source) {
    return world.spawn([source]() -> task<> {
        source.accept_next(self());
        const net::socket peer = (co_await receive<net::accepted>()).connection;
        peer.read_next(self());
        peer.write((co_await receive<net::received>()).bytes);
    });
}

task<std::string> ask(net::socket peer) {
    EXPECT_TRUE(peer.write("hello"));
    peer.read_next(self());
    co_return (co_await receive<net::received>()).bytes;
}

TEST_P(connecting, reaches_a_listener_by_name_and_by_address_of_either_family) {
    for (const std::string host : {"127.0.0.1", "localhost", "::1"}) {
        const net::listener source = on_.io.listen(host == "::1" ? host : "127.0.0.1", 0);
        echo_at(on_.world, source);
        on_.run([&]() -> task<> {
            const auto attempt = on_.io.connect(host, source.port(), self());
            const auto got = co_await receive<net::connected>();
            EXPECT_EQ(got.attempt, attempt);
            EXPECT_EQ(got.connection.peer(), source.address());
            EXPECT_EQ(co_await ask(got.connection), "hello");
        });
    }
}

TEST_P(connecting, reaches_a_unix_socket_whose_file_goes_with_the_listener) {
    net::listener source = on_.io.listen(net::unix_path{path()});
    EXPECT_EQ(source.address(), "unix:" + path());
    EXPECT_EQ(source.port(), 0);
    echo_at(on_.world, source);
    on_.run([this]() -> task<> {
        on_.io.connect(net::unix_path{path()}, self());
        const auto got = co_await receive<net::connected>();
        EXPECT_EQ(got.connection.peer(), "unix:" + path());
        EXPECT_EQ(co_await ask(got.connection), "hello");
    });
    source = {};
    EXPECT_TRUE(eventually([this] { return !std::filesystem::exists(path()); }));
}

TEST_P(connecting, removes_the_socket_file_before_the_down_message_of_its_owner) {
    on_.run([network = on_.io.network(), where = path()]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const auto owner = spawn_monitor([network, where]() -> task<> {
                const auto source = network.listen(net::unix_path{where});
                co_await receive<never_sent>();
            });
            co_await yield();
            exit(owner.process, reason::kill);
            EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
            EXPECT_FALSE(std::filesystem::exists(where));
        }
    });
}

TEST_P(connecting, replaces_the_file_of_a_program_that_is_gone_and_no_other) {
    {
        net_world gone;
        const net::listener left = gone.io.listen(net::unix_path{path("moved")});
        std::filesystem::rename(path("moved"), path());  // leaves the file behind
    }
    EXPECT_TRUE(std::filesystem::exists(path()));
    const net::listener source = on_.io.listen(net::unix_path{path()});
    EXPECT_NE(refusal(path()).find("another program listens there"), std::string::npos);
    std::ofstream{path("text")} << "precious";
    EXPECT_NE(refusal(path("text")).find("a file that is no socket"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(path("text")));
}

TEST_P(connecting, keeps_a_foreign_file_at_the_path_of_the_listener) {
    net::listener source = on_.io.listen(net::unix_path{path()});
    std::filesystem::remove(path());
    std::ofstream{path()} << "another";
    source.close();
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_P(connecting, refuses_paths_that_no_socket_can_have) {
    const std::string longest(107, 'p');
    EXPECT_NE(refusal(longest + "p").find("has 108 bytes and a Unix socket's may have 107"),
              std::string::npos);
    EXPECT_NE(refusal("").find("the path is empty"), std::string::npos);
    EXPECT_NE(refusal(std::string{"a\0b", 3}).find("NUL"), std::string::npos);
    EXPECT_NE(refusal(path("no/such/folder")).find("create the folder first"), std::string::npos);
    const std::string fits = path(std::string(107 - path("").size(), 'p'));
    ASSERT_EQ(fits.size(), 107U);
    EXPECT_EQ(refusal(fits), "it listens");
    on_.run([this, longest]() -> task<> {
        on_.io.connect(net::unix_path{longest + "p"}, self());
        EXPECT_NE((co_await receive<net::connect_failed>()).why.find("has 108 bytes"),
                  std::string::npos);
    });
}

TEST_P(connecting, fails_with_the_address_and_the_reason) {
    net::listener closed = on_.listen();
    const std::uint16_t port = closed.port();
    closed.close();
    on_.run([this, port]() -> task<> {
        const auto attempt = on_.io.connect("127.0.0.1", port, self());
        const auto refused = co_await receive<net::connect_failed>();
        EXPECT_EQ(refused.attempt, attempt);
        EXPECT_EQ(refused.why,
                  "connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
        on_.io.connect("127.0.0.1", 0, self());
        EXPECT_NE((co_await receive<net::connect_failed>()).why.find("port 0"), std::string::npos);
        on_.io.connect("", 80, self());
        EXPECT_NE((co_await receive<net::connect_failed>()).why.find("empty"), std::string::npos);
        on_.io.connect("no.such.host.invalid", 80, self(), 10s);
        EXPECT_NE((co_await receive<net::connect_failed>()).why.find("no.such.host.invalid:80: "),
                  std::string::npos);
        on_.io.connect(net::unix_path{path("nothing")}, self());
        EXPECT_EQ((co_await receive<net::connect_failed>()).why,
                  "connect to unix:" + path("nothing") + ": No such file or directory");
    });
}

/// Fills the queue of a Unix listener of the operating system, which accepts nothing.
class full_queue {
  public:
    full_queue(net_world& on, const std::string& path) {
        sockaddr_un_bytes where{path};
        listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(listening_, where.get(), where.size()), 0);
        EXPECT_EQ(::listen(listening_, 0), 0);
        on.run([&on, path]() -> task<> {
            on.io.connect(net::unix_path{path}, self());
            auto waiting = receive([](net::connected c) { return c.connection; });
            const net::socket first = co_await waiting;
            spawn([first]() -> task<> { co_await receive<never_sent>(); });
        });
    }
    ~full_queue() { ::close(listening_); }

  private:
    struct sockaddr_un_bytes {
        explicit sockaddr_un_bytes(const std::string& path) {
            bytes[0] = AF_UNIX;
            std::memcpy(bytes + 2, path.data(), path.size());
            length = static_cast<socklen_t>(3 + path.size());
        }
        const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(bytes); }
        socklen_t size() const { return length; }
        alignas(8) char bytes[112]{};
        socklen_t length;
    };
    int listening_ = -1;
};

TEST_P(connecting, fails_at_its_deadline_without_an_answer) {
    const full_queue full{on_, path()};
    on_.run([this]() -> task<> {
        const auto began = monotonic_time();
        on_.io.connect(net::unix_path{path()}, self(), 100ms);
        EXPECT_EQ((co_await receive<net::connect_failed>()).why,
                  "connect to unix:" + path() + ": no answer within 100 ms");
        EXPECT_GE(monotonic_time() - began, 100ms);
        for (const std::chrono::nanoseconds none : {0ns, std::chrono::nanoseconds{-1h}}) {
            on_.io.connect(net::unix_path{path()}, self(), none);
            EXPECT_NE((co_await receive<net::connect_failed>()).why.find("no answer within 0 s"),
                      std::string::npos);
        }
    });
}

TEST_P(connecting, takes_every_deadline_that_a_caller_can_write) {
    const net::listener source = on_.listen();
    on_.run([this, &source]() -> task<> {
        for (const auto limit : {no_timeout, std::chrono::nanoseconds{100h * 365 * 24}}) {
            on_.io.connect("127.0.0.1", source.port(), self(), limit);
            co_await receive<net::connected>();
        }
    });
}

TEST_P(connecting, closes_a_connection_whose_asker_has_ended) {
    const net::listener source = on_.listen();
    const net::network network = on_.io.network();
    on_.run([network, port = source.port()]() -> task<> {
        const auto asker =
            spawn_monitor([network, port] { network.connect("127.0.0.1", port, self()); });
        co_await receive<down_message>();
        static_cast<void>(asker);
    });
    on_.run([source]() -> task<> {
        source.accept_next(self());
        const net::socket peer = (co_await receive<net::accepted>()).connection;
        peer.read_next(self());
        co_await receive<net::disconnected>();
    });
}

TEST_P(connecting, keeps_no_descriptor_of_attempts_that_failed) {
    net::listener closed = on_.listen();
    const std::uint16_t port = closed.port();
    closed.close();
    const std::size_t before = open_files();
    on_.run([this, port]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            on_.io.connect("localhost", port, self());
            co_await receive<net::connect_failed>();
        }
    });
    EXPECT_TRUE(eventually([&] { return open_files() <= before; }));
}

/// net.hpp:connect, with durations at the edges of the range.
TEST_P(connecting, accepts_timeouts_at_the_edges_of_their_range) {
    const net::listener source = on_.io.listen("127.0.0.1", 0);
    on_.run([&]() -> task<> {
        const std::vector<time_span> all_long{
            std::chrono::hours::max(), std::chrono::seconds::max(), std::chrono::nanoseconds::max(),
            std::chrono::nanoseconds::max() - 1ns, no_timeout};
        for (const time_span each : all_long) {
            on_.io.connect("127.0.0.1", source.port(), self(), each);
            auto waiting = receive([](const net::connected&) { return true; },
                                   [](const net::connect_failed&) { return false; });
            EXPECT_TRUE(co_await waiting);
        }
        const std::vector<time_span> all_short{0ns, 1ns, -1ns, std::chrono::hours::min(),
                                               std::chrono::nanoseconds::min()};
        for (const time_span each : all_short) {
            on_.io.connect("127.0.0.1", source.port(), self(), each);
            auto waiting = receive([](const net::connected&) {}, [](const net::connect_failed&) {});
            co_await waiting;
        }
    });
}

}  // namespace
}  // namespace coppice::test
