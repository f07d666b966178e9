// SPDX-License-Identifier: Apache-2.0
// Every cell of the table in process/life.hpp.
//
// Goal    Each event leads from each state to the state of the table, sets the reason where the table says so,
//         and breaks the contract in all other states.
// Method  A row of the test is a row of the table. A life is brought into each state by a path of events.

#include "process/life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::process_layer {
namespace {

using enum life::state;

constexpr std::array all_states{free, born, running, ended, doomed, closing, lost};

std::string_view name_of(life::state state) {
    constexpr std::array<std::string_view, all_states.size()> names{
        "free", "born", "running", "ended", "doomed", "closing", "lost"};
    for (std::size_t i = 0; i < all_states.size(); ++i) {
        if (all_states.at(i) == state) {
            return names.at(i);
        }
    }
    return "?";
}

life in(life::state wanted) {
    life out;
    if (wanted == free) {
        return out;
    }
    out.be_born();
    if (wanted == born) {
        return out;
    }
    out.begin();
    const bool dies = wanted == doomed || wanted == closing || wanted == lost;
    if (dies) {
        EXPECT_TRUE(out.doom());
    } else if (wanted == ended) {
        EXPECT_TRUE(out.end());
    }
    if (wanted == closing) {
        out.close();
    } else if (wanted == lost) {
        out.lose();
    }
    return out;
}

/// What an event does, in the words of the table.
template <class Event>
std::vector<std::string> row(Event event, const std::vector<life::state>& refused) {
    std::vector<std::string> cells;
    for (const life::state before : all_states) {
        if (std::find(refused.begin(), refused.end(), before) != refused.end()) {
            life broken = in(before);
            EXPECT_DEATH(static_cast<void>(event(broken)), "broken contract") << name_of(before);
            cells.emplace_back("x");
            continue;
        }
        life now = in(before);
        EXPECT_EQ(now.now(), before);
        const bool sets_reason = event(now);
        cells.push_back(now.now() == before && !sets_reason
                            ? "-"
                            : std::string{name_of(now.now())} + (sets_reason ? "!" : ""));
    }
    return cells;
}

using cells = std::vector<std::string>;

TEST(life, is_born_in_a_free_slot_only) {
    const auto event = [](life& of) {
        of.be_born();
        return false;
    };
    EXPECT_EQ(row(event, {born, running, ended, doomed, closing, lost}),
              (cells{"born", "x", "x", "x", "x", "x", "x"}));
}

TEST(life, begins_after_the_birth_only) {
    const auto event = [](life& of) {
        of.begin();
        return false;
    };
    EXPECT_EQ(row(event, {free, running, ended, doomed, closing, lost}),
              (cells{"x", "running", "x", "x", "x", "x", "x"}));
}

TEST(life, ends_with_the_reason_of_the_body_unless_it_has_ended) {
    const auto event = [](life& of) { return of.end(); };
    EXPECT_EQ(row(event, {free, born, lost}),
              (cells{"x", "x", "ended!", "-", "closing!", "-", "x"}));
}

TEST(life, is_doomed_by_the_first_fatal_signal) {
    const auto event = [](life& of) { return of.doom(); };
    EXPECT_EQ(row(event, {free}), (cells{"x", "doomed!", "doomed!", "closing!", "-", "-", "-"}));
}

TEST(life, closes_after_an_end_or_a_fatal_signal) {
    const auto event = [](life& of) {
        of.close();
        return false;
    };
    EXPECT_EQ(row(event, {free, born, running, lost}),
              (cells{"x", "x", "x", "closing", "closing", "-", "x"}));
}

TEST(life, is_lost_while_it_dies) {
    const auto event = [](life& of) {
        of.lose();
        return false;
    };
    EXPECT_EQ(row(event, {free, born, running, ended, lost}),
              (cells{"x", "x", "x", "x", "lost", "lost", "x"}));
}

TEST(life, leaves_its_slot_after_the_death) {
    const auto event = [](life& of) {
        of.leave();
        return false;
    };
    EXPECT_EQ(row(event, {free, born, running, ended, doomed}),
              (cells{"x", "x", "x", "x", "x", "free", "free"}));
}

TEST(life, answers_about_several_states_at_once) {
    for (const life::state each : all_states) {
        const life now = in(each);
        const bool dies = each != born && each != running;
        EXPECT_EQ(now.is_born(), each == born);
        EXPECT_EQ(now.has_ended(), each == ended || each == closing || each == free);
        EXPECT_EQ(now.is_doomed(), dies && each != ended);
        EXPECT_EQ(now.has_to_die(), dies);
        EXPECT_EQ(now.needs_care(), dies);
    }
}

TEST(life, keeps_its_marks_in_all_changes_of_the_state_until_the_slot_is_left) {
    using enum life::mark;
    for (const life::mark each : {starved, drops, end_told}) {
        life now;
        now.be_born();
        now.set(each);
        EXPECT_EQ(now.needs_care(), each != end_told);
        now.begin();
        EXPECT_TRUE(now.end());
        EXPECT_TRUE(now.doom());
        EXPECT_TRUE(now.has(each));
        now.lose();
        EXPECT_TRUE(now.has(each));
        now.leave();
        EXPECT_FALSE(now.has(each));
        EXPECT_EQ(now.now(), free);
    }
}

TEST(life, loses_a_mark_that_is_cleared_and_no_other) {
    life now = in(running);
    now.set(life::mark::starved);
    now.set(life::mark::drops);
    now.clear(life::mark::starved);
    EXPECT_FALSE(now.has(life::mark::starved));
    EXPECT_TRUE(now.has(life::mark::drops));
    EXPECT_EQ(now.now(), running);
}

}  // namespace
}  // namespace coppice::process_layer
