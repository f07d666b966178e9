// SPDX-License-Identifier: Apache-2.0
// Tests of examples/learn/short_links.hpp, the service of the docs, on the virtual clock.

#include "learn/short_links.hpp"

#include <gtest/gtest.h>

#include <coppice/testing/sim_world.hpp>
#include <string>

namespace {

using namespace coppice;
using namespace std::chrono_literals;
using short_links::counter;
using short_links::links;
using short_links::store;

task<> start_short_links() {
    const auto started = co_await application::ensure_all_started<short_links::application>();
    EXPECT_TRUE(started);
}

TEST(short_links, keep_the_addresses_when_a_wrong_one_crashes_the_server) {
    coppice::testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        co_await start_short_links();
        const server<links> table{"links"};
        const std::string code = co_await table.call<links::add>("https://example.org");
        EXPECT_EQ(code, "link1");
        const pid before = table.whereis();

        const auto refused = co_await table.try_call<links::add>("tea");
        EXPECT_FALSE(refused);
        co_await sleep(10ms);

        EXPECT_NE(table.whereis(), before);
        const auto address = co_await server<store>{"store"}.call<store::get>(std::size_t{1});
        EXPECT_EQ(address, "https://example.org");
    });
    EXPECT_EQ(ended, reason::normal);
}

TEST(short_links, count_the_visits_of_each_link) {
    coppice::testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        co_await start_short_links();
        co_await short_links::visit("link1");
        co_await short_links::visit("link1");
        co_await short_links::visit("link2");
        const int first = co_await server<counter>{"link:link1"}.call(counter::count{});
        const int second = co_await server<counter>{"link:link2"}.call(counter::count{});
        EXPECT_EQ(first, 2);
        EXPECT_EQ(second, 1);
    });
    EXPECT_EQ(ended, reason::normal);
}

TEST(short_links, forget_a_count_after_an_hour_without_a_visit) {
    coppice::testing::sim_world world;
    const auto ended = world.run(
        []() -> task<> {
            co_await start_short_links();
            co_await short_links::visit("link1");
            co_await sleep(59min);
            EXPECT_TRUE(whereis("link:link1"));
            co_await sleep(1min + 1ms);
            EXPECT_FALSE(whereis("link:link1"));
        },
        2h);
    EXPECT_EQ(ended, reason::normal);
}

TEST(short_links, forget_a_count_as_early_as_configured) {
    coppice::testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        application::put_env("short_links", "forget_after", 5);
        co_await start_short_links();
        co_await short_links::visit("link1");
        co_await sleep(5min + 1ms);
        EXPECT_FALSE(whereis("link:link1"));
    });
    EXPECT_EQ(ended, reason::normal);
}

}  // namespace
