// SPDX-License-Identifier: Apache-2.0
// Tests of the sockets of include/coppice/net.hpp.
//
// Goal    A write reports its outcome, a request gets one answer in every state of the socket, and each
//         close frees the descriptor.
// Method  Real sockets on loopback, on 1, 2 and 4 scheduler threads; an `eventually` waits for the peer's
//         operating system.

#include <optional>

#include "net_world.hpp"

namespace coppice::test {
namespace {

using net::write_error;

class a_socket : public with_workers {};
INSTANTIATE_TEST_SUITE_P(workers, a_socket, ::testing::Values(1U, 2U, 4U));

/// Writes until refused, and returns the reason of the refusal.
write_error fill(const net::socket& into, std::size_t* taken = nullptr) {
    const std::string block(16384, 'x');
    for (;;) {
        const auto result = into.write(block);
        if (!result) {
            return result.error();
        }
        if (taken != nullptr) {
            *taken += block.size();
        }
    }
}

TEST_P(a_socket, tells_a_writer_that_its_peer_was_reset) {
    auto [connection, peer] = on_.pair();
    EXPECT_TRUE(connection.write("hello"));
    peer.vanish();
    net::write_result last;
    EXPECT_TRUE(eventually([&] { return !(last = connection.write("x")); }));
    EXPECT_EQ(last.error(), write_error::gone);
    EXPECT_TRUE(last.why().starts_with("the connection is over: ")) << last.why();
    EXPECT_FALSE(connection.write("x"));  // and for ever
    EXPECT_FALSE(connection.write(""));
}

TEST_P(a_socket, tells_a_writer_that_its_peer_has_closed) {
    auto [connection, peer] = on_.pair();
    peer.leave();
    net::write_result last;
    EXPECT_TRUE(eventually([&] { return !(last = connection.write("x")); }));
    EXPECT_EQ(last.error(), write_error::gone);
}

TEST_P(a_socket, fails_a_write_after_the_peer_vanished_with_bytes_queued) {
    auto [connection, peer] = on_.pair(4096);
    EXPECT_EQ(fill(connection), write_error::full);
    peer.vanish();
    EXPECT_TRUE(eventually([&] { return connection.write("x").error() == write_error::gone; }));
}

TEST_P(a_socket, refuses_a_write_after_its_close) {
    auto [connection, peer] = on_.pair();
    EXPECT_TRUE(connection.write("bye"));
    connection.close();
    EXPECT_EQ(connection.write("x").error(), write_error::closed);
    EXPECT_EQ(connection.write("x").why(), "the socket is closed");
    EXPECT_EQ(peer.hear(), "bye");
    EXPECT_EQ(peer.hear(), "<end>");
}

TEST_P(a_socket, keeps_at_most_the_write_buffer_for_a_peer_that_does_not_read) {
    auto [connection, peer] = on_.pair(4096);
    EXPECT_EQ(fill(connection), write_error::full);
    // The buffered amount lies between the limit less one block and the limit.
    EXPECT_TRUE(eventually([&] {
        return connection.write("x").error() == write_error::full ||
               fill(connection) == write_error::full;
    }));
    EXPECT_EQ(connection.write(std::string(net::write_buffer_max + 1, 'x')).error(),
              write_error::full);
    EXPECT_NE(connection.write(std::string(16384, 'x')).why().find("262144 bytes"),
              std::string::npos);
}

TEST_P(a_socket, takes_a_write_of_the_whole_buffer_and_not_one_byte_more) {
    auto [connection, peer] = on_.pair();
    EXPECT_EQ(connection.write(std::string(net::write_buffer_max + 1, 'x')).error(),
              write_error::full);
    EXPECT_TRUE(connection.write(std::string(net::write_buffer_max, 'x')));
    std::size_t heard = 0;
    while (heard < net::write_buffer_max) {
        const std::string more = peer.hear();
        ASSERT_FALSE(more.starts_with("<"));
        heard += more.size();
    }
    EXPECT_EQ(heard, net::write_buffer_max);
}

TEST_P(a_socket, tells_when_there_is_room_again) {
    auto [connection, peer] = on_.pair(4096);
    std::size_t taken = 0;
    EXPECT_EQ(fill(connection, &taken), write_error::full);
    const pid writer = on_.world.spawn([connection]() -> task<> {
        connection.write_next(self());
        EXPECT_EQ((co_await receive<net::writable>()).from, connection.id());
        EXPECT_TRUE(connection.write("again"));
    });
    EXPECT_EQ(on_.world.wait(writer, 20ms), std::nullopt);
    std::string heard;
    while (!heard.ends_with("again")) {
        const std::string more = peer.hear();
        ASSERT_FALSE(more.starts_with("<"));
        heard += more;
    }
    EXPECT_EQ(heard.size(), taken + 5);
    EXPECT_TRUE(on_.world.wait(writer, patience).has_value());
}

TEST_P(a_socket, reports_room_at_once_when_its_buffer_is_empty_or_the_socket_is_closed) {
    auto [connection, peer] = on_.pair();
    on_.run([&connection]() -> task<> {
        connection.write_next(self());
        co_await receive<net::writable>();
        connection.close();
        connection.write_next(self());
        co_await receive<net::writable>();
    });
}

TEST_P(a_socket, answers_pending_and_later_requests_when_closed) {
    auto [connection, peer] = on_.pair();
    on_.run([&connection]() -> task<> {
        connection.read_next(self());
        connection.close();
        EXPECT_EQ((co_await receive<net::disconnected>()).why, "the socket is closed");
        connection.read_next(self());
        const auto again = co_await receive<net::disconnected>();
        EXPECT_EQ(again.why, "the socket is closed");
        EXPECT_EQ(again.from, connection.id());
    });
}

TEST_P(a_socket, sends_no_message_after_a_close_without_a_pending_read) {
    auto [connection, peer] = on_.pair();
    on_.run([&connection, &peer]() -> task<> {
        connection.read_next(self());
        peer.say("one");
        EXPECT_EQ((co_await receive<net::received>()).bytes, "one");
        connection.close();
        peer.say("two");
        peer.leave();
        auto waiting = receive([](any_message m) { return m.describe(); },
                               after(50ms, [] { return std::string{"nothing"}; }));
        EXPECT_EQ(co_await waiting, "nothing");
    });
}

TEST_P(a_socket, gives_its_descriptor_back_at_once_when_both_sides_have_closed) {
    for (const bool peer_first : {true, false}) {
        auto [connection, peer] = on_.pair();
        const std::size_t before = open_files() - 2;
        if (peer_first) {
            peer.leave();
        }
        connection.close();
        peer.leave();
        const auto began = std::chrono::steady_clock::now();
        EXPECT_TRUE(eventually([&] { return open_files() <= before; })) << peer_first;
        EXPECT_LT(std::chrono::steady_clock::now() - began, net::linger_max / 2);
    }
}

TEST_P(a_socket, that_is_closed_delivers_queued_bytes_despite_a_half_close_of_the_peer) {
    auto [connection, peer] = on_.pair(4096);
    std::size_t taken = 0;
    EXPECT_EQ(fill(connection, &taken), write_error::full);
    on_.run([&connection]() -> task<> {
        connection.read_next(self());  // so the socket sees the peer's end while writing
        connection.close();
        co_await receive<net::disconnected>();
    });
    peer.stop_talking();
    std::size_t heard = 0;
    std::string more = peer.hear();
    for (; !more.starts_with("<"); more = peer.hear()) {
        heard += more.size();
    }
    EXPECT_EQ(more, "<end>");
    EXPECT_EQ(heard, taken);
}

TEST_P(a_socket, is_cut_after_the_linger_time_when_its_peer_neither_reads_nor_closes) {
    auto [connection, peer] = on_.pair(4096);
    fill(connection);
    const std::size_t before = open_files();
    connection.close();
    EXPECT_TRUE(eventually([&] { return open_files() < before; }));
    std::string last;
    while (!last.starts_with("<")) {
        last = peer.hear();
    }
    EXPECT_EQ(last, "<reset>");
}

TEST_P(a_socket, leaves_bytes_for_the_next_reader_when_the_first_has_ended) {
    auto [connection, peer] = on_.pair();
    const pid first = on_.world.spawn([connection]() -> task<> {
        connection.read_next(self());
        co_await sleep(1h);
    });
    on_.run([first]() -> task<> { co_await process_info(first); });
    end_of_world_process(on_.world, first);
    peer.say("hello");
    on_.run([&connection]() -> task<> {
        co_await sleep(10ms);
        connection.read_next(self());
        const auto got = co_await receive<net::received>();
        EXPECT_EQ(got.bytes, "hello");
        EXPECT_EQ(got.from, connection.id());
    });
}

TEST_P(a_socket, closes_the_connection_before_the_down_message_of_its_owner) {
    for (int i = 0; i < 50; ++i) {
        auto [connection, peer] = on_.pair();
        const pid owner = on_.world.spawn(
            [](net::socket held) -> task<> {
                held.write("hello");
                co_await sleep(1h);
            },
            connection);
        connection = {};
        EXPECT_EQ(peer.hear(), "hello");
        end_of_world_process(on_.world, owner);
        EXPECT_EQ(peer.hear(0ms), "<end>");
    }
}

TEST_P(a_socket, reports_a_closed_peer_at_every_read) {
    auto [connection, peer] = on_.pair();
    peer.say("last");
    peer.leave();
    on_.run([&connection]() -> task<> {
        connection.read_next(self());
        EXPECT_EQ((co_await receive<net::received>()).bytes, "last");
        for (int i = 0; i < 3; ++i) {
            connection.read_next(self());
            EXPECT_EQ((co_await receive<net::disconnected>()).why,
                      "the peer closed the connection");
        }
    });
}

TEST_P(a_socket, that_is_empty_answers_every_request) {
    const net::socket none;
    EXPECT_EQ(none.write("x").error(), write_error::no_socket);
    EXPECT_EQ(none.write("x").why(), "the socket is empty");
    EXPECT_EQ(none.peer(), "");
    EXPECT_FALSE(none.id());
    none.close();
    none.read_next(pid{});
    none.write_next(pid{});
    on_.run([none]() -> task<> {
        none.read_next(self());
        EXPECT_EQ((co_await receive<net::disconnected>()).why, "the socket is empty");
        none.write_next(self());
        co_await receive<net::writable>();
    });
}

}  // namespace
}  // namespace coppice::test
