// SPDX-License-Identifier: Apache-2.0
// Goal: `coppice top` on a terminal: keys sort, show the tree and the reports, kill after a question and
// leave. The display fits a terminal of any size.
// Method: as for the console, see console_terminal_test.cpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "commands/command.hpp"
#include "console/lessons_program.hpp"
#include "support/program_files.hpp"
#include "support/terminal_program.hpp"

namespace coppice::test {
namespace {

constexpr const char* escape = "\x1b";
constexpr const char* down = "\x1bOB";
constexpr const char* to_the_end = "\x1bOF";

/// Word N of a line, from 0.
std::string word(const std::string& line, std::size_t number) {
    std::istringstream in{line};
    std::string out;
    for (std::size_t i = 0; i <= number; ++i) {
        out.clear();
        in >> out;
    }
    return out;
}

class top_on_a_terminal : public ::testing::Test {
  protected:
    static terminal_program start(terminal_size size = {},
                                  std::vector<std::string> variables = {}) {
        return terminal_program{{COPPICE_COMMAND, "top", "lessons"}, std::move(variables), size};
    }
    static std::string say(const std::string& command) {
        std::ostringstream out;
        EXPECT_EQ(cli::run_command({"console", "lessons", "-c", command}, out, out), 0)
            << out.str();
        std::string text = out.str();
        text.erase(text.find_last_not_of('\n') + 1);
        return text;
    }
    static bool until_in(terminal_program& on, std::size_t row, const std::string& text) {
        SCOPED_TRACE("waiting for \"" + text + "\" in row " + std::to_string(row));
        return on.until(
            [&](const terminal_screen& s) { return s.row(row).find(text) != std::string::npos; });
    }
    static bool until_last(terminal_program& on, const std::string& text) {
        SCOPED_TRACE("waiting for \"" + text + "\" in the last row");
        return on.until(
            [&](const terminal_screen& s) { return s.last_row().find(text) != std::string::npos; });
    }
    static void leave(terminal_program& on, const char* key = escape) {
        on.type(key);
        EXPECT_EQ(on.wait(), 0);
        EXPECT_FALSE(on.screen().is_alternate());
    }

    scratch_folder home_;
    set_variable runtime_{"XDG_RUNTIME_DIR", home_.path()};
    lessons_program lessons_;
};

TEST_F(top_on_a_terminal, shows_the_processes_and_leaves_at_a_key) {
    for (const char* key : {escape, "Q", "\x04"}) {
        terminal_program on = start();
        ASSERT_TRUE(until_in(on, 0, "lessons  up "));
        ASSERT_TRUE(until_in(on, 1, "reductions/s"));
        ASSERT_TRUE(until_last(on, "Esc leaves"));
        ASSERT_TRUE(on.until_shown("tournament"));
        EXPECT_TRUE(on.screen().is_alternate());
        leave(on, key);
    }
}

/// The second words of the rows, without numbers.
std::vector<std::string> names_on(const terminal_screen& s) {
    std::vector<std::string> out;
    for (std::size_t y = 2; y < 23; ++y) {
        const std::string name = word(s.row(y), 1);
        if (!name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0) {
            out.push_back(name);
        }
    }
    return out;
}

TEST_F(top_on_a_terminal, sorts_by_name) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("n");
    ASSERT_TRUE(on.until([](const terminal_screen& s) {
        const std::vector<std::string> names = names_on(s);
        return names.size() >= 6 && std::ranges::is_sorted(names);
    }));
    leave(on);
}

TEST_F(top_on_a_terminal, sorts_by_queue) {
    say("suspend cache");
    say("cast cache save x");
    say("cast cache save y");
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("n");
    ASSERT_TRUE(until_in(on, 2, "application_controller"));
    on.type("q");
    ASSERT_TRUE(on.until([](const terminal_screen& s) {
        return word(s.row(2), 1) == "cache" && word(s.row(2), 2) == "2";
    }));
    leave(on);
}

TEST_F(top_on_a_terminal, sorts_by_reductions_memory_and_age) {
    for (int i = 0; i < 50; ++i) {
        say("cast counter increment 1");
    }
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("n");
    ASSERT_TRUE(until_in(on, 2, "application_controller"));
    on.type("r");
    ASSERT_TRUE(on.until([](const terminal_screen& s) {
        return s.row(2).find("application_controller") == std::string::npos;
    }));
    for (const char* key : {"m", "a"}) {
        on.type("n");
        ASSERT_TRUE(until_in(on, 2, "application_controller"));
        on.type(key);
        ASSERT_TRUE(on.until([](const terminal_screen& s) {
            const std::vector<std::string> names = names_on(s);
            return names.size() >= 6 && !std::ranges::is_sorted(names);
        }));
    }
    leave(on);
}

TEST_F(top_on_a_terminal, shows_the_tree_and_goes_back) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("t");
    ASSERT_TRUE(until_in(on, 1, "tree"));
    ASSERT_TRUE(on.until_shown("├─ counter <0."));
    on.type("t");
    ASSERT_TRUE(until_in(on, 1, "reductions/s"));
    leave(on);
}

TEST_F(top_on_a_terminal, shows_new_reports) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("e");
    ASSERT_TRUE(until_in(on, 1, "reports, the newest first"));
    say("exit counter kill");
    ASSERT_TRUE(on.until_shown("killed"));
    on.type("e");
    ASSERT_TRUE(until_in(on, 1, "reductions/s"));
    leave(on);
}

TEST_F(top_on_a_terminal, kills_the_selected_process_after_confirmation) {
    const std::string before = say("whereis cache");
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.type("n");
    ASSERT_TRUE(until_in(on, 2, "application_controller"));
    on.type(down);
    on.type("k");
    ASSERT_TRUE(until_last(on, "kill cache " + before + "? y or n"));
    on.type("n");
    ASSERT_TRUE(until_last(on, "Esc leaves"));
    EXPECT_EQ(say("whereis cache"), before);
    on.type("k");
    ASSERT_TRUE(until_last(on, "kill cache " + before + "? y or n"));
    on.type("y");
    ASSERT_TRUE(until_last(on, before + " is killed"));
    EXPECT_TRUE(eventually([&] {
        const std::string now = say("whereis cache");
        return now != before && now.starts_with("<0.");
    }));
    leave(on);
}

TEST_F(top_on_a_terminal, follows_the_size_of_the_terminal) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    on.resize({.rows = 6, .columns = 40});
    ASSERT_TRUE(until_last(on, "sort q)ueue"));
    on.resize({.rows = 40, .columns = 140});
    ASSERT_TRUE(until_last(on, "Esc leaves"));
    ASSERT_TRUE(on.until_shown("tournament"));
    leave(on);
}

TEST_F(top_on_a_terminal, scrolls_when_there_are_more_rows_than_room) {
    terminal_program on = start({.rows = 6, .columns = 100});
    ASSERT_TRUE(until_last(on, "Esc leaves"));
    on.type("n");
    ASSERT_TRUE(until_in(on, 2, "application_controller"));
    on.type(to_the_end);
    ASSERT_TRUE(on.until([](const terminal_screen& s) {
        return s.row(2).find("application_controller") == std::string::npos && !s.row(4).empty();
    }));
    on.type("\x1bOH");
    ASSERT_TRUE(until_in(on, 2, "application_controller"));
    leave(on);
}

TEST_F(top_on_a_terminal, survives_a_terminal_that_is_too_small) {
    for (const terminal_size size :
         {terminal_size{1, 1}, terminal_size{1, 80}, terminal_size{2, 10}, terminal_size{3, 3}}) {
        terminal_program on = start(size);
        ASSERT_TRUE(on.until([](const terminal_screen& s) { return !s.text().empty(); }));
        on.type("t");
        on.type(down);
        on.resize({.rows = 24, .columns = 100});
        ASSERT_TRUE(until_last(on, "Esc leaves"));
        ASSERT_TRUE(until_in(on, 1, "tree"));
        leave(on);
    }
}

TEST_F(top_on_a_terminal, refuses_a_terminal_that_is_not_known) {
    terminal_program on = start({}, {"TERM=no_such_terminal"});
    EXPECT_EQ(on.wait(), 1);
    EXPECT_NE(on.screen().text().find("the terminal type in TERM is unknown"), std::string::npos)
        << on.screen().text();
}

TEST_F(top_on_a_terminal, tells_when_the_program_has_ended) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("tournament"));
    say("stop");
    EXPECT_EQ(on.wait(), 3);
    EXPECT_FALSE(on.screen().is_alternate());
    EXPECT_NE(on.screen().text().find("coppice: "), std::string::npos) << on.screen().text();
    EXPECT_EQ(lessons_.wait(), 0);
}

}  // namespace
}  // namespace coppice::test
