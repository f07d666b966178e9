// SPDX-License-Identifier: Apache-2.0
// Three counters that count seconds. Three fails at 5, One at 22, Two never. The strategy decides which
// counters restart; for rest_for_one the order of the children counts too.

#include <coppice/coppice.hpp>

#include <iostream>
#include <stdexcept>

using namespace coppice;
using namespace std::chrono_literals;

struct counter {
    struct work {};

    counter(std::string label, std::optional<int> fails_at)
        : label{std::move(label)}, fails_at{fails_at} {
        say("starts at 0");
        send_after(1s, self(this), work{});
    }

    void handle_info(work) {
        if (count == fails_at) {
            say("fails at " + std::to_string(count));
            throw std::runtime_error{label + " fails"};
        }
        ++count;
        send_after(1s, self(this), work{});
    }

    void say(const std::string& what) const {
        const auto now = std::chrono::round<std::chrono::seconds>(monotonic_time());
        std::cout << "  " << now.count() << " s: " << label << ' ' << what << std::endl;
    }

    std::string label;
    std::optional<int> fails_at;
    int count = 0;
};

void act(restart_strategy strategy) {
    std::cout << to_string(strategy) << std::endl;
    coppice::run([strategy]() -> task<> {
        co_await supervisor::start_link(children(child<counter>("One", 22).id("one"),
                                                 child<counter>("Two", std::nullopt).id("two"),
                                                 child<counter>("Three", 5).id("three")),
                                        {.strategy = strategy});
        co_await sleep(24s);
    });
}

int main() {
    for (const auto strategy : {one_for_one, rest_for_one, one_for_all}) {
        act(strategy);
    }
}
