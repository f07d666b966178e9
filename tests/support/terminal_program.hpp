// SPDX-License-Identifier: Apache-2.0
// A program on a pseudo-terminal, driven like a user would: the test types keys and
// waits for contents of the screen.

#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "support/eventually.hpp"
#include "support/terminal_screen.hpp"

namespace coppice::test {

struct terminal_size {
    unsigned short rows = 24;
    unsigned short columns = 100;
};

class terminal_program {
  public:
    /// The words begin with the path of the program. The program inherits the environment of the test, except
    /// variables about terminals, plus the given "NAME=value" entries. TERM is xterm unless given.
    explicit terminal_program(std::vector<std::string> words,
                              std::vector<std::string> environment = {}, terminal_size size = {})
        : screen_{size.rows, size.columns} {
        add_own_environment(environment);
        const std::vector<char*> arguments = pointers(words);
        const std::vector<char*> variables = pointers(environment);
        winsize given{size.rows, size.columns, 0, 0};
        process_ = ::forkpty(&terminal_, nullptr, nullptr, &given);
        if (process_ == 0) {
            // Only async-signal-safe calls between fork and exec.
            ::execve(arguments[0], arguments.data(), variables.data());
            ::_exit(127);
        }
        EXPECT_GT(process_, 0);
    }
    terminal_program(const terminal_program&) = delete;
    terminal_program& operator=(const terminal_program&) = delete;
    ~terminal_program() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        ::close(terminal_);
    }

    void type(std::string_view keys) {
        while (!keys.empty()) {
            const ssize_t sent = ::write(terminal_, keys.data(), keys.size());
            ASSERT_GT(sent, 0);
            keys.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void resize(terminal_size size) {
        screen_.resize(size.rows, size.columns);
        winsize given{size.rows, size.columns, 0, 0};
        ASSERT_EQ(::ioctl(terminal_, TIOCSWINSZ, &given), 0);
    }

    const terminal_screen& screen() const { return screen_; }

    /// Whether the program reads single keys instead of lines edited by the terminal.
    bool takes_keys() const {
        termios how{};
        return ::tcgetattr(terminal_, &how) == 0 && (how.c_lflag & ICANON) == 0;
    }

    /// Reads until the condition holds. False, with the screen in a failure, at the
    /// deadline or the end of the program.
    template <class Condition>
    bool until(Condition holds) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!holds(screen_)) {
            if (!read(deadline)) {
                ADD_FAILURE() << "what is waited for does not come; the screen is\n"
                              << screen_.text();
                return false;
            }
        }
        return true;
    }
    bool until_shown(std::string_view text) {
        SCOPED_TRACE("waiting for \"" + std::string{text} + "\"");
        return until([text](const terminal_screen& on) {
            return on.text().find(text) != std::string::npos;
        });
    }

    /// The exit status of the program; negative if a signal ended the program, or if time is over.
    int wait() {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (read(deadline)) {
        }
        int how = -1;
        if (!eventually([&] { return ::waitpid(process_, &how, WNOHANG) == process_; })) {
            ADD_FAILURE() << "it does not end; the screen is\n" << screen_.text();
            return -1;
        }
        process_ = -1;
        EXPECT_EQ(screen_.unknown(), std::vector<std::string>{});
        return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
    }

  private:
    static void add_own_environment(std::vector<std::string>& given) {
        const auto is_given = [&given](std::string_view name) {
            return std::ranges::any_of(given,
                                       [&](const std::string& s) { return s.starts_with(name); });
        };
        if (!is_given("TERM=")) {
            given.emplace_back("TERM=xterm");
        }
        for (char** each = environ; *each != nullptr; ++each) {
            const std::string_view own = *each;
            const std::string_view name = own.substr(0, own.find('=') + 1);
            if (name != "LINES=" && name != "COLUMNS=" && name != "NO_COLOR=" && !is_given(name)) {
                given.emplace_back(own);
            }
        }
    }
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> out;
        for (std::string& each : texts) {
            out.push_back(each.data());
        }
        out.push_back(nullptr);
        return out;
    }

    /// Reads available bytes, or waits a moment. False at the deadline, and when no process
    /// has the terminal open any more.
    bool read(std::chrono::steady_clock::time_point deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return false;
        }
        constexpr int moment_ms = 50;
        pollfd waiting{terminal_, POLLIN, 0};
        if (::poll(&waiting, 1, moment_ms) <= 0) {
            return true;
        }
        std::array<char, 4096> bytes{};
        const ssize_t got = ::read(terminal_, bytes.data(), bytes.size());
        if (got <= 0) {
            return false;
        }
        screen_.read({bytes.data(), static_cast<std::size_t>(got)});
        return true;
    }

    terminal_screen screen_;
    int terminal_ = -1;
    ::pid_t process_ = -1;
};

}  // namespace coppice::test
