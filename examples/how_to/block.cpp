// SPDX-License-Identifier: Apache-2.0
// How to: blocking functions on the threads of the pool.

#include <coppice/blocking.hpp>
#include <coppice/coppice.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <thread>

using namespace coppice;
using namespace std::chrono_literals;

std::string read_slowly(const std::string& path) {
    std::this_thread::sleep_for(20ms);  // Blocks the thread.
    return "contents of " + path;
}

/// Reads for one caller, in a separate process.
task<> read_for(std::string path, reply_to<std::optional<std::string>> from) {
    std::optional<std::string> text;
    try {
        const auto work = [path] { return read_slowly(path); };
        auto reading = blocking(work);
        text = co_await reading;
    } catch (const blocking_refused&) {
        text.reset();  // Too much work waits: the caller decides.
    }
    from(text);
}

struct disk {
    struct read {
        using reply = std::optional<std::string>;
        std::string path;
    };

    void handle_call(read m, reply_to<std::optional<std::string>> from) {
        spawn_link(read_for, std::move(m.path), std::move(from));
    }
};

task<> app() {
    co_await supervisor::start_link(children(child<disk>().name("disk")));
    const auto text = co_await server<disk>{"disk"}.call<disk::read>("menu.txt");
    std::cout << text.value_or("busy") << '\n';
}

int main() {
    return coppice::run(app, {.blocking_threads = 4, .blocking_queue = 16});
}
