// SPDX-License-Identifier: Apache-2.0
// The tests of the page about the test kit.

#include <gtest/gtest.h>

#include <coppice/coppice.hpp>
#include <coppice/testing/explore.hpp>
#include <coppice/testing/gtest.hpp>
#include <coppice/testing/start_supervised.hpp>
#include <string>

namespace {

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

struct kettle {
    struct boil {
        pid for_whom;
    };
    struct boiled {};
    using info_messages = messages<boiled>;

    void handle_cast(boil m) {
        guest = m.for_whom;
        send_after(3min, self(this), boiled{});
    }
    void handle_info(boiled) { send(guest, std::string{"tea"}); }

    pid guest;
};

TEST(kettle, makes_tea_after_three_minutes) {
    sim_world world;
    const auto ended = world.run([]() -> task<> {
        co_await start_supervised(child<kettle>().name("kettle"));
        const server<kettle> kitchen{"kettle"};
        const kettle::boil order{self()};
        kitchen.cast(order);
        co_await refute_receive<std::string>(3min - 1ms);
        const auto drink = co_await assert_receive<std::string>(1ms);
        EXPECT_EQ(drink, "tea");
    });
    EXPECT_EQ(ended, reason::normal);
}

TEST(kettle, is_back_after_a_crash) {
    sim_world world;
    const auto ended = world.run([]() -> task<> {
        const pid first = co_await start_supervised(child<kettle>().name("kettle"));
        exit(first, reason::kill);
        co_await assert_down(first);
        co_await eventually([] { return static_cast<bool>(whereis("kettle")); });
        EXPECT_NE(whereis("kettle"), first);
        co_await stop_supervised("kettle");
        EXPECT_FALSE(whereis("kettle"));
    });
    EXPECT_EQ(ended, reason::normal);
}

/// Orders again when no tea has come: the kettle may have crashed in between.
task<> patient_guest() {
    co_await start_supervised(child<kettle>().name("kettle"));
    const server<kettle> kitchen{"kettle"};
    for (;;) {
        const kettle::boil order{self()};
        kitchen.cast(order);
        const auto drink = co_await receive_for<std::string>(5min);
        if (drink) {
            co_return;
        }
    }
}

TEST(kettle, serves_a_patient_guest_whatever_fails) {
    explore(200, patient_guest);
}

TEST(kettle, never_has_two_guests) {
    int waiting = 0;
    explore_options how;
    how.seeds = 200;
    how.faults = fault_kinds::none();
    how.invariant = [&waiting] { return waiting > 1 ? "two guests wait" : std::string{}; };
    explore(how, [&waiting]() -> task<> {
        ++waiting;
        co_await patient_guest();
        --waiting;
    });
}

}  // namespace
