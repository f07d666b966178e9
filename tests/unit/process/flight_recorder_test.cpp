// SPDX-License-Identifier: Apache-2.0

#include "process/flight_recorder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sched/sim_scheduler.hpp"

namespace coppice::process_layer {
namespace {

constexpr std::size_t kept = 8;

/// Records for the single thread of a simulation.
struct recording {
    explicit recording(std::size_t size = kept) : recorder{1, scheduler, true, size} {}

    sched::sim_scheduler scheduler{1};
    flight_recorder recorder;
    const unsigned lane = 0;

    void note_many(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            recorder.note(life_event::stuck, pid{1, i, 1}, "said");
        }
    }
    recorded_event last() {
        recorded_event out;
        EXPECT_TRUE(recorder.copy(lane, recorder.count(lane) - 1, out));
        return out;
    }
};

TEST(a_ring_of_events, is_read_except_for_the_slot_written_next) {
    recording all;
    recorded_event out;
    for (std::uint32_t count = 1; count <= 3 * kept; ++count) {
        all.note_many(1);
        ASSERT_EQ(all.recorder.count(all.lane), count);
        const std::uint64_t oldest = all.recorder.oldest(all.lane);
        EXPECT_EQ(oldest, count < kept ? 0 : count - kept + 1)
            << "slot " << count % kept << " is being written";
        EXPECT_TRUE(oldest == 0 || !all.recorder.copy(all.lane, oldest - 1, out));
        EXPECT_TRUE(all.recorder.copy(all.lane, oldest, out));
        EXPECT_FALSE(all.recorder.copy(all.lane, count, out));
    }
}

TEST(a_ring_of_events, of_any_size_keeps_its_last_events) {
    for (const std::size_t size :
         {1UL, 512UL, 513UL, 2048UL}) {  // pages are mapped for 512 at once
        SCOPED_TRACE(size);
        recording all{size};
        const auto count = static_cast<std::uint32_t>(2 * size + 1);
        all.note_many(count);
        recorded_event out;
        for (std::uint64_t i = all.recorder.oldest(all.lane); i < count; ++i) {
            ASSERT_TRUE(all.recorder.copy(all.lane, i, out));
            EXPECT_EQ(out.words_said(), "said");
        }
        EXPECT_GE(count - all.recorder.oldest(all.lane) + 1, size) << "one slot is written next";
    }
}

TEST(an_event, marks_truncated_texts) {
    recording all;
    const std::string name(100, 'n');
    all.recorder.note(life_event::exit, pid{1, 1, 1}, {}, name, exit_reason{"disk_full"});
    EXPECT_EQ(all.last().name(), std::string(45, 'n') + "...");
    EXPECT_EQ(all.last().reason(), "disk_full");
    all.recorder.note(life_event::stuck, pid{1, 1, 1},
                      std::string(recorded_event::text_bytes, 'x'));
    EXPECT_EQ(all.last().words_said(), std::string(recorded_event::text_bytes, 'x'));
    all.recorder.note(life_event::stuck, pid{1, 1, 1},
                      std::string(recorded_event::text_bytes + 1, 'x'));
    EXPECT_EQ(all.last().words_said(), std::string(recorded_event::text_bytes - 3, 'x') + "...");
}

TEST(an_event, of_a_report_keeps_room_for_its_text_and_its_reason) {
    recording all;
    server_report crashed;
    crashed.name = std::string(200, 'n');
    crashed.why = exit_reason::symbol(std::string(200, 'r'));
    all.recorder.note(pid{1, 1, 1}, report_level::error, crashed);
    EXPECT_TRUE(all.last().words_said().starts_with("error server nnnn"))
        << all.last().words_said();
    EXPECT_GE(all.last().words_said().size(), 40U);
    EXPECT_TRUE(all.last().reason().starts_with("rrrr")) << all.last().reason();
    EXPECT_GE(all.last().reason().size(), 40U);
}

TEST(an_age, is_zero_for_a_birth_slightly_ahead_on_the_clock_of_another_core) {
    EXPECT_EQ(flight_recorder::coarse_between(7, 7), 0U);
    EXPECT_EQ(flight_recorder::coarse_between(8, 7), 0U);
    EXPECT_EQ(flight_recorder::coarse_between(7 + (1U << 20U), 7), 0U);
    EXPECT_EQ(flight_recorder::coarse_between(7, 8), 1U);
    EXPECT_EQ(flight_recorder::coarse_between(UINT32_MAX, 4), 5U)
        << "also when the count begins anew";
}

}  // namespace
}  // namespace coppice::process_layer
