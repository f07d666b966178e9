// SPDX-License-Identifier: Apache-2.0
// A program that runs as a child of the test, what it prints, and how it ends.

#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chat_clients.hpp"

namespace chat {

class program {
  public:
    /// Starts `words`; `files` limits the files it may open.
    explicit program(std::vector<std::string> words, rlim_t files = 0) {
        std::vector<char*> arguments;
        for (std::string& each : words) {
            arguments.push_back(each.data());
        }
        arguments.push_back(nullptr);
        std::array<int, 2> pipe{};
        EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
        process_ = ::fork();
        if (process_ == 0) {  // only what is allowed between fork and exec
            ::dup2(pipe[1], STDOUT_FILENO);
            ::dup2(pipe[1], STDERR_FILENO);
            const rlimit limit{files, files};
            if (files == 0 || ::setrlimit(RLIMIT_NOFILE, &limit) == 0) {
                ::execv(arguments[0], arguments.data());
            }
            ::_exit(127);
        }
        EXPECT_GT(process_, 0);
        ::close(pipe[1]);
        reader_ = std::thread{[this, from = pipe[0]] { read_all(from); }};
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    ~program() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        reader_.join();
    }

    /// Waits until it has printed `text`.
    bool prints(const std::string& text) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, patience, [&] {
            return output_.find(text) != std::string::npos || over_;
        }) && output_.find(text) != std::string::npos;
    }

    std::string output() {
        const std::scoped_lock lock{mutex_};
        return output_;
    }

    /// The port a chat server says it listens on; 0 if it does not say.
    std::uint16_t port() {
        const std::string says = "listening on 127.0.0.1:";
        if (!prints(says)) {
            return 0;
        }
        const std::string all = output();
        return static_cast<std::uint16_t>(std::stoul(all.substr(all.find(says) + says.size())));
    }

    void signal(int number) const { EXPECT_EQ(::kill(process_, number), 0); }

    /// Its exit status, or minus the signal that ended it; nothing if it goes on.
    std::optional<int> status() {
        {
            std::unique_lock lock{mutex_};
            if (!changed_.wait_for(lock, patience, [&] { return over_; })) {
                return {};
            }
        }
        int how = 0;  // it has closed its output: it ends
        EXPECT_EQ(::waitpid(process_, &how, 0), process_);
        process_ = -1;
        return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
    }

    /// The most memory it has used so far.
    std::size_t peak_kilobytes() const {
        std::ifstream file{"/proc/" + std::to_string(process_) + "/status"};
        for (std::string word; file >> word;) {
            std::size_t amount = 0;
            if (word == "VmHWM:" && file >> amount) {
                return amount;
            }
        }
        ADD_FAILURE() << "no VmHWM for " << process_;
        return 0;
    }

  private:
    void read_all(int from) {
        std::array<char, 4096> bytes{};
        for (ssize_t got = 0; (got = ::read(from, bytes.data(), bytes.size())) > 0;) {
            const std::scoped_lock lock{mutex_};
            output_.append(bytes.data(), static_cast<std::size_t>(got));
            changed_.notify_all();
        }
        ::close(from);
        const std::scoped_lock lock{mutex_};
        over_ = true;
        changed_.notify_all();
    }

    pid_t process_ = -1;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string output_;
    bool over_ = false;
    std::thread reader_;
};

}  // namespace chat
