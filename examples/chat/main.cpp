// SPDX-License-Identifier: Apache-2.0
// chat [--port N] [--for SECONDS]: serves until SIGINT, SIGTERM or the end of its time. Takes a
// free port when N is taken, and says which.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "chat/chat.hpp"

namespace {

constexpr int gave_up = SIGUSR1;  ///< The tree to the program.

coppice::net::listener listen_near(coppice::net::service& io, std::uint16_t port) {
    try {
        return io.listen("127.0.0.1", port);
    } catch (const std::system_error&) {
        return io.listen("127.0.0.1", 0);
    }
}

struct arguments {
    std::uint16_t port = 4040;
    std::optional<std::chrono::seconds> time;
};

/// A whole number up to `max`, and nothing else.
std::optional<long> number(const std::string& text, long max) {
    long value = -1;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end || value < 0 || value > max) {
        return {};
    }
    return value;
}

std::optional<arguments> read_arguments(const std::vector<std::string>& words) {
    arguments read;
    if (words.size() % 2 != 0) {
        return {};
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
        constexpr long time_max = 10'000'000;
        const auto value = number(words[i + 1], words[i] == "--port" ? 65535 : time_max);
        if (value && words[i] == "--port") {
            read.port = static_cast<std::uint16_t>(*value);
        } else if (value && *value > 0 && words[i] == "--for") {
            read.time = std::chrono::seconds{*value};
        } else {
            return {};
        }
    }
    return read;
}

/// A client is a file, and the usual limit is lower than the house is large.
void allow_files() {
    rlimit limit{};
    constexpr rlim_t wanted = chat::clients_max + 100;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// When the tree gives up, so does the program: nobody would be served any more.
coppice::task<> watch(coppice::pid tree) {
    coppice::monitor(tree);
    co_await coppice::receive<coppice::down_message>();
    std::cerr << "chat: gave up" << std::endl;
    kill(getpid(), gave_up);
}

/// What ended it: a signal, or 0 if its time is over.
int wait_for_end(const sigset_t& ends, const std::optional<std::chrono::seconds>& time) {
    int by = 0;
    if (!time) {
        sigwait(&ends, &by);
        return by;
    }
    const auto deadline = std::chrono::steady_clock::now() + *time;
    do {
        const auto left = std::max(deadline - std::chrono::steady_clock::now(),
                                   std::chrono::steady_clock::duration::zero());
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        const timespec limit{seconds.count(), (left - seconds).count()};
        by = sigtimedwait(&ends, nullptr, &limit);
    } while (by < 0 && errno == EINTR);
    return std::max(by, 0);
}

}  // namespace

int main(int count, char** words) {
    const auto read = read_arguments({words + 1, words + count});
    if (!read) {
        std::cerr << "usage: chat [--port NUMBER] [--for SECONDS]\n";
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, gave_up}) {
        sigaddset(&ends, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread: only the wait below gets them
    allow_files();

    coppice::runtime world;
    coppice::net::service io{world};
    const coppice::net::listener source = listen_near(io, read->port);
    world.start();
    const coppice::pid tree = world.spawn([source]() -> coppice::task<> {
        co_await chat::start_chat(source);
        co_await coppice::receive<int>();  // nobody sends one: this is the tree's parent, and stays
    });
    world.spawn(watch, tree);
    std::cout << "chat: listening on 127.0.0.1:" << source.port() << std::endl;
    const int ended_by = wait_for_end(ends, read->time);
    const coppice::stop_result stopped = world.stop();
    for (const auto& blocking : stopped.blocking) {
        std::cerr << "chat: did not stop in time: " << to_string(blocking) << "\n";
    }
    std::cout << "chat: stopped" << std::endl;
    return stopped && ended_by != gave_up ? 0 : 1;
}
