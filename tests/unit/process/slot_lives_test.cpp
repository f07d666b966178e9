// SPDX-License-Identifier: Apache-2.0
// A pid is never used twice, even when a slot's generations run out. A slot passes
// nothing on from one process to the next.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"

namespace coppice::process_layer {
namespace {

using namespace std::chrono_literals;

/// A world with well-used slots: each slot has had many processes.
class old_world {
  public:
    explicit old_world(std::uint32_t first_generation) {
        auto simulator = std::make_unique<sched::sim_scheduler>(1);
        simulator_ = simulator.get();
        detail::runtime_core::settings chosen;
        chosen.first_generation = first_generation;
        core_ =
            std::make_shared<detail::runtime_core>(std::move(simulator), nullptr, nullptr, chosen);
    }

    pid spawn() {
        return spawn_process(*core_, detail::make_function_body([]() -> task<> { co_return; }));
    }
    /// Starts a process and runs it to its end.
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
    detail::runtime_core& core() { return *core_; }
    const std::byte* slot(std::uint32_t index) {
        return reinterpret_cast<const std::byte*>(&core_->table().slot(index));
    }

  private:
    sched::sim_scheduler* simulator_;
    std::shared_ptr<detail::runtime_core> core_;
};

TEST(a_slot, that_has_given_its_last_pid_is_used_no_more) {
    old_world world{UINT32_MAX - 1};
    const pid first = world.life();
    const pid last = world.life();
    EXPECT_EQ(last.index(), first.index());
    EXPECT_EQ(last.generation(), UINT32_MAX);
    std::set<pid> seen{first, last};
    for (int i = 0; i < 3000; ++i) {  // more than the lives left in two chunks
        const pid next = world.spawn();
        EXPECT_NE(next.index(), first.index());
        EXPECT_TRUE(seen.insert(next).second);
        EXPECT_TRUE(world.is_open(next));
        EXPECT_FALSE(world.is_open(first));
        EXPECT_FALSE(world.is_open(last));
        world.run();
    }
}

/// More than in the first chunks and in the first block of chunks.
constexpr std::uint32_t many = 42 * 1024;

TEST(a_table, keeps_the_slots_of_many_processes_apart) {
    old_world world{1};
    std::vector<pid> born;
    std::vector<const std::byte*> slots;
    for (std::uint32_t i = 0; i < many; ++i) {
        born.push_back(world.spawn());
        slots.push_back(world.slot(i));
    }
    const auto is_open = [&](const pid& each) { return world.is_open(each); };
    EXPECT_TRUE(std::ranges::all_of(born, is_open));
    std::ranges::sort(slots);
    const auto overlap = [](const std::byte* a, const std::byte* b) {
        return b < a + sizeof(detail::process);
    };
    EXPECT_EQ(std::ranges::adjacent_find(slots, overlap), slots.end());
    world.run();
    EXPECT_TRUE(std::ranges::none_of(born, is_open));
}

TEST(a_table, returns_the_memory_of_many_processes) {
    std::uintptr_t last = 0;
    {
        old_world world{1};
        for (std::uint32_t i = 0; i < many; ++i) {
            world.spawn();
        }
        last = reinterpret_cast<std::uintptr_t>(world.slot(many - 1));
    }
    last -= last % static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    unsigned char resident = 0;
    EXPECT_NE(::mincore(reinterpret_cast<void*>(last), 1, &resident), 0) << "still mapped";
}

TEST(a_slot, without_generations_left_accepts_no_signals) {
    old_world world{UINT32_MAX};
    const pid last = world.life();
    for (const std::uint32_t generation : {0U, 1U, UINT32_MAX}) {
        const pid nobody{last.node(), last.index(), generation};
        EXPECT_FALSE(world.is_open(nobody));
        EXPECT_FALSE(world.core()
                         .deliver(nobody, new plain_signal{detail::signal_kind::unlink_ack})
                         .is_accepted());
    }
}

TEST(a_slot, whose_tags_wrap_around_rests_for_at_least_a_minute) {
    old_world world{0xFFFF};
    const pid before = world.life();
    world.pass(process_table::rest_of_a_slot - 1ns);
    std::set<std::uint32_t> used;
    for (int i = 0; i < 5; ++i) {
        used.insert(world.life().index());  // each is the last before the slot's rest
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

/// Makes many requests on destruction.
class farewell {
  public:
    farewell(ref monitor, pid peer) noexcept : monitor_{monitor}, peer_{peer} {}
    farewell(farewell&& other) noexcept
        : monitor_{other.monitor_}, peer_{std::exchange(other.peer_, pid{})} {}
    farewell& operator=(farewell&&) = delete;
    ~farewell() {
        if (peer_) {
            demonitor(monitor_, demonitor_option::flush);
            trap_exit(true);
            monitor(peer_);
            link(peer_);
            send(self(), 1);
        }
    }

  private:
    ref monitor_;
    pid peer_;
};

struct never {};

/// Uses every kind of per-process data of the runtime, and ends while more signals arrive.
task<> eventful_life() {
    const pid me = self();
    register_name("eventful", me);
    trap_exit(true);
    priority(priority_level::high);
    const pid peer = spawn_link([]() -> task<> { co_await receive<never>(); });
    const ref watched = monitor(peer);
    send(me, 1);
    EXPECT_TRUE((co_await receive_for<int>(1h)).has_value());
    send_after(1h, me, 1);
    spawn([me, peer, watched]() -> task<> {
        monitor(me);
        link(me);
        for (int i = 0; i < 10'000; ++i) {  // the process follows itself
            send(me, 1L);
        }
        send(me, farewell{watched, peer});
        co_await yield();
        exit(me, reason::kill);
        send(me, farewell{watched, peer});
        monitor(me);
        unlink(me);
        exit(me, "late");
        co_await receive<never>();
    });
    for (;;) {
        co_await yield();
    }
}

using image = std::array<unsigned char, sizeof(detail::process)>;

/// The slot of a process before its first turn, without the fields that differ between lives: next free
/// slot, generation, inbox and body. The offsets are from docs/internals/memory.md.
image newborn(old_world& world, const pid& born) {
    image out{};
    const detail::process* const slot = world.core().slot_of(born);
    EXPECT_NE(slot, nullptr);
    std::memcpy(out.data(), static_cast<const void*>(slot), out.size());
    for (const auto& [at, size] : {std::pair{20, 4}, {28, 4}, {32, 8}, {80, 8}}) {
        std::fill_n(out.begin() + at, size, static_cast<unsigned char>(0));
    }
    return out;
}

TEST(a_slot, that_is_reused_equals_a_fresh_one) {
    old_world world{1};
    const pid first = world.spawn();
    const image fresh = newborn(world, first);
    world.run();
    const pid eventful = spawn_process(world.core(), detail::make_function_body(eventful_life));
    ASSERT_EQ(eventful.index(), first.index());
    world.run();
    ASSERT_FALSE(world.is_open(eventful));
    pid last = world.spawn();
    for (int others = 0; last.index() != first.index() && others < 8; ++others) {
        last = world.spawn();  // the free list gives later ends first
    }
    ASSERT_EQ(last.index(), first.index());
    const image again = newborn(world, last);
    for (std::size_t at = 0; at < fresh.size(); ++at) {
        EXPECT_EQ(fresh[at], again[at]) << "at byte " << at;
    }
    world.run();
}

TEST(tags, of_a_lane_have_fifty_six_bits) {
    old_world world{1};
    const std::uint64_t first = world.core().new_tag();
    EXPECT_EQ(first >> 56U, 0U);  // a simulation has one lane, for one thread
    EXPECT_EQ(world.core().new_tag(), first + 1);
}

}  // namespace
}  // namespace coppice::process_layer
