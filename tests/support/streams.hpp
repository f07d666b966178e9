// SPDX-License-Identifier: Apache-2.0
// Functions, elements and results for tests of streams of tasks.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "coppice/task_stream.hpp"
#include "support/endless.hpp"

namespace coppice::test {

template <class Item>
std::string told(const Item& item) {
    return item.has_value() ? std::to_string(*item) : to_string(item.error());
}
/// The items on one line.
template <class Items>
std::string line_of(const Items& items) {
    std::string out;
    for (const auto& each : items) {
        out += told(each) + ";";
    }
    return out;
}

inline std::vector<int> four() {
    return {1, 2, 3, 4};
}
inline task<int> rest(int n) {
    co_await sleep(std::chrono::milliseconds{n});
    co_return n;
}
inline int exits_at_two(int n) {
    if (n == 2) {
        exit("two");
    }
    return n;
}
/// Tells the owner, and runs until `go`.
struct tells_and_waits {
    pid owner;
    task<int> operator()(int n) const {
        send(owner, self());
        co_await receive<go>();
        co_return n;
    }
};

inline stream_options with(std::size_t places) {
    stream_options out;
    out.max_concurrency = places;
    return out;
}

inline constexpr std::array numbers_of_places{1U, 3U, 4U, 5U};
inline constexpr std::array without_and_with{false, true};

/// For fewer places, as many, and more places than the four elements of a test.
template <class Body>
task<> with_each_number_of_places(Body body) {
    for (const std::size_t places : numbers_of_places) {
        auto running = body(with(places));
        co_await running;
        const std::string rest = co_await rest_of_mailbox();
        EXPECT_EQ(rest, "") << "max_concurrency " << places;
        const auto me = co_await process_info(self());
        EXPECT_TRUE(me.empty() || me[0].links.empty()) << "max_concurrency " << places;
    }
}

}  // namespace coppice::test
