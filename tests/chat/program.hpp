// SPDX-License-Identifier: Apache-2.0
// A program run as a child of the test, with its output and its end.

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

/// A free port.
inline std::uint16_t free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    EXPECT_EQ(::bind(probe, reinterpret_cast<const sockaddr*>(&any), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&any), &size), 0);
    ::close(probe);
    return ntohs(any.sin_port);
}

/// Whether a program listens at the port.
inline bool accepts(std::uint16_t port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool taken = ::connect(probe, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    ::close(probe);
    return taken;
}

/// Starts `words` with standard output and standard error sent to `output`.
inline pid_t start_with_output(std::vector<std::string> words, int output) {
    std::vector<char*> arguments;
    for (std::string& each : words) {
        arguments.push_back(each.data());
    }
    arguments.push_back(nullptr);
    const pid_t started = ::fork();
    if (started == 0) {
        // Only async-signal-safe calls between fork and exec.
        ::dup2(output, STDOUT_FILENO);
        ::dup2(output, STDERR_FILENO);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    EXPECT_GT(started, 0);
    return started;
}

/// The exit status of the program, or minus the number of the ending signal.
/// Kills the program at the deadline.
inline int status_of(pid_t who) {
    int how = 0;
    if (!coppice::test::eventually([&] { return ::waitpid(who, &how, WNOHANG) == who; })) {
        ADD_FAILURE() << "it goes on";
        ::kill(who, SIGKILL);
        ::waitpid(who, &how, 0);
    }
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

class program {
  public:
    /// Starts `words`; `files` limits the number of open files.
    explicit program(std::vector<std::string> words, rlim_t files = 0) {
        std::vector<char*> arguments;
        for (std::string& each : words) {
            arguments.push_back(each.data());
        }
        arguments.push_back(nullptr);
        std::array<int, 2> pipe{};
        EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
        process_ = ::fork();
        if (process_ == 0) {
            // Only async-signal-safe calls between fork and exec.
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

    /// Waits until the program has printed `text`.
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

    /// The port printed by a chat server; 0 if none is printed.
    std::uint16_t port() {
        const std::string says = "listening on 127.0.0.1:";
        if (!prints(says)) {
            return 0;
        }
        const std::string all = output();
        return static_cast<std::uint16_t>(std::stoul(all.substr(all.find(says) + says.size())));
    }

    void signal(int number) const { EXPECT_EQ(::kill(process_, number), 0); }

    /// The exit status of the program, or minus the number of the ending
    /// signal; empty if the program goes on.
    std::optional<int> status() {
        {
            std::unique_lock lock{mutex_};
            if (!changed_.wait_for(lock, patience, [&] { return over_; })) {
                return {};
            }
        }
        // The output is closed, so the program is ending.
        int how = 0;
        EXPECT_EQ(::waitpid(process_, &how, 0), process_);
        process_ = -1;
        return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
    }

    /// The peak resident memory of the program.
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
