// SPDX-License-Identifier: Apache-2.0
// The program for the console's tests: examples/12_console.cpp.

#pragma once

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <string>

#include "coppice/inspect_client.hpp"
#include "support/eventually.hpp"

namespace coppice::test {

/// Runs until told to stop.
class lessons_program {
  public:
    lessons_program() {
        std::string path = COPPICE_LESSONS_PROGRAM;
        std::string option = "--inspect";
        std::array<char*, 3> words{path.data(), option.data(), nullptr};
        EXPECT_EQ(::posix_spawn(&process_, path.c_str(), nullptr, nullptr, words.data(), environ),
                  0);
        EXPECT_TRUE(eventually([] { return inspect::programs().size() == 1; }));
        wait_for_the_tree();
    }
    lessons_program(const lessons_program&) = delete;
    lessons_program& operator=(const lessons_program&) = delete;
    ~lessons_program() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }

    /// The exit status, after a request to stop.
    int wait() {
        int how = -1;
        const bool ended =
            eventually([&] { return ::waitpid(process_, &how, WNOHANG) == process_; });
        EXPECT_TRUE(ended);
        if (ended) {
            process_ = -1;
        }
        return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    }

  private:
    /// The program answers requests while its tree is still starting. The last child is `reception`.
    static void wait_for_the_tree() {
        auto asking = inspect::client::connect("lessons", "test");
        EXPECT_TRUE(eventually([&] {
            return asking.request("whereis", R"({"name":"reception"})") != R"({"pid":null})";
        }));
    }

    ::pid_t process_ = -1;
};

}  // namespace coppice::test
