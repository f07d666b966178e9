// SPDX-License-Identifier: Apache-2.0
// The core of a supervisor in one page: a gen_server that traps exits and restarts ended children. Restart
// intensity, strategies and shutdown are missing; the real one is `coppice::supervisor`.

#include <coppice/coppice.hpp>

#include <iostream>
#include <map>

using namespace coppice;
using namespace std::chrono_literals;

using starter = task<pid> (*)();

struct my_supervisor {
    explicit my_supervisor(std::vector<starter> children) : children{std::move(children)} {}

    task<> init() {
        trap_exit(true);
        for (const starter start : children) {
            running.emplace(co_await start(), start);
        }
    }

    task<> handle_info(exit_message ended) {
        std::cout << "a child ended: " << ended.why << '\n';
        const auto child = running.find(ended.from);
        if (child == running.end()) {
            co_return;  // Not from a child.
        }
        const starter start = child->second;
        running.erase(child);
        running.emplace(co_await start(), start);
    }

    std::vector<starter> children;
    std::map<pid, starter> running;
};

struct cache {
    struct save {
        std::string value;
    };
    struct get {};
    using console_messages = messages<save, get>;

    void handle_cast(save m) { value = std::move(m.value); }
    std::string handle_call(get) const { return value; }

    std::string value = "empty";
};

task<pid> start_cache() {
    const auto started = co_await start_link<cache>(named("cache"));
    co_return started.value().whereis();
}

task<> app() {
    const std::vector<starter> caches{start_cache};
    co_await start_link<my_supervisor>(caches);
    const server<cache> store{"cache"};
    store.cast(cache::save{"hola"});
    std::cout << co_await store.call(cache::get{}) << '\n';
    exit(store.whereis(), reason::kill);
    co_await sleep(10ms);
    std::cout << co_await store.call(cache::get{}) << '\n';
}

int main() {
    return coppice::run(app);
}
