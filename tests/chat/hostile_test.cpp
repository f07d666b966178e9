// SPDX-License-Identifier: Apache-2.0
// The chat server with misbehaving clients.
//
// Goal    A client that sends rubbish, stays silent, vanishes or does not read harms no other client, nor do
// too many clients. Each such client gets a clear answer or a clear end.
// Method  Client sockets on loopback, a deadline on every wait.

#include <vector>

#include "chat_clients.hpp"

namespace chat {
namespace {

class hostile_clients : public chat_server {};

TEST_F(hostile_clients, get_one_answer_to_one_overlong_line) {
    client ada{port()};
    EXPECT_TRUE(ada.next_line().starts_with("Welcome"));
    const std::string block(std::size_t{1} << 20U, 'x');
    for (int i = 0; i < 10; ++i) {
        ada.send(block);
    }
    ada.send("\n/nick ada\n");
    EXPECT_EQ(ada.next_line(), "! that line is over 1000 bytes; it was dropped");
    EXPECT_EQ(ada.next_line(), "you are ada");
}

TEST_F(hostile_clients, get_an_error_for_bad_utf8_at_any_position) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    for (const std::string bad : {"\xFF\xFE", "/nick \xC3(", "half \xE2\x82", "\xED\xA0\x80"}) {
        ada.say(bad);
        EXPECT_EQ(ada.hear("!"), "! that line is not UTF-8; it was dropped");
    }
    ada.say("gr\xC3\xBC\xC3\x9F");
    // The first line: the bad lines did not arrive.
    EXPECT_EQ(bob.next_line(), "[garden] ada: gr\xC3\xBC\xC3\x9F");
}

TEST_F(hostile_clients, get_an_error_for_each_invalid_command) {
    client ada{port()};
    EXPECT_TRUE(ada.next_line().starts_with("Welcome"));
    for (const std::string command : {"/", "/dance", "/ nick ada", "//", "/NICK ada", "/crash",
                                      "/crash everything", "/quitting"}) {
        ada.say(command);
        const std::string answer = ada.next_line();
        if (command == "/ nick ada") {
            // Spaces before the command word are ignored.
            EXPECT_EQ(answer, "you are ada");
        } else {
            EXPECT_TRUE(answer.starts_with("! unknown command")) << command << ": " << answer;
        }
    }
    for (const std::string command :
         {"/join", "/join a/b", "/nick", "/nick a/b", "/who", "hello"}) {
        ada.say(command);
        EXPECT_TRUE(ada.next_line().starts_with("!")) << command;
    }
    ada.say("/nick " + std::string(30, 'n'));
    EXPECT_EQ(ada.next_line(), "you are " + std::string(30, 'n'));
    ada.say("/nick " + std::string(31, 'n'));
    EXPECT_TRUE(ada.next_line().starts_with("! a nick is"));
}

TEST_F(hostile_clients, do_not_affect_other_clients_while_silent) {
    std::vector<client> silent;
    for (int i = 0; i < 200; ++i) {
        silent.emplace_back(port());
    }
    for (client& each : silent) {
        EXPECT_TRUE(each.next_line().starts_with("Welcome"));
    }
    // The rest never follows.
    silent.front().send("half a li");
    client ada = join("ada", "garden");
    ada.say("hello");
    EXPECT_EQ(ada.hear("hello"), "[garden] ada: hello");
    silent.back().say("/nick late");
    EXPECT_EQ(silent.back().next_line(), "you are late");
}

TEST_F(hostile_clients, leave_their_rooms_at_a_connection_reset_or_close) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    bob.vanish();
    EXPECT_NE(ada.hear("bob left"), "");
    client eve = join("eve", "garden");
    eve.leave();
    EXPECT_NE(ada.hear("eve left"), "");
    client zed{port()};
    // Before sending any line.
    zed.vanish();
    ada.say("/who");
    EXPECT_EQ(ada.hear("here:"), "here: ada");
}

TEST_F(hostile_clients, are_read_until_their_half_close_and_then_closed_in_order) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    EXPECT_NE(ada.hear("bob joined"), "");
    bob.send("farewell\nunfinis");
    bob.half_close();
    EXPECT_EQ(ada.next_line(), "[garden] bob: farewell");
    // A line without its ending does not count.
    EXPECT_EQ(ada.next_line(), "bob left");
    EXPECT_EQ(bob.end(), ending::closed);
}

/// `talker` says long lines and waits for its own echo, `lines` times.
void talk(client& talker, const std::string& room, int lines) {
    const std::string text(900, 't');
    for (int i = 0; i < lines; ++i) {
        talker.say(text);
        ASSERT_NE(talker.hear("[" + room + "]"), "") << "line " << i;
    }
}

TEST_F(hostile_clients, are_disconnected_when_not_reading_the_room) {
    client ada = join("ada", "garden");
    client bob = join("bob", "garden");
    client slow{port(), 4096};
    slow.enter("slow", "garden");
    EXPECT_NE(ada.hear("slow joined"), "");
    const auto deadline = clock::now() + patience;
    bool left = false;
    const std::string text(900, 't');
    while (!left && clock::now() < deadline) {
        ada.say(text);
        for (bool echoed = false; !echoed && !left;) {
            const std::string line = ada.next_line();
            ASSERT_NE(line, "");
            left = line == "slow left";
            echoed = line.ends_with(text);
        }
        ASSERT_NE(bob.hear(text), "");
    }
    EXPECT_TRUE(left);
    // The connection ends too, although the client never reads.
    EXPECT_TRUE(slow.is_cut());
    talk(ada, "garden", 10);
    EXPECT_NE(bob.hear("ttt"), "");
}

TEST_F(hostile_clients, are_disconnected_when_not_reading_answers) {
    client ada = join("ada", "garden");
    client greedy{port(), 4096};
    std::string questions;
    for (int i = 0; i < 1000; ++i) {
        questions += "/dance\n";
    }
    const auto deadline = clock::now() + patience;
    while (greedy.try_send(questions) && clock::now() < deadline) {
    }
    EXPECT_LT(clock::now(), deadline) << "the server went on answering";
    EXPECT_TRUE(greedy.is_cut());
    talk(ada, "garden", 10);
}

TEST_F(hostile_clients, get_all_answers_to_many_commands_at_once_while_reading) {
    constexpr std::size_t count = 20000;
    client ada{port()};
    EXPECT_TRUE(ada.next_line().starts_with("Welcome"));
    std::string questions;
    for (std::size_t i = 0; i < count; ++i) {
        questions += "/dance\n";
    }
    const std::string answers = ada.converse(questions + "/quit\n");
    EXPECT_EQ(static_cast<std::size_t>(std::count(answers.begin(), answers.end(), '!')), count);
    EXPECT_TRUE(answers.ends_with("\nBye.\n"));
}

TEST_F(hostile_clients, flood_a_room_and_each_reader_receives_every_line) {
    constexpr int lines = under_tsan ? 5000 : 100000;
    std::vector<client> people;
    for (int i = 0; i < 6; ++i) {
        people.push_back(join("p" + std::to_string(i), "garden"));
    }
    std::vector<int> heard(people.size());
    std::vector<std::thread> readers;
    for (std::size_t i = 0; i < people.size(); ++i) {
        readers.emplace_back([&one = people[i], &count = heard[i]] {
            for (std::string line = "-"; !line.empty() && line != "[garden] p0: that is all";) {
                line = one.next_line();
                count += line == "[garden] p0: x" ? 1 : 0;
            }
        });
    }
    std::string flood;
    for (int i = 0; i < lines; ++i) {
        flood += "x\n";
    }
    EXPECT_TRUE(people[0].try_send(flood + "that is all\n"));
    for (std::thread& each : readers) {
        each.join();
    }
    EXPECT_EQ(heard, std::vector<int>(people.size(), lines));
}

constexpr std::size_t clients_max = 200;

class a_small_house : public chat_server {
  protected:
    a_small_house()
        : chat_server{[] {
              limits small = generous();
              small.clients = clients_max;
              small.rooms = 2;
              return small;
          }()} {}
};

TEST_F(a_small_house, refuses_clients_above_its_limit_with_a_message) {
    std::vector<client> inside;
    for (std::size_t i = 0; i < clients_max; ++i) {
        inside.emplace_back(port());
    }
    for (client& each : inside) {
        ASSERT_TRUE(each.next_line().starts_with("Welcome"));
    }
    std::vector<client> outside;
    for (int i = 0; i < 100; ++i) {
        outside.emplace_back(port());
        // Before reading any line.
        outside.back().try_send("/nick eager\n/join garden\n");
    }
    for (client& each : outside) {
        EXPECT_EQ(each.end(), ending::closed);
        EXPECT_EQ(each.rest(), "The house is full. Please come back later.\n");
    }
    inside.front().enter("first", "garden");
    inside.back().enter("last", "garden");
    EXPECT_NE(inside.front().hear("last joined"), "");
    inside[1].say("/quit");
    EXPECT_EQ(inside[1].end(), ending::closed);
    EXPECT_TRUE(eventually([&] { return client{port()}.next_line().starts_with("Welcome"); }));
}

TEST_F(a_small_house, opens_a_room_only_when_another_has_ended) {
    client ada = join("ada", "garden");
    client bob = join("bob", "cellar");
    client eve{port()};
    eve.enter("eve", "garden");
    eve.say("/join attic");
    EXPECT_NE(eve.hear("! no room can be opened now"), "");
    eve.say("/join cellar");
    EXPECT_NE(eve.hear("you are in cellar"), "");
    // The last member.
    ada.say("/leave");
    EXPECT_TRUE(eventually([&] { return !world_.whereis("room:garden"); }));
    ada.say("/join attic");
    EXPECT_NE(ada.hear("you are in attic"), "");
}

}  // namespace
}  // namespace chat
