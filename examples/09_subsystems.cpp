// SPDX-License-Identifier: Apache-2.0
// A tree with a supervisor for each subsystem: a failure in one subsystem leaves the others alone.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct repo {};
struct pool {};
struct store {};
struct ttl {};
struct router {};
struct handler {};

struct database {  // The pool depends on the repo.
    static supervisor_init init() {
        return supervisor::init(children(child<repo>().name("repo"), child<pool>().name("pool")),
                                {.strategy = rest_for_one});
    }
};
struct cache {  // Both share state, so both restart together.
    static supervisor_init init() {
        return supervisor::init(children(child<store>().name("store"), child<ttl>().name("ttl")),
                                {.strategy = one_for_all});
    }
};
struct web {
    static supervisor_init init() {
        return supervisor::init(
            children(child<router>().name("router"), child<handler>().name("handler")),
            {.strategy = one_for_one});
    }
};

task<> crash(std::string name) {
    const tree_node before = co_await snapshot(whereis("my_app"));
    exit(whereis(name), "crashed");
    co_await sleep(10ms);
    const tree_node after = co_await snapshot(whereis("my_app"));
    std::cout << name << " crashes; started again:";
    for (std::size_t i = 0; i < after.children.size(); ++i) {
        for (std::size_t k = 0; k < after.children[i].children.size(); ++k) {
            const tree_node& now = after.children[i].children[k];
            std::cout << (now.process == before.children[i].children[k].process ? ""
                                                                                : " " + now.id);
        }
    }
    std::cout << '\n';
}

task<> app() {
    co_await supervisor::start_link(children(child<database>(), child<cache>(), child<web>()),
                                    {.strategy = one_for_one, .name = "my_app"});
    const tree_node tree = co_await snapshot(whereis("my_app"));
    std::cout << to_text(tree) << '\n' << to_mermaid(tree) << '\n';
    for (const char* name : {"repo", "pool", "ttl", "router"}) {
        co_await crash(name);
    }
}

int main() {
    return coppice::run(app);
}
