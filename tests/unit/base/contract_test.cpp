// SPDX-License-Identifier: Apache-2.0
// Goal    A broken precondition aborts with one line, which names the place, the condition and the remedy. A
//         precondition that holds has no effect.
// Method  Death tests of the macro, and of a few functions on both sides of their preconditions.

#include "coppice/detail/contract.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "base/position_table.hpp"
#include "coppice/callback.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/testing/sim_world.hpp"
#include "mailbox/message_list.hpp"
#include "sched/run_queue.hpp"
#include "supervise/key_index.hpp"
#include "supervise/plan.hpp"
#include "support/tasks.hpp"
#include "time/timer_ids.hpp"

namespace coppice {
namespace {

void require_even(int number) {
    COPPICE_EXPECTS(number % 2 == 0, "give an even number");
}

TEST(contract_deathtest, says_the_place_the_condition_and_the_remedy_in_one_line) {
    EXPECT_DEATH(require_even(1),
                 "^coppice: broken contract at [^ ]*contract_test\\.cpp:[0-9]+: "
                 "number % 2 == 0: give an even number\n$");
}

TEST(contract_deathtest, says_the_place_from_the_folder_of_the_headers_on) {
    const callback<void()> empty;
    EXPECT_DEATH(empty(), "broken contract at include/coppice/callback\\.hpp:[0-9]+: ");
}

TEST(contract_deathtest, names_the_process_that_broke_it) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(
        {
            testing::sim_world world;
            world.run([] { require_even(3); });
        },
        "contract_test\\.cpp:[0-9]+, process <0\\.[0-9]+\\.[0-9]+>: number % 2 == 0: give an even");
}

TEST(contract, evaluates_a_condition_that_holds_once_and_goes_on) {
    int looks = 0;
    COPPICE_EXPECTS(++looks == 1, "look once");
    EXPECT_EQ(looks, 1);
    require_even(2);
}

TEST(contract_deathtest, of_a_reason_is_an_index_below_its_size) {
    const exit_reason pair = exit_reason::tuple("bad_order", exit_reason::integer(7));
    EXPECT_EQ(pair[1], exit_reason::integer(7));
    EXPECT_DEATH(static_cast<void>(pair[2]), "index < size\\(\\): ask size\\(\\) first");
    EXPECT_DEATH(static_cast<void>(reason::normal[0]), "only a tuple has terms");
}

TEST(contract_deathtest, of_a_plan_is_a_child_that_it_contains) {
    supervise::plan decides{restart_strategy::one_for_one, auto_shutdown_mode::never,
                            supervise::restart_window{1, 5}};
    const supervise::child_key child = decides.add(restart_type::permanent, false);
    decides.started(child);
    EXPECT_DEATH(decides.remove(child), "stop a child before its removal");
    EXPECT_DEATH(decides.stopped(child + 1), "contains\\(child\\)");
    decides.stopped(child);
    decides.remove(child);
    EXPECT_DEATH(static_cast<void>(decides.status_of(child)), "not removed or forgotten");
}

TEST(contract_deathtest, of_a_restart_window_is_a_limit_and_a_period) {
    supervise::restart_window none{0, 1};
    EXPECT_FALSE(none.account(1));
    EXPECT_DEATH((supervise::restart_window{0, 0}), "validate the limits");
    EXPECT_DEATH((supervise::restart_window{-1, 1}), "validate the limits");
}

TEST(contract_deathtest, of_an_index_of_keys_is_the_presence_of_the_key) {
    supervise::key_index index;
    EXPECT_DEATH(index.replace(1, 2, 3), "replace a key that is present");
    index.insert(1, 2);
    EXPECT_DEATH(index.insert(1, 2), "insert a key that is absent");
    EXPECT_DEATH(index.replace(1, 3, 4), "replace a key that is present");
    index.replace(1, 2, 3);
    EXPECT_TRUE(index.erase(1, 3));
}

TEST(contract_deathtest, of_a_table_of_positions_is_the_presence_of_an_erased_key) {
    std::array<std::uint32_t, 4> cells{};
    base::position_table<std::uint64_t> table{cells};
    const auto key_at = [](std::size_t) { return std::uint64_t{7}; };
    table.put(7, 0, key_at);
    table.erase(7, key_at);
    EXPECT_DEATH(table.erase(7, key_at), "erase a key that is present");
}

TEST(contract_deathtest, of_a_message_list_is_a_message_to_take) {
    mailbox::message_list empty;
    EXPECT_DEATH(static_cast<void>(empty.pop()), "ask empty\\(\\)");
    EXPECT_DEATH(empty.skip(), "ask at_scan\\(\\)");
    EXPECT_DEATH(static_cast<void>(empty.take_at_scan()), "ask at_scan\\(\\)");
}

TEST(contract_deathtest, of_a_thief_is_an_empty_queue) {
    test::turn first;
    test::turn second;
    sched::run_queue full;
    sched::run_queue thief;
    full.push(first);
    thief.push(second);
    EXPECT_DEATH(static_cast<void>(full.steal_into(thief)), "steal into an empty queue");
    EXPECT_DEATH(static_cast<void>(full.steal_into(full)), "steal into an empty queue");
    EXPECT_EQ(thief.pop(), &second);
    EXPECT_EQ(full.steal_into(thief), &first);
}

TEST(contract_deathtest, of_an_id_is_a_free_slot) {
    time::timer_ids ids;
    time::timer_node timer;
    EXPECT_DEATH(ids.give(timer), "call make_room\\(\\)");
    ids.make_room();
    ids.give(timer);
    EXPECT_EQ(ids.find(timer.id), &timer);
}

}  // namespace
}  // namespace coppice
