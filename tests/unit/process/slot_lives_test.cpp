// SPDX-License-Identifier: Apache-2.0
// No pid comes again, also when a slot has had so many processes that its numbers end.

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "coppice/process.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"

namespace coppice::detail {
namespace {

using namespace std::chrono_literals;

/// A world whose slots have had many processes.
class old_world {
  public:
    explicit old_world(std::uint32_t first_generation) {
        auto simulator = std::make_unique<sched::sim_scheduler>(1);
        simulator_ = simulator.get();
        runtime_core::settings chosen;
        chosen.first_generation = first_generation;
        core_ = std::make_shared<runtime_core>(std::move(simulator), nullptr, nullptr, chosen);
    }

    pid spawn() {
        return spawn_process(*core_, make_function_body([]() -> task<> { co_return; }));
    }
    /// A process that has come and gone.
    pid life() {
        const pid lived = spawn();
        run();
        return lived;
    }
    void run() {
        while (simulator_->step()) {
        }
    }
    void pass(std::chrono::nanoseconds time) {
        simulator_->move_clock(simulator_->clock().now() + time);
    }
    bool is_open(const pid& who) const { return core_->is_open(who); }
    runtime_core& core() { return *core_; }

  private:
    sched::sim_scheduler* simulator_;
    std::shared_ptr<runtime_core> core_;
};

TEST(a_slot, that_has_given_its_last_pid_is_used_no_more) {
    old_world world{UINT32_MAX - 1};
    const pid first = world.life();
    const pid last = world.life();
    EXPECT_EQ(last.index(), first.index());
    EXPECT_EQ(last.generation(), UINT32_MAX);
    std::set<pid> seen{first, last};
    for (int i = 0; i < 3000; ++i) {  // more than two chunks have lives left
        const pid next = world.spawn();
        EXPECT_NE(next.index(), first.index());
        EXPECT_TRUE(seen.insert(next).second);
        EXPECT_TRUE(world.is_open(next));
        EXPECT_FALSE(world.is_open(first));
        EXPECT_FALSE(world.is_open(last));
        world.run();
    }
}

TEST(a_slot, without_a_life_left_is_nobody_to_whom_anything_could_be_sent) {
    old_world world{UINT32_MAX};
    const pid last = world.life();
    for (const std::uint32_t generation : {0U, 1U, UINT32_MAX}) {
        const pid nobody{last.node(), last.index(), generation};
        EXPECT_FALSE(world.is_open(nobody));
        EXPECT_EQ(world.core().deliver(nobody, new plain_signal{signal_kind::unlink_ack}), nullptr);
    }
}

TEST(a_slot, whose_tags_begin_again_rests_for_a_minute_at_least) {
    old_world world{0xFFFF};
    const pid before = world.life();
    world.pass(process_table::rest_of_a_slot - 1ns);
    std::set<std::uint32_t> used;
    for (int i = 0; i < 5; ++i) {
        used.insert(world.life().index());  // each is the last before its slot's rest
    }
    EXPECT_FALSE(used.contains(before.index()));
    EXPECT_EQ(used.size(), 5U);

    world.pass(process_table::rest_of_a_slot);
    world.life();  // ends the period
    world.pass(process_table::rest_of_a_slot);
    world.life();
    bool back = false;
    for (int i = 0; i < 10 && !back; ++i) {
        const pid next = world.life();
        back = next.index() == before.index();
        EXPECT_FALSE(back && next.generation() != 0x10000);
    }
    EXPECT_TRUE(back);
}

TEST(tags, of_a_lane_have_fifty_six_bits) {
    old_world world{1};
    const std::uint64_t first = world.core().new_tag();
    EXPECT_EQ(first >> 56U, 0U);  // a simulation has one lane, for its one thread
    EXPECT_EQ(world.core().new_tag(), first + 1);
}

}  // namespace
}  // namespace coppice::detail
