// SPDX-License-Identifier: Apache-2.0
// The chat server as a real program.
//
// Goal    The program ends in order on request, reports its actions, keeps memory bounded against any client,
// and survives a lack of file descriptors.
// Method  A child process, ended by pid; the output is read through a pipe.

#include "program.hpp"

namespace chat {
namespace {

const std::string chat_program = COPPICE_CHAT_PROGRAM;

/// The most memory for writing to one client: two strings, each with a capacity of up to twice the content.
constexpr std::size_t writing_kilobytes = 4 * coppice::net::write_buffer_max / 1024;

void expect_orderly_end(program& server) {
    const std::optional<int> status = server.status();
    ASSERT_TRUE(status.has_value()) << "it goes on";
    EXPECT_EQ(*status, 0) << server.output();
    EXPECT_NE(server.output().find("\nchat: stopped"), std::string::npos) << server.output();
    EXPECT_EQ(server.output().find("did not stop"), std::string::npos) << server.output();
}

class ended_by : public ::testing::TestWithParam<int> {};

TEST_P(ended_by, a_signal_without_any_client) {
    program server{{chat_program, "--port", "0"}};
    ASSERT_NE(server.port(), 0) << server.output();
    server.signal(GetParam());
    expect_orderly_end(server);
}

TEST_P(ended_by, a_signal_while_people_talk_and_rooms_crash) {
    program server{{chat_program, "--port", "0"}};
    const std::uint16_t port = server.port();
    ASSERT_NE(port, 0) << server.output();
    std::vector<client> people;
    for (int i = 0; i < 50; ++i) {
        people.emplace_back(port);
        people.back().enter("c" + std::to_string(i), "r" + std::to_string(i % 5));
    }
    client silent{port};
    for (const client& each : people) {
        each.send("hello\n/who\n/tree\n/crash\nhello again\nan unfinished li");
    }
    EXPECT_NE(people.front().hear("rejoining"), "");
    server.signal(GetParam());
    for (client& each : people) {
        EXPECT_NE(each.end(), ending::still_open);
    }
    EXPECT_EQ(silent.end(), ending::closed);
    expect_orderly_end(server);
}

TEST_P(ended_by, a_signal_while_a_client_does_not_read) {
    program server{{chat_program, "--port", "0"}};
    client slow{server.port(), 4096};
    std::string questions;
    for (int i = 0; i < 1000; ++i) {
        questions += "/dance\n";
    }
    while (slow.try_send(questions, 100ms)) {
        // Until the server waits for the client to read, or cuts the connection.
    }
    server.signal(GetParam());
    expect_orderly_end(server);
    EXPECT_NE(slow.end(), ending::still_open);
}

INSTANTIATE_TEST_SUITE_P(chat_program, ended_by, ::testing::Values(SIGTERM, SIGINT),
                         [](const auto& each) {
                             return each.param == SIGTERM ? "SIGTERM" : "SIGINT";
                         });

TEST(chat_program, ends_in_order_when_its_time_is_over) {
    const auto began = clock::now();
    program server{{chat_program, "--port", "0", "--for", "1"}};
    client ada{server.port()};
    ada.enter("ada", "garden");
    ada.say("hello");
    EXPECT_EQ(ada.hear("hello"), "[garden] ada: hello");
    EXPECT_EQ(ada.end(), ending::closed);
    expect_orderly_end(server);
    EXPECT_GE(clock::now() - began, 1s);
}

TEST(chat_program, ends_at_a_signal_before_its_time_is_over) {
    program server{{chat_program, "--for", "100000", "--port", "0"}};
    ASSERT_NE(server.port(), 0) << server.output();
    server.signal(SIGTERM);
    expect_orderly_end(server);
}

TEST(chat_program, says_that_its_port_is_taken_and_serves_on_no_other) {
    program first{{chat_program, "--port", "0"}};
    const std::uint16_t taken = first.port();
    ASSERT_NE(taken, 0);
    program second{{chat_program, "--port", std::to_string(taken)}};
    EXPECT_EQ(second.status(), 1);
    EXPECT_NE(second.output().find("chat: application chat did not start: listen on 127.0.0.1:" +
                                   std::to_string(taken) + " (another program listens there"),
              std::string::npos)
        << second.output();
    EXPECT_TRUE(client{taken}.next_line().starts_with("Welcome"));
}

TEST(chat_program, refuses_invalid_arguments) {
    const std::vector<std::vector<std::string>> wrong{
        {"--port"},         {"--port", "65536"}, {"--port", "-1"}, {"--port", "tea"},
        {"--port", "80x"},  {"--port", ""},      {"--for", "0"},   {"--for", "-1"},
        {"--for", "1e999"}, {"--lines", "0"},    {"4040"},         {"--for", "1", "--port"}};
    for (const auto& arguments : wrong) {
        std::vector<std::string> words{chat_program};
        words.insert(words.end(), arguments.begin(), arguments.end());
        program server{words};
        EXPECT_EQ(server.status(), 2) << ::testing::PrintToString(arguments);
        EXPECT_TRUE(server.output().starts_with("chat: ")) << server.output();
    }
}

TEST(chat_program, keeps_serving_at_the_limit_of_open_files) {
    if (sanitized && !under_tsan) {
        GTEST_SKIP() << "UBSan opens pipes to look at objects, and takes those for broken without";
    }
    program server{{chat_program, "--port", "0"}, 64};
    const std::uint16_t port = server.port();
    ASSERT_NE(port, 0) << server.output();
    std::vector<client> crowd;
    for (int i = 0; i < 100; ++i) {
        crowd.emplace_back(port);
    }
    client& first = crowd.front();
    first.enter("first", "garden");
    first.say("/crash logger");
    first.say("/crash");
    EXPECT_NE(first.hear("rejoining"), "");
    EXPECT_NE(first.hear("you are in garden"), "");
    first.say("hello");
    EXPECT_EQ(first.hear("hello"), "[garden] first: hello");
    // A waiting client gets in when others leave.
    for (std::size_t i = 1; i <= 50; ++i) {
        crowd[i].leave();
    }
    crowd.back().enter("last", "garden");
    EXPECT_NE(crowd.front().hear("last joined"), "");
    EXPECT_EQ(server.output().find("listening failed"), std::string::npos);
    server.signal(SIGTERM);
    expect_orderly_end(server);
}

TEST(chat_program, bounds_its_memory_while_many_clients_do_not_read) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    constexpr std::size_t slow_readers = 100;
    program server{{chat_program, "--port", "0", "--lines", "100000"}};
    const std::uint16_t port = server.port();
    client ada{port};
    ada.enter("ada", "garden");
    std::vector<client> slow;
    for (std::size_t i = 0; i < slow_readers; ++i) {
        slow.emplace_back(port, 4096).enter("s" + std::to_string(i), "garden");
    }
    const std::size_t before = server.peak_kilobytes();
    const std::string text(900, 't');
    const auto deadline = clock::now() + patience;
    for (std::size_t left = 0; left < slow_readers && clock::now() < deadline;) {
        ada.say(text);
        for (bool echoed = false; !echoed;) {
            const std::string line = ada.next_line();
            ASSERT_NE(line, "");
            left += line.ends_with(" left") ? 1U : 0U;
            echoed = line.ends_with(text);
        }
    }
    for (const client& each : slow) {
        EXPECT_TRUE(each.is_cut());
    }
    EXPECT_LT(server.peak_kilobytes() - before, slow_readers * writing_kilobytes);
    client bob{port};
    bob.enter("bob", "garden");
    server.signal(SIGTERM);
    expect_orderly_end(server);
}

TEST(chat_program, bounds_its_memory_while_a_client_floods_a_room) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer keeps memory of its own";
    }
    constexpr std::size_t listeners = 20;
    program server{{chat_program, "--port", "0", "--lines", "100000"}};
    const std::uint16_t port = server.port();
    std::vector<client> people;
    for (std::size_t i = 0; i < listeners; ++i) {
        people.emplace_back(port).enter("p" + std::to_string(i), "garden");
    }
    const std::size_t before = server.peak_kilobytes();
    const auto end = clock::now() + 2s;
    std::vector<std::thread> readers;
    for (client& each : people) {
        readers.emplace_back([&each, end] { each.discard(end + 200ms - clock::now()); });
    }
    std::string flood;
    for (int i = 0; i < 10000; ++i) {
        flood += "x\n";
    }
    while (clock::now() < end) {
        people[0].try_send(flood, 100ms);
    }
    for (std::thread& each : readers) {
        each.join();
    }
    for (const client& each : people) {
        EXPECT_FALSE(each.is_cut(0ms)) << "though it reads";
    }
    // Plus messages on their way: for each listener, of the current and of the previous read.
    constexpr std::size_t lines_at_once = coppice::net::read_size_max / 2;
    constexpr std::size_t messages_kilobytes = 2 * lines_at_once * 128 / 1024;
    EXPECT_LT(server.peak_kilobytes() - before,
              listeners * (writing_kilobytes + messages_kilobytes));
}

}  // namespace
}  // namespace chat
