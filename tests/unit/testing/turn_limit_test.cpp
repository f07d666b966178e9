// SPDX-License-Identifier: Apache-2.0
// A simulated world that never comes to rest ends at the limit of turns, and leaves nothing behind.

#include <gtest/gtest.h>

#include <stdexcept>

#include "coppice/gen_server.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct again {};

struct counts {
    int rounds = 0;
    int alive = 0;
};

struct counts_itself {
    explicit counts_itself(counts* in) : in_{in} { ++in_->alive; }
    counts_itself(const counts_itself&) = delete;
    counts_itself& operator=(const counts_itself&) = delete;
    ~counts_itself() { --in_->alive; }

  private:
    counts* in_;
};

/// Sends a message to itself for each message received.
task<> chases_its_tail(counts* in) {
    const counts_itself here{in};
    send(self(), again{});
    for (;;) {
        co_await receive<again>();
        ++in->rounds;
        send(self(), again{});
    }
}

/// Crashes right after the start.
struct dies_soon {
    using info_messages = messages<again>;
    dies_soon() { send(coppice::self(), again{}); }
    void handle_info(again) { throw std::runtime_error{"again"}; }
};

task<> supervises_what_dies_soon(counts* in) {
    const counts_itself here{in};
    auto starting =
        supervisor::start_link(children(child<dies_soon>()), {.max_restarts = 1'000'000'000});
    co_await starting;
    co_await receive<again>();
}

TEST(limit_turns, ends_a_process_that_never_rests) {
    counts seen;
    int rounds_before = 0;
    {
        testing::sim_world world{1};
        world.limit_turns(1000);
        const pid runs = world.spawn([&seen] { return chases_its_tail(&seen); });
        world.run_until_idle();
        EXPECT_TRUE(world.out_of_turns());
        EXPECT_EQ(world.turns(), 1000U);
        rounds_before = seen.rounds;
        EXPECT_GT(rounds_before, 0);
        world.advance(1s);
        EXPECT_TRUE(world.alive(runs));
        EXPECT_EQ(seen.alive, 1);
    }
    EXPECT_EQ(seen.rounds, rounds_before) << "it ran on while the world was destroyed";
    EXPECT_EQ(seen.alive, 0);
}

TEST(limit_turns, ends_a_supervisor_that_restarts_at_one_instant_without_end) {
    counts seen;
    {
        testing::sim_world world{1};
        world.limit_turns(1000);
        world.spawn([&seen] { return supervises_what_dies_soon(&seen); });
        world.run_until_idle();
        EXPECT_TRUE(world.out_of_turns());
        EXPECT_EQ(world.now(), 0s);
    }
    EXPECT_EQ(seen.alive, 0);
}

TEST(limit_turns, is_reached_only_when_a_turn_is_refused) {
    const auto world_with = [](std::uint64_t turns) {
        auto world = std::make_unique<testing::sim_world>(1);
        world->limit_turns(turns);
        world->spawn([]() -> task<> { co_await sleep(1ms); });
        world->advance(1s);
        return world;
    };
    const auto whole = world_with(1000);
    EXPECT_FALSE(whole->out_of_turns());
    EXPECT_FALSE(world_with(whole->turns())->out_of_turns());
    EXPECT_TRUE(world_with(whole->turns() - 1)->out_of_turns());
}

TEST(limit_turns, can_be_lifted) {
    testing::sim_world world{1};
    bool ran = false;
    world.limit_turns(0);
    world.spawn([&ran]() -> task<> {
        ran = true;
        co_return;
    });
    world.run_until_idle();
    EXPECT_FALSE(ran);
    EXPECT_TRUE(world.out_of_turns());
    world.limit_turns(10);
    EXPECT_FALSE(world.out_of_turns());
    world.run_until_idle();
    EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace coppice
