// SPDX-License-Identifier: Apache-2.0
// The chat server on real sockets.
//
// Goal    What the main job promises: a crashed room, logger or connection harms nobody else;
// hostile
//         clients are told off or refused.
// Method  Blocking client sockets on loopback, with time limits on every read.

#include "chat/chat.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "coppice/testing/sim_world.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

class client {
  public:
    explicit client(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
        timeval limit{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    client(client&& other) noexcept
        : socket_{std::exchange(other.socket_, -1)}, unread_{std::move(other.unread_)} {}
    client& operator=(client&&) = delete;
    ~client() {
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    void say(const std::string& line) const {
        const std::string bytes = line + "\n";
        EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }

    /// Reads until a line that contains `text`; answers it, or "" if the connection ends or time is
    /// over.
    std::string hear(const std::string& text) {
        for (;;) {
            const std::string line = next_line();
            if (line.empty() || line.find(text) != std::string::npos) {
                return line;
            }
        }
    }

    /// The next line that is not empty; "" at the end.
    std::string next_line() {
        for (;;) {
            const std::size_t end = unread_.find('\n');
            if (end != std::string::npos) {
                const std::string line = unread_.substr(0, end);
                unread_.erase(0, end + 1);
                if (!line.empty()) {
                    return line;
                }
                continue;
            }
            char bytes[4096];
            const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
            if (got <= 0) {
                return {};
            }
            unread_.append(bytes, static_cast<std::size_t>(got));
        }
    }

    void enter(const std::string& nick, const std::string& room) {
        say("/nick " + nick);
        say("/join " + room);
        EXPECT_NE(hear("you are in " + room), "");
    }

  private:
    int socket_;
    std::string unread_;
};

class chat_server : public ::testing::Test {
  protected:
    chat_server() : world_{options()}, io_{world_}, source_{io_.listen("127.0.0.1", 0)} {
        world_.start();
        world_.spawn([source = source_]() -> coppice::task<> {
            co_await start_chat(source);
            co_await coppice::receive<int>();
        });
    }
    ~chat_server() override { EXPECT_TRUE(static_cast<bool>(world_.stop())); }

    static coppice::runtime_options options() {
        auto quiet = coppice::testing::sim_world::quiet();
        quiet.workers = 2;
        return quiet;
    }
    client join(const std::string& nick, const std::string& room) {
        client c{source_.port()};
        c.enter(nick, room);
        return c;
    }

    coppice::runtime world_;
    coppice::net::service io_;
    coppice::net::listener source_;
};

TEST_F(chat_server, carries_talk_to_everybody_in_the_room_and_nobody_else) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    client eve = join("eve", "cellar");
    ada.say("hello");
    EXPECT_EQ(bob.hear("hello"), "[garden] ada: hello");
    EXPECT_EQ(ada.hear("hello"), "[garden] ada: hello");
    eve.say("alone");
    EXPECT_EQ(eve.next_line(), "[cellar] eve: alone");  // and nothing of the garden before it
}

TEST_F(chat_server, brings_members_back_into_a_room_that_crashed) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    bob.say("/crash");
    EXPECT_NE(ada.hear("rejoining"), "");
    EXPECT_NE(bob.hear("rejoining"), "");
    EXPECT_NE(ada.hear("you are in garden"), "");
    EXPECT_NE(bob.hear("you are in garden"), "");
    ada.say("still here");
    EXPECT_EQ(bob.hear("still here"), "[garden] ada: still here");
}

TEST_F(chat_server, loses_nobody_when_the_logger_or_another_connection_crashes) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    client eve = join("eve", "garden");
    ada.say("/crash logger");
    eve.say("/crash me");
    EXPECT_NE(ada.hear("eve left"), "");
    bob.say("fine");
    EXPECT_EQ(ada.hear("fine"), "[garden] bob: fine");
}

TEST_F(chat_server, tells_a_client_what_was_wrong_with_a_line_and_goes_on) {
    client ada = join("ada", "garden");
    ada.say(std::string(line_length_max + 1, 'x'));
    EXPECT_NE(ada.hear("over 1000 bytes"), "");
    ada.say(std::string(line_length_max, 'y'));
    EXPECT_NE(ada.hear("yyyy"), "");
    ada.say("\xC3(");
    EXPECT_NE(ada.hear("not UTF-8"), "");
    ada.say("/dance");
    EXPECT_NE(ada.hear("unknown command"), "");
    ada.say("/nick two/parts");
    EXPECT_NE(ada.hear("a nick is"), "");
    ada.say("works");
    EXPECT_EQ(ada.hear("works"), "[garden] ada: works");
}

TEST_F(chat_server, draws_its_tree) {
    client ada = join("ada", "garden");
    ada.say("/tree");
    EXPECT_NE(ada.hear("chat <"), "");
    EXPECT_NE(ada.hear("logger"), "");
    EXPECT_NE(ada.hear("room:garden"), "");
}

TEST_F(chat_server, keeps_every_message_of_a_healthy_room_in_order_while_others_are_crashing) {
    constexpr int rooms = 10;
    constexpr int lines = 200;
    std::vector<client> talkers;
    std::vector<client> listeners;
    for (int r = 0; r < rooms; ++r) {
        talkers.push_back(join("talker", "healthy" + std::to_string(r)));
        listeners.push_back(join("listener", "healthy" + std::to_string(r)));
    }
    client vandal = join("vandal", "broken");
    for (int i = 0; i < lines; ++i) {
        for (const client& talker : talkers) {
            talker.say("line " + std::to_string(i) + ".");
        }
        if (i % 10 == 0) {
            vandal.say("/crash");
            EXPECT_NE(vandal.hear("you are in broken"), "");
        }
    }
    for (client& listener : listeners) {
        for (int i = 0; i < lines; ++i) {
            const std::string expected = "talker: line " + std::to_string(i) + ".";
            ASSERT_NE(listener.hear("talker: line").find(expected), std::string::npos);
        }
    }
}

TEST(utf8, accepts_what_is_valid_and_nothing_else) {
    EXPECT_TRUE(is_utf8("plain"));
    EXPECT_TRUE(is_utf8("gr\xC3\xBC\xC3\x9F"));
    EXPECT_TRUE(is_utf8("\xF0\x9F\x8C\xB3"));
    EXPECT_FALSE(is_utf8("\xC3"));
    EXPECT_FALSE(is_utf8("\x80"));
    EXPECT_FALSE(is_utf8("\xC0\xAF"));
    EXPECT_FALSE(is_utf8("\xFF"));
}

}  // namespace
}  // namespace chat
