// SPDX-License-Identifier: Apache-2.0
// A thousand clients in fifty rooms, half of which are killed all the time.
//
// Goal    A killed room costs its members a moment and some lines, and costs all other clients nothing.
// Method  All clients on one thread. Each says numbered lines, spread over the time in which rooms are
// killed: odd rooms, one at a time, in an order given by the seed. COPPICE_CHAT_SECONDS is that time (5),
// COPPICE_SEED the seed.

#include "crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "boot/environment.hpp"

namespace chat {
namespace {

// Under ThreadSanitizer a line takes many times as long.
constexpr std::size_t rooms = 50;
constexpr std::size_t clients_in_a_room = 20;
constexpr int lines_a_second = under_tsan ? 2 : 4;
constexpr auto kill_every = 10ms;
/// On a busy machine the killing goes on until there were more kills.
constexpr int few_kills = 50;

bool is_killed(std::size_t room) {
    return room % 2 == 1;
}

std::chrono::seconds killing_time() {
    constexpr std::uint64_t longest = 86'400;
    const auto wanted = coppice::boot::number_in_environment("COPPICE_CHAT_SECONDS").value_or(5);
    return std::chrono::seconds{std::clamp<std::uint64_t>(wanted, 1, longest)};
}

class crowded_chat : public chat_server {
  protected:
    /// Ends a room by a kill from outside or by a crash inside, as a member can request.
    bool kill_room(std::size_t room, std::mt19937_64& random) {
        const coppice::server<chat::room> target{chat::room::process_name(crowd::room_name(room))};
        const coppice::pid victim = world_.whereis(target.name());
        if (!victim) {
            // The room is restarting.
            return false;
        }
        if (random() % 2 == 0) {
            world_.exit(victim, coppice::reason::kill);
        } else {
            world_.cast(target, chat::room::crash{});
        }
        return true;
    }

    void talk_while_rooms_are_killed(crowd& everybody, int lines) {
        const std::uint64_t seed = coppice::testing::seed_from_environment();
        RecordProperty("seed", std::to_string(seed));
        std::mt19937_64 random{seed};
        const auto began = clock::now();
        const auto time = killing_time();
        auto next_kill = began;
        const auto kills_on = [&] { return clock::now() < began + time || kills() <= few_kills; };
        for (int line = 0; line < lines || kills_on();) {
            const auto line_due = began + time * line / lines;
            if (line < lines && clock::now() >= line_due) {
                everybody.each(
                    [&](member& one) { everybody.say(one, "line " + std::to_string(line)); });
                ++line;
            }
            if (clock::now() >= next_kill && kills_on()) {
                const std::size_t room = random() % (rooms / 2) * 2 + 1;
                kills_[room] += kill_room(room, random) ? 1 : 0;
                next_kill += kill_every;
            }
            everybody.turn(std::min(next_kill, line_due));
        }
    }

    int kills() const { return std::accumulate(kills_.begin(), kills_.end(), 0); }

    std::vector<int> kills_ = std::vector<int>(rooms);
};

TEST_F(crowded_chat,
       loses_repeats_and_reorders_nothing_in_rooms_that_live_while_others_are_killed) {
    if (!allow_files(2 * rooms * clients_in_a_room + 200)) {
        return;
    }
    const int in_a_room = static_cast<int>(clients_in_a_room);
    const int lines = lines_a_second * static_cast<int>(killing_time().count());
    crowd everybody{port(), rooms, clients_in_a_room, is_killed};
    const auto all_present = [&](const member& one) { return one.present == in_a_room; };
    const auto ask_until_all_are_present = [&] {
        everybody.each([](member& one) { one.present = 0; });
        return eventually([&] {
            everybody.each([&](member& one) {
                if (!all_present(one)) {
                    everybody.say(one, "/who");
                }
            });
            return everybody.wait_for_all(all_present, 100ms);
        });
    };
    ASSERT_TRUE(everybody.wait_for_all([](const member& one) { return one.entered == 1; }));
    ASSERT_TRUE(ask_until_all_are_present());

    talk_while_rooms_are_killed(everybody, lines);

    // Every member of a killed room was told, and is back.
    EXPECT_TRUE(ask_until_all_are_present());
    everybody.each([&](member& one) { everybody.say(one, "farewell"); });
    EXPECT_TRUE(
        everybody.wait_for_all([&](const member& one) { return one.farewells == in_a_room; }));
    const auto all_lines = static_cast<std::size_t>(lines) * clients_in_a_room;
    std::vector<int> joined(rooms);
    std::size_t heard_in_killed = 0;
    everybody.each([&](member& one) {
        SCOPED_TRACE(one.nick + " in " + crowd::room_name(one.room));
        joined[one.room] += one.joined;
        if (is_killed(one.room)) {
            EXPECT_EQ(one.told > 0, kills_[one.room] > 0);
            EXPECT_LE(one.told, kills_[one.room]);
            // Plus one entry at the beginning.
            EXPECT_GT(one.entered, one.told);
            EXPECT_LE(one.numbered, all_lines);
            heard_in_killed += one.numbered;
        } else {
            EXPECT_EQ(one.numbered, all_lines);
            EXPECT_EQ(one.entered, 1);
        }
    });
    for (std::size_t room = 0; room < rooms; room += 2) {
        // A join announced in a group also reaches the new member.
        EXPECT_GE(joined[room], in_a_room * (in_a_room - 1) / 2);
        EXPECT_LE(joined[room], in_a_room * in_a_room) << "somebody joined again";
    }
    EXPECT_TRUE(everybody.complaints().empty()) << [&] {
        std::string all;
        for (const std::string& each : everybody.complaints()) {
            all += each + "\n";
        }
        return all;
    }();
    EXPECT_GT(kills(), few_kills);
    EXPECT_GT(heard_in_killed, 0U);
    RecordProperty("kills", kills());
}

}  // namespace
}  // namespace chat
