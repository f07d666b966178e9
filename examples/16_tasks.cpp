// SPDX-License-Identifier: Apache-2.0
// Prices of a shop, asked for at the same time: asynchronous tasks, a stream of tasks, and partitions.

#include <coppice/coppice.hpp>
#include <coppice/partition_supervisor.hpp>
#include <coppice/task_supervisor.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

/// A slow shop: the longer the name, the slower the answer.
task<int> price_of(std::string goods) {
    co_await sleep(100ms * goods.size());
    if (goods == "gold") {
        exit("sold_out");
    }
    co_return static_cast<int>(goods.size());
}

std::string told(const task_outcome<int>& outcome) {
    return !outcome               ? "no answer yet"
           : outcome->has_value() ? std::to_string(**outcome)
                                  : to_string(outcome->error());
}

struct stock {
    struct take {
        int count = 1;
    };
    int handle_call(take m) { return left -= m.count; }
    int left = 10;
};

/// Two questions take as long as the slower one.
task<> ask_for_two() {
    const auto before = monotonic_time();
    const async_task<int> pears = tasks::async(price_of, "pears");
    const async_task<int> plums = tasks::async(price_of, "blue plums");
    const int sum = co_await pears.await() + co_await plums.await();
    const auto time = monotonic_time() - before;
    std::cout << "pears and plums: " << sum << " after "
              << std::chrono::duration_cast<std::chrono::milliseconds>(time).count() << " ms\n";
}

/// A task that fails leaves its caller alone, and a slow one may be asked again.
task<> ask_with_care(task_supervisor jobs) {
    const async_task<int> gold = co_await jobs.async_nolink(price_of, "gold");
    std::cout << "gold: " << told(co_await gold.yield()) << '\n';
    const async_task<int> figs = co_await jobs.async_nolink(price_of, "figs");
    std::cout << "figs: " << told(co_await figs.yield(100ms)) << '\n';
    std::cout << "figs: " << told(co_await figs.yield(1s)) << '\n';
}

/// Three at a time, in the order of the list.
task<> ask_for_many(task_supervisor jobs) {
    const std::vector<std::string> list{"bananas", "kiwi", "gold", "apples"};
    const stream_options three{.max_concurrency = 3};
    auto prices = jobs.async_stream_nolink(list, price_of, three);
    for (const std::string& goods : list) {
        std::cout << goods << ": " << told(co_await prices.next()) << '\n';
    }
}

/// Each kind of goods has its own process, one of four.
task<> take_from_stock() {
    const partition_supervisor stocks{"stocks"};
    const stock::take three{3};
    co_await stocks.at<stock>(1).call(three);
    const int left = co_await stocks.at<stock>(1).call(three);
    const int other = co_await stocks.at<stock>(2).call(three);
    std::cout << "left of 1: " << left << ", left of 2: " << other << '\n';
}

task<> app() {
    const child_spec jobs = child<task_supervisor>({.name = "jobs"});
    const child_spec stocks =
        child<partition_supervisor>(child<stock>(), {.name = "stocks", .partitions = 4});
    co_await supervisor::start_link(children(jobs, stocks));
    co_await ask_for_two();
    co_await ask_with_care(task_supervisor{"jobs"});
    co_await ask_for_many(task_supervisor{"jobs"});
    co_await take_from_stock();
}

int main() {
    return coppice::run(app);
}
