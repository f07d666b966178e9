// SPDX-License-Identifier: Apache-2.0
// Words counted by functions that block: on the threads of the pool, while the processes go on.

#include <coppice/blocking.hpp>
#include <coppice/coppice.hpp>

#include <iostream>
#include <sstream>
#include <stdexcept>

using namespace coppice;
using namespace std::chrono_literals;

/// Stands for a function that reads a file from a slow disk.
int count_words(const std::string& text) {
    std::istringstream in{text};
    int count = 0;
    for (std::string word; in >> word;) {
        ++count;
    }
    if (count == 0) {
        throw std::runtime_error{"nothing to count"};
    }
    return count;
}

struct counter {
    struct count {
        std::string text;
    };
    task<int> handle_call(count asked) {
        const auto work = [text = std::move(asked.text)] { return count_words(text); };
        auto counting = blocking(work);
        co_return co_await counting;
    }
};

task<> ask(std::string text) {
    counter::count asked{std::move(text)};
    auto calling = server<counter>{"counter"}.try_call(asked);
    const auto got = co_await calling;
    std::cout << (got ? std::to_string(*got) + " words" : "the counter crashed") << '\n';
}

task<> app() {
    const auto started =
        co_await supervisor::start_link(children(child<counter>().name("counter")));
    co_await ask("let it crash");
    co_await ask("");
    co_await sleep(1s);
    co_await ask("and go on");
    std::cout << statistics().blocking.done << " functions ran\n";
}

int main() {
    runtime_options quiet;
    quiet.level = report_level::off;
    return coppice::run(app, quiet);
}
