// SPDX-License-Identifier: Apache-2.0
// Plays the sessions in tests/console/sessions with a running program through the console.
//
// Goal    The console does what IEx does in lessons about supervision, with the same answers.
// Method  The program runs as a child of the test. The test carries out each line "> command" and compares
//         the output with the lines below. A command after "...> " is repeated until the output matches,
//         because a restart takes a moment. Letters stand for pids, in order of appearance.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "commands/command.hpp"
#include "console/lessons_program.hpp"
#include "support/eventually.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

/// Letters for pids.
class pid_letters {
  public:
    std::string lettered(const std::string& text) {
        return replaced(text, std::regex{"<0\\.[0-9]+\\.[0-9]+>"}, [this](const std::string& pid) {
            const auto next = static_cast<char>('A' + static_cast<int>(letters_.size()));
            const auto found = letters_.emplace(pid, std::string{"<"} + next + ">").first;
            return found->second;
        });
    }
    std::string numbered(const std::string& text) const {
        return replaced(text, std::regex{"<[A-Z]>"}, [this](const std::string& letter) {
            for (const auto& [pid, name] : letters_) {
                if (name == letter) {
                    return pid;
                }
            }
            return letter;
        });
    }

  private:
    template <class Replace>
    static std::string replaced(std::string text, const std::regex& what, Replace by) {
        std::string out;
        for (std::smatch found; std::regex_search(text, found, what);) {
            out += found.prefix().str() + by(found.str());
            text = found.suffix().str();
        }
        return out + text;
    }

    std::map<std::string, std::string> letters_;
};

/// The columns of a table are as wide as the pids: one blank stands for any number.
std::string without_alignment(const std::string& text) {
    return std::regex_replace(text, std::regex{" +"}, " ");
}

struct exchange {
    std::string command;
    std::string answer;
    bool is_repeated = false;
};

std::vector<exchange> read_session(const std::string& file) {
    std::vector<exchange> out;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("> ")) {
            out.push_back({line.substr(2), {}, false});
        } else if (line.starts_with("...> ")) {
            out.push_back({line.substr(5), {}, true});
        } else if (!line.starts_with("#") && !out.empty()) {
            out.back().answer += line + "\n";
        }
    }
    return out;
}

/// The output of one connection.
std::string say_all(const std::vector<std::string>& commands) {
    std::vector<std::string> words{"console", "lessons"};
    for (const std::string& each : commands) {
        words.insert(words.end(), {"-c", each});
    }
    std::ostringstream out;
    cli::run_command(words, out, out);
    return out.str();
}
std::string say(const std::string& command) {
    return say_all({command});
}

/// The last output, with letters for pids.
std::string answer_to(const exchange& said, pid_letters& letters) {
    std::string answer;
    const auto is_right = [&] {
        pid_letters now = letters;
        answer = now.lettered(say(now.numbered(said.command)));
        const bool right = without_alignment(answer) == without_alignment(said.answer);
        if (right || !said.is_repeated) {
            letters = now;
        }
        return right;
    };
    if (said.is_repeated) {
        eventually(is_right);
    } else {
        is_right();
    }
    return answer;
}

class console_session : public ::testing::TestWithParam<const char*> {
  protected:
    scratch_folder home_;
    set_variable runtime_{"XDG_RUNTIME_DIR", home_.path()};
    lessons_program lessons_;
};

TEST_P(console_session, matches_the_written_transcript) {
    const std::string file = std::string{COPPICE_SESSIONS} + "/" + GetParam() + ".txt";
    const std::vector<exchange> session = read_session(file);
    ASSERT_FALSE(session.empty()) << file;
    pid_letters letters;
    for (const exchange& each : session) {
        const std::string answer = answer_to(each, letters);
        ASSERT_EQ(without_alignment(answer), without_alignment(each.answer))
            << file << ": " << each.command;
    }
    EXPECT_EQ(say("stop"), "ok\n");
    EXPECT_EQ(lessons_.wait(), 0);
}

class console_script : public console_session {};

/// Checks that the texts occur in `whole`, one behind the other.
void expect_in_order(const std::string& whole, const std::vector<std::string>& texts) {
    std::size_t from = 0;
    for (const std::string& each : texts) {
        const std::size_t found = whole.find(each, from);
        ASSERT_NE(found, std::string::npos) << each << " is not where it should be in\n" << whole;
        from = found + each.size();
    }
}

TEST_P(console_script, prints_the_reports_caused_by_its_commands) {
    const std::string killed = say_all({"reports on", "exit counter kill", "whereis nobody"});
    expect_in_order(killed, {"ok\n", "true\n", "counter", "killed", "nil\n"});
    say("start_child football_match_supervisor match_1");
    const std::string crashed =
        say_all({"reports error", "cast match_1 event goal", "reports off", "registered"});
    expect_in_order(crashed, {"ok\n", "ok\n", "match_1", "no such event: goal", "ok\n", "name"});
    EXPECT_EQ(say_all({"reports error", "whereis nobody"}), "ok\nnil\n");
}

INSTANTIATE_TEST_SUITE_P(lessons, console_script, ::testing::Values("script"));

INSTANTIATE_TEST_SUITE_P(lessons, console_session,
                         ::testing::Values("counter", "cache", "football", "count_children",
                                           "start_child", "tree"),
                         [](const auto& of) { return std::string{of.param}; });

}  // namespace
}  // namespace coppice::test
