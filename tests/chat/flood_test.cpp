// SPDX-License-Identifier: Apache-2.0
// One client that floods a room, in every way, and the other members.
//
// Goal    The other members hear each other as before. A flooder is slowed, warned and
// disconnected, and no other client is. The memory of the server stays bounded. script/soak --chat
// does the same on a larger scale.
// Method  The real program, and one thread for each side; waits have deadlines.

#include <atomic>

#include "program.hpp"

namespace chat {
namespace {

const std::string chat_program = COPPICE_CHAT_PROGRAM;
constexpr std::size_t members = 30;

struct kind {
    const char* name;
    const char* lines;
    bool in_room;
};
std::ostream& operator<<(std::ostream& to, const kind& of) {
    return to << of.name;
}

class flooded_by : public ::testing::TestWithParam<kind> {};

TEST_P(flooded_by, one_client_a_room_continues_and_the_client_is_disconnected) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer keeps memory and time of its own";
    }
    program server{{chat_program, "--port", "0"}};
    const std::uint16_t port = server.port();
    ASSERT_NE(port, 0) << server.output();
    std::vector<client> people;
    for (std::size_t i = 0; i < members; ++i) {
        people.emplace_back(port).enter("p" + std::to_string(i), "garden");
    }
    std::atomic<bool> over = false;
    std::string told;
    std::thread flooder{[&] {
        client bad{port};
        if (GetParam().in_room) {
            bad.enter("bad", "garden");
        }
        std::string flood;
        for (int i = 0; i < 2000; ++i) {
            flood += GetParam().lines;
        }
        told = bad.converse_until_cut(flood);
        over = true;
    }};
    std::vector<std::thread> readers;
    for (std::size_t i = 2; i < members; ++i) {
        readers.emplace_back([&each = people[i], &over] {
            while (!over) {
                each.discard(20ms);
            }
        });
    }
    int pings = 0;
    while (!over) {
        const std::string ping = "ping " + std::to_string(++pings) + ".";
        people[0].say(ping);
        ASSERT_NE(people[1].hear(ping), "");
        people[0].discard(20ms);
    }
    flooder.join();
    for (std::thread& each : readers) {
        each.join();
    }
    EXPECT_NE(told.find("! more than 50 lines a second are too many"), std::string::npos);
    EXPECT_NE(told.find("! you did not slow down"), std::string::npos);
    EXPECT_GT(pings, 10);
    for (const client& each : people) {
        EXPECT_FALSE(each.is_cut(0ms));
    }
    EXPECT_LT(server.peak_kilobytes(), 50U * 1024U);
    server.signal(SIGTERM);
    EXPECT_EQ(server.status(), 0);
    for (client& each : people) {
        EXPECT_EQ(each.end(), ending::closed);
        EXPECT_NE(each.rest().find("* the server is shutting down\n"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(chat_program, flooded_by,
                         ::testing::Values(kind{"talk", "hello\n", true},
                                           kind{"nick", "/nick bad1\n/nick bad2\n", true},
                                           kind{"join", "/join garden\n/leave\n", false},
                                           kind{"tree", "/tree\n/rooms\n/who\n", true},
                                           kind{"nothing", "\n\n\n/\n", false}),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(chat_program, shuts_down_with_a_full_output_pipe) {
    std::array<int, 2> never_read{};
    ASSERT_EQ(::pipe2(never_read.data(), O_CLOEXEC), 0);
    ::fcntl(never_read[1], F_SETFL, O_NONBLOCK);
    const std::string block(65536, 'x');
    while (::write(never_read[1], block.data(), block.size()) > 0) {
        // Fills the pipe.
    }
    ::fcntl(never_read[1], F_SETFL, 0);
    const std::uint16_t port = free_port();
    const pid_t server =
        start_with_output({chat_program, "--port", std::to_string(port)}, never_read[1]);
    ASSERT_TRUE(eventually([&] { return accepts(port); }));
    client ada{port};
    ada.enter("ada", "garden");
    ::kill(server, SIGTERM);
    EXPECT_EQ(ada.end(), ending::closed);
    EXPECT_NE(ada.rest().find("* the server is shutting down\n"), std::string::npos);
    EXPECT_EQ(status_of(server), 0);
    ::close(never_read[0]);
    ::close(never_read[1]);
}

TEST(chat_program, continues_after_the_reader_of_its_output_has_closed) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const std::uint16_t port = free_port();
    const pid_t server = start_with_output({chat_program, "--port", std::to_string(port)}, pipe[1]);
    ::close(pipe[1]);
    ::close(pipe[0]);
    ASSERT_TRUE(eventually([&] { return accepts(port); }));
    client ada{port};
    ada.enter("ada", "garden");
    ada.say("hello");
    EXPECT_EQ(ada.hear("hello"), "[garden] ada: hello");
    ::kill(server, SIGINT);
    EXPECT_EQ(ada.end(), ending::closed);
    EXPECT_EQ(status_of(server), 0);
}

}  // namespace
}  // namespace chat
