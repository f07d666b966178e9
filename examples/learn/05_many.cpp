// SPDX-License-Identifier: Apache-2.0
// A process for each link counts visits, and ends after an hour without a message.

#include <coppice/coppice.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

const dynamic_supervisor counters{"counters"};

struct counter {
    struct visit {};
    struct count {};

    static constexpr child_defaults as_child{.restart = transient};

    explicit counter(std::string link) : code{std::move(link)} {}
    void init() { timeout_after(1h); }
    void handle_cast(visit) {
        ++visits;
        timeout_after(1h);
    }
    int handle_call(count) {
        timeout_after(1h);
        return visits;
    }
    void handle_info(timeout) {
        std::cout << "forgets " << code << " with a count of " << visits << '\n';
        stop_with(reason::normal);
    }

    std::string code;
    int visits = 0;
};

task<> visit(std::string code) {
    const server<counter> visited{"link:" + code};
    if (!visited.whereis()) {
        const child_spec spec = child<counter>(code).name("link:" + code);
        co_await counters.start_child(spec);
    }
    visited.cast(counter::visit{});
}

task<> print_count(std::string code) {
    const server<counter> visited{"link:" + code};
    std::cout << code << ": " << co_await visited.call(counter::count{}) << '\n';
}

task<> app() {
    co_await dynamic_supervisor::start_link({.name = "counters"});
    const std::vector<std::string> codes{"link1", "link2", "link1"};
    for (const std::string& code : codes) {
        co_await visit(code);
    }
    co_await print_count("link1");
    co_await print_count("link2");

    exit(whereis("link:link1"), reason::kill);
    co_await sleep(10ms);
    co_await print_count("link1");  // Restarted, and begins at 0.

    co_await sleep(2h);
    const child_counts left = co_await counters.count_children();
    std::cout << left.active << " counters are left\n";
}

int main() {
    return coppice::run(app);
}
