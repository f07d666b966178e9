// SPDX-License-Identifier: Apache-2.0
// A supervised counter: a kill ends the process, and the supervisor restarts the counter with fresh state.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct counter {
    struct increment {
        int by = 1;
    };
    struct get {};
    using console_messages = messages<increment, get>;

    explicit counter(int initial) : count{initial} {}

    void handle_cast(increment m) { count += m.by; }
    int handle_call(get) const { return count; }

    int count;
};

task<> app() {
    co_await supervisor::start_link(children(child<counter>(0).name("counter")),
                                    {.strategy = one_for_one});
    const server<counter> hits{"counter"};

    hits.cast(counter::increment{10});
    std::cout << "count: " << co_await hits.call(counter::get{}) << '\n';

    exit(hits.whereis(), reason::kill);
    co_await sleep(10ms);  // The supervisor restarts the counter meanwhile.
    std::cout << "count: " << co_await hits.call(counter::get{}) << '\n';
}

int main() {
    return coppice::run(app);
}
