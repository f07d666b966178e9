// SPDX-License-Identifier: Apache-2.0
// Goal: `coppice console` on a terminal: line editing, completion and history work, Ctrl-C and Ctrl-D act as
// usual, reports appear above the line, and colours are for terminals only.
// Method: the command runs on a pseudo terminal and talks with a running program; a test types, and waits
// for the text on the screen.

#include <gtest/gtest.h>

#include <sstream>

#include "commands/command.hpp"
#include "console/lessons_program.hpp"
#include "support/program_files.hpp"
#include "support/terminal_program.hpp"

namespace coppice::test {
namespace {

constexpr const char* up = "\x1b[A";
constexpr const char* left = "\x1b[D";
constexpr const char* ctrl_a = "\x01";
constexpr const char* ctrl_c = "\x03";
constexpr const char* ctrl_d = "\x04";
constexpr const char* tab = "\t";

class console_on_a_terminal : public ::testing::Test {
  protected:
    terminal_program start(std::vector<std::string> variables = {}) {
        variables.push_back("XDG_STATE_HOME=" + home_.path());
        return terminal_program{{COPPICE_COMMAND, "console", "lessons"}, std::move(variables)};
    }
    /// Waits until the cursor's line is the prompt followed by `typed`, and keys are accepted. The prompt
    /// appears before keys are accepted.
    static bool until_line(terminal_program& on, const std::string& typed) {
        SCOPED_TRACE("waiting for the line \"" + typed + "\"");
        const std::string line = typed.empty() ? "lessons>" : "lessons> " + typed;
        return on.until([&](const terminal_screen& s) { return s.row(s.cursor_row()) == line; }) &&
               eventually([&] { return on.takes_keys(); });
    }
    /// Types the rest of a line that then reads `line`, and waits for its answer and the next prompt.
    static bool answers(terminal_program& on, const std::string& rest, const std::string& line,
                        const std::string& answer) {
        on.type(rest + "\r");
        return on.until_shown("lessons> " + line + "\n" + answer + "\nlessons>") &&
               until_line(on, "");
    }
    static bool answers(terminal_program& on, const std::string& line, const std::string& answer) {
        return answers(on, line, line, answer);
    }
    static void leave(terminal_program& on) {
        ASSERT_TRUE(until_line(on, ""));
        on.type(ctrl_d);
        EXPECT_EQ(on.wait(), 0);
    }

    scratch_folder home_;
    set_variable runtime_{"XDG_RUNTIME_DIR", home_.path()};
    lessons_program lessons_;
};

TEST_F(console_on_a_terminal, greets_and_leaves_at_ctrl_d) {
    terminal_program on = start();
    ASSERT_TRUE(on.until_shown("Connected to lessons. help lists the commands, Ctrl-D leaves."));
    leave(on);
}

TEST_F(console_on_a_terminal, leaves_at_quit) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("quit\r");
    EXPECT_EQ(on.wait(), 0);
}

TEST_F(console_on_a_terminal, carries_out_a_line) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    ASSERT_TRUE(answers(on, "call counter get", "0"));
    leave(on);
}

TEST_F(console_on_a_terminal, lets_a_line_be_edited) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("all counter gt");
    ASSERT_TRUE(until_line(on, "all counter gt"));
    on.type(left);
    on.type("e");
    ASSERT_TRUE(until_line(on, "all counter get"));
    on.type(ctrl_a);
    on.type(
        "xc\x7f\x7f"
        "c");
    ASSERT_TRUE(until_line(on, "call counter get"));
    ASSERT_TRUE(answers(on, "", "call counter get", "0"));
    leave(on);
}

TEST_F(console_on_a_terminal, completes_commands_names_and_messages) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("wher");
    on.type(tab);
    ASSERT_TRUE(until_line(on, "whereis"));
    on.type("cou");
    on.type(tab);
    ASSERT_TRUE(until_line(on, "whereis counter"));
    on.type(ctrl_c);
    ASSERT_TRUE(until_line(on, ""));
    on.type("cast counter i");
    on.type(tab);
    ASSERT_TRUE(until_line(on, "cast counter increment"));
    ASSERT_TRUE(answers(on, "5", "cast counter increment 5", "ok"));
    leave(on);
}

TEST_F(console_on_a_terminal, lists_the_completions_of_a_prefix) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("whereis c");
    on.type(tab);
    ASSERT_TRUE(on.until_shown("cache  counter"));
    ASSERT_TRUE(until_line(on, "whereis c"));
    on.type("a");
    on.type(tab);
    ASSERT_TRUE(until_line(on, "whereis cache"));
    on.type("\r");
    ASSERT_TRUE(on.until_shown("<0."));
    leave(on);
}

TEST_F(console_on_a_terminal, remembers_lines_also_from_one_talk_to_the_next) {
    {
        terminal_program first = start();
        ASSERT_TRUE(until_line(first, ""));
        ASSERT_TRUE(answers(first, "call counter get", "0"));
        first.type("cast counter increment 10\r");
        ASSERT_TRUE(first.until_shown("increment 10\nok\nlessons>"));
        ASSERT_TRUE(until_line(first, ""));
        first.type(up);
        ASSERT_TRUE(until_line(first, "cast counter increment 10"));
        first.type(up);
        ASSERT_TRUE(until_line(first, "call counter get"));
        ASSERT_TRUE(answers(first, "", "call counter get", "10"));
        leave(first);
    }
    terminal_program next = start();
    ASSERT_TRUE(until_line(next, ""));
    next.type(up);
    ASSERT_TRUE(until_line(next, "call counter get"));
    ASSERT_TRUE(answers(next, "", "call counter get", "10"));
    leave(next);
}

TEST_F(console_on_a_terminal, drops_the_line_at_ctrl_c_and_goes_on) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("stop");
    ASSERT_TRUE(until_line(on, "stop"));
    on.type(ctrl_c);
    ASSERT_TRUE(on.until_shown("^C"));
    ASSERT_TRUE(until_line(on, ""));
    ASSERT_TRUE(answers(on, "call counter get", "0"));
    leave(on);
}

TEST_F(console_on_a_terminal, ends_a_trace_at_ctrl_c) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("trace counter for 3600\r");
    ASSERT_TRUE(on.until_shown("trace counter for 3600"));
    std::ostringstream other;
    ASSERT_TRUE(on.until([&](const terminal_screen& s) {
        cli::run_command({"console", "lessons", "-c", "cast counter increment 1"}, other, other);
        return s.text().find("increment{by: 1}") != std::string::npos;
    }));
    on.type(ctrl_c);  // the terminal shows ctrl_c, before the prompt
    ASSERT_TRUE(on.until(
        [](const terminal_screen& s) { return s.row(s.cursor_row()).ends_with("lessons>"); }));
    ASSERT_TRUE(eventually([&] { return on.takes_keys(); }));
    on.type(ctrl_d);
    EXPECT_EQ(on.wait(), 0);
}

TEST_F(console_on_a_terminal, prints_reports_above_the_line_that_is_typed) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("reports error\r");
    ASSERT_TRUE(on.until_shown("reports error\nok\nlessons>"));
    ASSERT_TRUE(until_line(on, ""));
    on.type("call cou");
    ASSERT_TRUE(until_line(on, "call cou"));
    std::ostringstream other;
    cli::run_command({"console", "lessons", "-c", "exit counter kill"}, other, other);
    ASSERT_TRUE(on.until_shown("killed"));
    ASSERT_TRUE(until_line(on, "call cou"));
    ASSERT_TRUE(answers(on, "nter get", "call counter get", "0"));
    leave(on);
}

TEST_F(console_on_a_terminal, has_colours_unless_disabled) {
    for (const bool wanted : {true, false}) {
        terminal_program on =
            start(wanted ? std::vector<std::string>{} : std::vector<std::string>{"NO_COLOR=1"});
        ASSERT_TRUE(until_line(on, ""));
        on.type("nonsense\r");
        ASSERT_TRUE(on.until_shown("error: there is no command nonsense"));
        EXPECT_EQ(on.screen().has_colours(), wanted);
        leave(on);
    }
    std::ostringstream plain;
    cli::run_command({"console", "lessons", "-c", "nonsense"}, plain, plain);
    EXPECT_EQ(plain.str().find('\x1b'), std::string::npos) << plain.str();
}

TEST_F(console_on_a_terminal, tells_when_the_program_has_ended) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("stop\r");
    ASSERT_TRUE(on.until_shown("lessons has ended"));
    EXPECT_EQ(on.wait(), 3);
    EXPECT_EQ(lessons_.wait(), 0);
}

TEST_F(console_on_a_terminal, opens_top_and_comes_back) {
    terminal_program on = start();
    ASSERT_TRUE(until_line(on, ""));
    on.type("top\r");
    ASSERT_TRUE(on.until_shown("Esc leaves"));
    on.type("Q");
    ASSERT_TRUE(on.until([](const terminal_screen& s) { return !s.is_alternate(); }));
    ASSERT_TRUE(until_line(on, ""));
    on.type("call counter get\r");
    ASSERT_TRUE(on.until_shown("call counter get\n0\nlessons>"));
    ASSERT_TRUE(until_line(on, ""));
    leave(on);
}

}  // namespace
}  // namespace coppice::test
