// SPDX-License-Identifier: Apache-2.0
// Tests of the listeners of include/coppice/net.hpp.
//
// Goal    A listener frees its address before the end of its owner is announced, loses no connection to an
//         ended asker, and reports the fault of a bad address.
// Method  Real sockets on loopback, on 1, 2 and 4 scheduler threads.

#include <system_error>
#include <thread>
#include <vector>

#include "net_world.hpp"

namespace coppice::test {
namespace {

class a_listener : public with_workers {};
INSTANTIATE_TEST_SUITE_P(workers, a_listener, ::testing::Values(1U, 2U, 4U));

struct owner {
    struct crash {};
    net::listener source;
    explicit owner(const net::network& on, std::uint16_t port)
        : source{on.listen("127.0.0.1", port)} {
        source.accept_next(self());
    }
    void handle_cast(crash) { throw std::runtime_error{"asked to crash"}; }
    void handle_info(const net::accepted&) { source.accept_next(self()); }
};

std::uint16_t free_port(net_world& on) {
    return on.listen().port();
}

TEST_P(a_listener, is_closed_before_its_supervisor_starts_its_owner_again) {
    const std::uint16_t port = free_port(on_);
    on_.run([network = on_.io.network(), port]() -> task<> {
        trap_exit(true);
        constexpr int rounds = under_tsan ? 50 : 300;
        const auto owners = children(child<owner>(network, port).name("owner"));
        const auto started = co_await supervisor::start_link(owners, {.max_restarts = rounds});
        EXPECT_TRUE(started.ok());
        for (int i = 0; i < rounds; ++i) {
            const pid now = whereis("owner");
            const ref watching = monitor(now);
            if (i % 2 == 0) {
                exit(now, reason::kill);
            } else {
                server<owner>{now}.cast(owner::crash{});
            }
            co_await receive(
                when([watching](const down_message& m) { return m.monitor == watching; },
                     [](const down_message&) {}));
            while (!whereis("owner") && co_await is_alive(started.process())) {
                co_await sleep(1ms);
            }
        }
        // Each start succeeded at once: a refused start would count as a restart too many.
        EXPECT_TRUE(co_await is_alive(started.process()));
        co_await stop(started.process(), reason::shutdown);
    });
}

TEST_P(a_listener, is_closed_before_the_down_message_of_its_holder_wherever_the_handle_is) {
    const std::uint16_t port = free_port(on_);
    const net::network network = on_.io.network();
    on_.run([network, port]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const auto source = network.listen("127.0.0.1", port);
            monitored_process holder;
            if (i % 4 == 0) {  // in a coroutine's frame
                holder = spawn_monitor([source]() -> task<> { co_await sleep(1h); });
            } else if (i % 4 == 1) {  // in its mailbox
                holder = spawn_monitor([]() -> task<> { co_await sleep(1h); });
                send(holder.process, source);
            } else if (i % 4 == 2) {  // as an argument
                holder = spawn_monitor([](net::listener) -> task<> { co_await sleep(1h); }, source);
            } else {  // a listener of the process's own, dropped at the end
                holder = spawn_monitor([network] { network.listen("127.0.0.1", 0); });
            }
            const_cast<net::listener&>(source) = {};
            co_await yield();
            exit(holder.process, reason::kill);
            co_await receive<down_message>();
        }
    });
    EXPECT_NO_THROW(on_.io.listen("127.0.0.1", port));
}

TEST_P(a_listener, keeps_a_connection_for_the_next_asker_when_the_first_has_ended) {
    const net::listener source = on_.listen();
    const pid first = on_.world.spawn([source]() -> task<> {
        source.accept_next(self());
        co_await sleep(1h);
    });
    end_of_world_process(on_.world, first);
    const plain_peer peer{source.port()};
    EXPECT_EQ(peer.hear(30ms), "<silence>");
    on_.run([source]() -> task<> {
        source.accept_next(self());
        (co_await receive<net::accepted>()).connection.write("hello");
    });
    EXPECT_EQ(peer.hear(), "hello");
}

TEST_P(a_listener, takes_back_a_connection_left_in_the_mailbox_of_an_ended_asker) {
    const net::listener source = on_.listen();
    const pid first = on_.world.spawn([source]() -> task<> {
        source.accept_next(self());
        co_await sleep(1h);  // takes no message
    });
    const plain_peer peer{source.port()};
    on_.run([first]() -> task<> {
        for (std::size_t waiting = 0; waiting == 0; co_await sleep(1ms)) {
            waiting = (co_await process_info(first)).front().message_queue_len;
        }
    });
    end_of_world_process(on_.world, first);
    EXPECT_EQ(peer.hear(30ms), "<silence>");
    on_.run([source]() -> task<> {
        source.accept_next(self());
        (co_await receive<net::accepted>()).connection.write("hello");
    });
    EXPECT_EQ(peer.hear(), "hello");
}

TEST_P(a_listener, closes_a_connection_that_its_asker_drops) {
    const net::listener source = on_.listen();
    const plain_peer peer{source.port()};
    on_.run([source]() -> task<> {
        source.accept_next(self());
        co_await receive<net::accepted>();
    });
    EXPECT_EQ(peer.hear(), "<end>");
}

TEST_P(a_listener, accepts_each_of_many_simultaneous_connections_once) {
    const net::listener source = on_.listen();
    std::vector<plain_peer> peers;
    for (int i = 0; i < 50; ++i) {
        peers.emplace_back(source.port());
    }
    on_.run([source]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            source.accept_next(self());
            const auto a = co_await receive<net::accepted>();
            EXPECT_EQ(a.from, source.id());
            a.connection.write("one");
        }
    });
    for (const plain_peer& each : peers) {
        EXPECT_EQ(each.hear(), "one");
        EXPECT_EQ(each.hear(), "<end>");
    }
}

TEST_P(a_listener, answers_pending_and_later_requests_when_closed) {
    const net::listener source = on_.listen();
    const std::uint16_t port = source.port();
    on_.run([source]() -> task<> {
        source.accept_next(self());
        source.close();
        EXPECT_EQ((co_await receive<net::listen_failed>()).why, "the listener is closed");
        source.accept_next(self());
        const auto again = co_await receive<net::listen_failed>();
        EXPECT_EQ(again.why, "the listener is closed");
        EXPECT_EQ(again.from, source.id());
    });
    EXPECT_EQ(source.port(), port);
    EXPECT_EQ(source.address(), "127.0.0.1:" + std::to_string(port));
    EXPECT_FALSE(plain_peer{port}.is_connected());
    EXPECT_NO_THROW(on_.io.listen("127.0.0.1", port));
}

TEST_P(a_listener, that_is_empty_answers_every_request) {
    const net::listener none;
    EXPECT_EQ(none.port(), 0);
    EXPECT_EQ(none.address(), "");
    EXPECT_FALSE(none.id());
    EXPECT_FALSE(static_cast<bool>(none));
    none.close();
    none.accept_next(pid{});
    on_.run([none]() -> task<> {
        none.accept_next(self());
        EXPECT_EQ((co_await receive<net::listen_failed>()).why, "the listener is empty");
    });
}

TEST_P(a_listener, is_found_by_a_host_name_and_by_an_address_of_either_family) {
    const net::listener named = on_.io.listen("localhost", 0);
    EXPECT_EQ(named.address(), "127.0.0.1:" + std::to_string(named.port()));
    EXPECT_TRUE(plain_peer{named.port()}.is_connected());
    const net::listener six = on_.io.listen("::1", 0);
    EXPECT_EQ(six.address(), "[::1]:" + std::to_string(six.port()));
    EXPECT_NE(six.port(), 0);
}

std::string refusal(net_world& on, const std::string& address, std::uint16_t port) {
    try {
        on.io.listen(address, port);
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "it listens";
}

TEST_P(a_listener, is_refused_with_the_address_and_a_remedy) {
    const net::listener first = on_.listen();
    const std::string port = std::to_string(first.port());
    EXPECT_EQ(refusal(on_, "127.0.0.1", first.port()),
              "listen on 127.0.0.1:" + port +
                  " (another program listens there; end it, or choose another port, or 0 for a "
                  "free one): Address already in use");
    EXPECT_NE(refusal(on_, "192.0.2.1", 80).find("listen on 192.0.2.1:80 (no interface of this"),
              std::string::npos);
    EXPECT_NE(refusal(on_, "", 80).find("the address is empty"), std::string::npos);
    EXPECT_NE(refusal(on_, "no.such.host.invalid", 80).find("no.such.host.invalid:80"),
              std::string::npos);
    EXPECT_NE(refusal(on_, "127.0.0.1:80", 80).find("the port is an argument"), std::string::npos);
    EXPECT_NE(refusal(on_, "[::1]", 80).find("without brackets"), std::string::npos);
    EXPECT_NE(refusal(on_, std::string{"127.0.0.1\0.evil", 15}, 0).find("NUL"), std::string::npos);
    EXPECT_NE(refusal(on_, std::string(300, 'a'), 0).find("longer than any"), std::string::npos);
    const std::string hostile = refusal(on_, "a\nb\x1b[2J", 1);
    EXPECT_NE(hostile.find("a\\x0ab\\x1b[2J:1"), std::string::npos) << hostile;
}

}  // namespace
}  // namespace coppice::test
