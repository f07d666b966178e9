// SPDX-License-Identifier: Apache-2.0
// Three workers under a supervisor: each worker that exits is replaced by a new process.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct worker {
    explicit worker(int number) : number{number} {}
    int number;
};

task<> show(pid top) {
    const tree_node tree = co_await snapshot(top);
    std::cout << to_text(tree) << '\n';
}

task<> app() {
    const auto started = co_await supervisor::start_link(
        children(child<worker>(1).id("worker1"), child<worker>(2).id("worker2"),
                 child<worker>(3).id("worker3")),
        {.strategy = one_for_one, .name = "top"});
    const supervisor top = started.value();
    co_await show(top.whereis());

    const std::vector<child_info> workers = co_await top.which_children();  // Newest first.
    for (const child_info& each : workers) {
        exit(each.process, "exit");
        co_await sleep(10ms);
        std::cout << each.id << " was told to exit\n";
        co_await show(top.whereis());
    }
}

int main() {
    return coppice::run(app);
}
