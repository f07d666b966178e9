// SPDX-License-Identifier: Apache-2.0
// A feed whose exchange is away for ten seconds: the supervisor waits longer after each failed start, and a
// reader calls the feed over all restarts.

#include <coppice/coppice.hpp>
#include <coppice/lasting_server.hpp>
#include <coppice/restart_schedule.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

/// In seconds since the start of the program.
double seconds_now() {
    return std::chrono::duration<double>{monotonic_time()}.count();
}

struct feed {
    struct price {};
    struct subscribe {};

    feed() {
        if (monotonic_time() > 1s && monotonic_time() < 10s) {
            exit("the exchange is away");
        }
    }
    int handle_call(price) const { return 42; }
    void handle_cast(subscribe) { ++subscribers; }

    int subscribers = 0;
};

restart_backoff doubling() {
    restart_backoff out;
    out.first = 1s;
    out.maximum = 30s;
    return out;
}

/// Prints the restarts that the supervisor would carry out, if the exchange stayed away.
void print_schedule() {
    failing_child away;
    away.backoff = doubling();
    for (const scheduled_restart& each : restart_schedule(away, 5)) {
        std::cout << "  after " << std::chrono::duration<double>{each.at}.count() << " s\n";
    }
}

task<> app() {
    std::cout << "if the feed fails again and again, restarts come\n";
    print_schedule();

    const child_spec spec = child<feed>().name("feed").backoff(doubling());
    auto starting = supervisor::start_link(children(spec));
    const auto started = co_await starting;
    const supervisor top{started.process()};

    lasting_server<feed> prices{"feed"};
    const feed::price asked;
    const auto first = co_await prices.call(asked);
    std::cout << "price: " << first.value() << '\n';
    prices.cast(feed::subscribe{});

    co_await sleep(2s);
    exit(prices.process(), "lost the connection");
    co_await sleep(500ms);
    const auto list = co_await top.which_children();
    std::cout << "the feed is " << to_string(list.front().status) << '\n';

    const auto second = co_await prices.call(asked, 1min);
    std::cout << "price: " << second.value() << ", from incarnation " << prices.incarnation()
              << ", " << (seconds_now() > 10 ? "after" : "before") << " the exchange is back\n";
    if (const std::uint64_t lost = prices.take_lost(); lost > 0) {
        std::cout << "casts to the ended incarnation: " << lost << '\n';
        prices.cast(feed::subscribe{});
    }
}

int main() {
    return coppice::run(app);
}
