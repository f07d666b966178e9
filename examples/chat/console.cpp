// SPDX-License-Identifier: Apache-2.0

#include "chat/console.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace chat {

struct console::state {
    int file;
    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;      ///< Guarded by mutex.
    std::size_t dropped = 0;  ///< Guarded by mutex.
    bool printing = false;    ///< Guarded by mutex.
};

namespace {

/// False if the reader is gone.
bool print(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd ready{file, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

console::console(int file) : state_{std::make_shared<state>()} {
    state_->file = file;
    // Detached and left behind at the end of the program: a write may never return.
    std::thread{[shared = state_] { print_all(shared); }}.detach();
}

void console::print_all(const std::shared_ptr<state>& shared) {
    for (bool is_read = true;;) {
        std::string next;
        {
            std::unique_lock lock{shared->mutex};
            shared->printing = false;
            shared->changed.notify_all();
            shared->changed.wait(lock, [&] { return !shared->waiting.empty(); });
            next.swap(shared->waiting);
            if (const std::size_t dropped = std::exchange(shared->dropped, 0); dropped != 0) {
                next += std::to_string(dropped) + " lines were dropped: the output was not read\n";
            }
            shared->printing = true;
        }
        is_read = is_read && print(shared->file, next);
    }
}

void console::say(std::string line) {
    line += '\n';
    const std::scoped_lock lock{state_->mutex};
    if (state_->waiting.size() + line.size() > waiting_max) {
        ++state_->dropped;
        return;
    }
    state_->waiting += line;
    state_->changed.notify_all();
}

void console::flush(std::chrono::milliseconds limit) {
    std::unique_lock lock{state_->mutex};
    state_->changed.wait_for(lock, limit,
                             [&] { return state_->waiting.empty() && !state_->printing; });
}

console& out() {
    // Never destroyed, so usable by every thread.
    static auto* const only = new console{STDOUT_FILENO};
    return *only;
}

console& err() {
    static auto* const only = new console{STDERR_FILENO};
    return *only;
}

}  // namespace chat
