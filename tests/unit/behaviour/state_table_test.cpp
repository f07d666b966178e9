// SPDX-License-Identifier: Apache-2.0
// The table that a gen_statem draws of itself.

#include "coppice/state_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace coppice {
namespace {

struct door {
    struct locked {};
    struct open {};
    struct broken {};
    struct code {};
    struct lock {};
    struct kick {};
    struct ask {};
    using events = messages<code, kick, ask, lock>;

    transition<open, broken> handle_cast(locked, code) { return next_state<open>(); }
    void handle_cast(open, code) { postpone(); }
    replies<int, broken> handle_call(open, kick) { return {1, next_state<broken>()}; }
    int handle_call(auto, ask) { return 2; }
    void handle_enter(open) {}
    task<transition<locked>> handle_timeout(open, lock) { co_return next_state<locked>(); }

    state_functions<locked, open, broken> machine;
};

struct lamp {
    struct press {};
    using events = messages<press>;
    enum class mode { off, on };

    transition<mode> handle_cast(mode, press) { return next_state(mode::on); }

    handle_event_function<mode> machine{mode::off};
};

TEST(state_table, has_a_row_for_each_callback) {
    const state_table table = table_of<door>();
    EXPECT_EQ(table.machine, "door");
    EXPECT_EQ(table.states, (std::vector<std::string>{"locked", "open", "broken"}));
    EXPECT_EQ(table.enters, (std::vector<std::string>{"open"}));
    const std::vector<state_row> expected{{"locked", "cast", "code", {"open", "broken"}},
                                          {"open", "cast", "code", {}},
                                          {"open", "call", "kick", {"broken"}},
                                          {"locked", "call", "ask", {}},
                                          {"open", "call", "ask", {}},
                                          {"broken", "call", "ask", {}},
                                          {"open", "timeout", "lock", {"locked"}}};
    EXPECT_EQ(table.rows, expected);
}

TEST(state_table, draws_itself_as_mermaid) {
    EXPECT_EQ(to_mermaid(table_of<door>()),
              "stateDiagram-v2\n"
              "    state \"locked\" as s0\n"
              "    state \"open\" as s1\n"
              "    state \"broken\" as s2\n"
              "    [*] --> s0\n"
              "    s0 --> s1 : cast code\n"
              "    s0 --> s2 : cast code\n"
              "    s1 --> s1 : cast code\n"
              "    s1 --> s2 : call kick\n"
              "    s0 --> s0 : call ask\n"
              "    s1 --> s1 : call ask\n"
              "    s2 --> s2 : call ask\n"
              "    s1 --> s0 : timeout lock\n");
}

TEST(state_table, writes_itself_as_text) {
    EXPECT_EQ(to_text(table_of<door>()),
              "| door | locked | open | broken |\n"
              "| --- | --- | --- | --- |\n"
              "| cast code | → open, broken | stays | |\n"
              "| call kick | | → broken | |\n"
              "| call ask | stays | stays | stays |\n"
              "| timeout lock | | → locked | |\n"
              "| enter | | runs | |\n");
}

TEST(state_table, of_a_machine_whose_state_is_a_value_has_one_column) {
    EXPECT_EQ(to_mermaid(table_of<lamp>()),
              "stateDiagram-v2\n"
              "    state \"any state\" as s0\n"
              "    [*] --> s0\n"
              "    s0 --> s0 : cast press\n");
    EXPECT_EQ(to_text(table_of<lamp>()),
              "| lamp | any state |\n"
              "| --- | --- |\n"
              "| cast press | → any state |\n");
}

}  // namespace
}  // namespace coppice
