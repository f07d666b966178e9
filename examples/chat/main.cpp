// SPDX-License-Identifier: Apache-2.0
// chat [--address A] [--port N] [--lines N] [--for SECONDS]: serves until SIGINT, SIGTERM or the end of
// its time. Port 0 is a free one; --lines is how many lines a second a client may say.

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
#include <vector>

#include "chat/chat.hpp"
#include "chat/console.hpp"

namespace {

constexpr int gave_up = SIGUSR1;  ///< The tree to the program.

struct arguments {
    std::string address = "127.0.0.1";
    std::uint16_t port = 4040;
    std::optional<std::chrono::seconds> time;
    chat::limits allowed;
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

bool read_argument(arguments& read, const std::string& key, const std::string& value) {
    constexpr long port_max = 65535;
    constexpr long time_max = 10'000'000;
    constexpr long lines_max = 1'000'000;
    if (key == "--address") {
        read.address = value;
        return true;
    }
    const auto count = number(value, key == "--port"    ? port_max
                                     : key == "--lines" ? lines_max
                                                        : time_max);
    if (count && key == "--port") {
        read.port = static_cast<std::uint16_t>(*count);
    } else if (count && *count > 0 && key == "--for") {
        read.time = std::chrono::seconds{*count};
    } else if (count && *count > 0 && key == "--lines") {
        read.allowed.lines_a_second = static_cast<int>(*count);
    } else {
        return false;
    }
    return true;
}

std::optional<arguments> read_arguments(const std::vector<std::string>& words) {
    arguments read;
    if (words.size() % 2 != 0) {
        return {};
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (!read_argument(read, words[i], words[i + 1])) {
            return {};
        }
    }
    return read;
}

/// A client is a file, and the usual limit is lower than the house is large.
void allow_files(std::size_t clients) {
    rlimit limit{};
    const rlim_t wanted = clients + 100;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// When the tree gives up, so does the program: nobody would be served any more.
coppice::task<> watch(coppice::pid tree) {
    coppice::monitor(tree);
    co_await coppice::receive<coppice::down_message>();
    chat::err().say("chat: gave up");
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

/// Reports go where the rest goes: to a thread that may stop.
coppice::runtime_options options() {
    coppice::runtime_options chosen;
    chosen.on_report = [](const coppice::report& r) { chat::err().say(to_string(r)); };
    return chosen;
}

coppice::task<> run_tree(coppice::net::listener source, chat::limits allowed) {
    const auto started = co_await chat::start_chat(source, allowed);
    if (!started) {
        coppice::exit(started.error());
    }
    co_await coppice::receive<int>();  // nobody sends one: this is the tree's parent, and stays
}

/// Exit status.
int serve(const arguments& read, const sigset_t& ends) {
    coppice::runtime world{options()};
    coppice::net::service io{world};
    const coppice::net::listener source = io.listen(read.address, read.port);
    world.start();
    const coppice::pid tree = world.spawn(run_tree, source, read.allowed);
    world.spawn(watch, tree);
    chat::out().say("chat: listening on " + source.address());
    const int ended_by = wait_for_end(ends, read.time);
    constexpr std::chrono::seconds patience{5};
    const coppice::stop_result stopped = world.stop(patience);
    for (const auto& blocking : stopped.blocking) {
        chat::err().say("chat: did not stop in time: " + to_string(blocking));
    }
    return stopped && ended_by != gave_up ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    const auto read = read_arguments({words + 1, words + count});
    if (!read) {
        std::cerr << "usage: chat [--address ADDRESS] [--port NUMBER] [--lines NUMBER] "
                     "[--for SECONDS]\n";
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, gave_up}) {
        sigaddset(&ends, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread: only the wait below gets them
    std::signal(SIGPIPE, SIG_IGN);  // a reader of what is printed may go; the clients stay
    allow_files(read->allowed.clients);
    int status = 1;
    constexpr std::chrono::milliseconds last_words{300};
    try {
        status = serve(*read, ends);
        chat::err().flush(last_words);
        chat::out().say("chat: stopped");
    } catch (const std::exception& error) {
        chat::err().say("chat: " + std::string{error.what()});
        chat::err().flush(last_words);
    }
    chat::out().flush(last_words);
    return status;
}
