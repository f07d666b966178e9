// SPDX-License-Identifier: Apache-2.0

#include "process/followers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "support/tasks.hpp"

namespace coppice::process_layer {
namespace {

using sched::runnable;
using test::turn;
using list = std::vector<runnable*>;

list listed(runnable* first) {
    list out;
    for (runnable* each = first; each != nullptr; each = each->next_runnable) {
        out.push_back(each);
    }
    return out;
}

class some_followers : public ::testing::Test {
  protected:
    /// Takes every free place of the leader's set for other leaders, and
    /// picks one of these leaders as `other`.
    void fill_the_set_of_the_leader() {
        std::vector<followers::flag*> added;
        for (std::size_t i = 1; i < flags.size(); ++i) {
            if (all.add(flags[i], others[i], false)) {
                added.push_back(&flags[i]);
            }
        }
        ASSERT_FALSE(all.add(leader, a, false));
        other = added.back();
        for (followers::flag* each : added) {
            all.take_all(*each);
            if (all.add(leader, a, false)) {
                all.take_all(leader);
                other = each;  // `each` was in the leader's set
            }
            all.add(*each, others[0], false);
        }
        all.take_all(*other);
    }

    followers all;
    std::deque<followers::flag> flags = std::deque<followers::flag>(1000);
    std::deque<turn> others = std::deque<turn>(1000);
    followers::flag& leader = flags[0];
    followers::flag* other = nullptr;
    turn a;
    turn b;
    turn c;
};

TEST_F(some_followers, are_none_before_the_first_is_added) {
    EXPECT_FALSE(leader);
    EXPECT_EQ(all.take_all(leader), nullptr);
    EXPECT_EQ(all.take_next(leader), nullptr);
    EXPECT_FALSE(leader);
}

TEST_F(some_followers, are_all_taken_in_the_order_of_arrival) {
    for (const bool one_by_one : {false, true}) {
        for (turn* each : {&c, &a, &b}) {
            EXPECT_TRUE(all.add(leader, *each, one_by_one));
            EXPECT_TRUE(leader);
        }
        EXPECT_EQ(listed(all.take_all(leader)), (list{&c, &a, &b}));
        EXPECT_FALSE(leader);
        EXPECT_EQ(all.take_all(leader), nullptr);
    }
}

TEST_F(some_followers, are_taken_one_by_one_and_the_last_one_clears_the_flag) {
    for (turn* each : {&a, &b, &c}) {
        all.add(leader, *each, true);
    }
    EXPECT_EQ(listed(all.take_next(leader)), list{&a});
    EXPECT_EQ(listed(all.take_next(leader)), list{&b});
    EXPECT_TRUE(leader);
    EXPECT_EQ(listed(all.take_next(leader)), list{&c});
    EXPECT_FALSE(leader);
    EXPECT_EQ(all.take_next(leader), nullptr);
}

TEST_F(some_followers, without_the_one_by_one_mode_are_taken_all_at_once) {
    all.add(leader, a, false);
    all.add(leader, b, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&a, &b}));
    EXPECT_FALSE(leader);
}

TEST_F(some_followers, are_taken_in_the_mode_of_the_last_added_one) {
    all.add(leader, a, true);
    all.add(leader, b, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&a, &b}));
    all.add(leader, a, false);
    all.add(leader, b, true);
    EXPECT_EQ(listed(all.take_next(leader)), list{&a});
    all.add(leader, c, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&b, &c}));
}

TEST_F(some_followers, are_appended_at_the_end_when_added_again) {
    all.add(leader, a, true);
    all.add(leader, b, true);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(listed(all.take_next(leader)), list{&a});
        all.add(leader, a, true);
        ASSERT_EQ(listed(all.take_next(leader)), list{&b});
        all.add(leader, b, true);
    }
    EXPECT_EQ(listed(all.take_all(leader)), (list{&a, &b}));
    all.add(leader, a, true);
    all.take_next(leader);
    all.add(leader, a, true);  // again, after the last follower has gone
    EXPECT_EQ(listed(all.take_all(leader)), list{&a});
}

TEST_F(some_followers, are_refused_in_a_full_set_until_one_leader_has_no_followers) {
    fill_the_set_of_the_leader();
    EXPECT_TRUE(all.add(leader, a, true));
    EXPECT_TRUE(all.add(leader, b, true));
    EXPECT_FALSE(all.add(*other, c, true));
    EXPECT_FALSE(*other);
    all.take_next(leader);
    EXPECT_FALSE(all.add(*other, c, true));  // one follower is left
    all.take_next(leader);
    EXPECT_TRUE(all.add(*other, c, true));
    EXPECT_TRUE(*other);
    EXPECT_FALSE(all.add(leader, a, true));
    EXPECT_FALSE(leader);
    EXPECT_EQ(listed(all.take_all(*other)), list{&c});
}

TEST_F(some_followers, are_not_confused_with_those_of_another_leader_in_the_set) {
    fill_the_set_of_the_leader();
    all.add(leader, a, true);
    EXPECT_EQ(all.take_all(*other), nullptr);
    EXPECT_EQ(all.take_next(*other), nullptr);
    EXPECT_TRUE(leader);
    EXPECT_EQ(listed(all.take_all(leader)), list{&a});
}

TEST_F(some_followers, are_unchanged_when_a_follower_of_their_set_is_refused) {
    fill_the_set_of_the_leader();
    all.add(leader, a, true);
    all.add(leader, b, true);
    c.next_runnable = &a;
    EXPECT_FALSE(all.add(*other, c, false));
    EXPECT_EQ(c.next_runnable, &a);  // nor for `c`
    EXPECT_EQ(listed(all.take_next(leader)), list{&a});
    EXPECT_EQ(listed(all.take_next(leader)), list{&b});
}

TEST_F(some_followers, of_a_leader_that_has_not_caught_up_are_taken_one_in_a_while) {
    for (const bool one_by_one : {false, true}) {
        all.add(leader, a, one_by_one);
        all.add(leader, b, one_by_one);
        for (runnable* next : {&a, &b}) {
            for (unsigned i = 1; i < followers::patience_max; ++i) {
                ASSERT_EQ(all.take_one_in_a_while(leader), nullptr) << i;
            }
            EXPECT_EQ(listed(all.take_one_in_a_while(leader)), list{next});
        }
        EXPECT_FALSE(leader);
    }
}

TEST_F(some_followers, are_removed_from_any_position_of_the_list) {
    for (turn* out : {&a, &b, &c}) {
        list left;
        for (turn* each : {&a, &b, &c}) {
            all.add(leader, *each, false);
            if (each != out) {
                left.push_back(each);
            }
        }
        EXPECT_TRUE(all.remove(*out));
        EXPECT_FALSE(all.remove(*out));
        EXPECT_TRUE(leader);
        all.add(leader, *out, false);  // the tail pointer is still right
        left.push_back(out);
        EXPECT_EQ(listed(all.take_all(leader)), left);
    }
    all.add(leader, a, false);
    EXPECT_TRUE(all.remove(a));
    EXPECT_FALSE(leader);
}

TEST_F(some_followers, leave_the_other_bits_of_the_flag_alone) {
    leader = 0xF0;
    all.add(leader, a, false);
    EXPECT_EQ(leader, 0xF0 | followers::raised);
    all.take_all(leader);
    EXPECT_EQ(leader, 0xF0);
}

TEST_F(some_followers, of_many_leaders_are_kept_apart_or_refused) {
    std::deque<turn> one_each(flags.size());
    std::vector<bool> added;
    for (std::size_t i = 0; i < flags.size(); ++i) {
        added.push_back(all.add(flags[i], one_each[i], true));
        ASSERT_EQ(flags[i] != 0, added[i]);
    }
    EXPECT_GT(std::ranges::count(added, true), 32);  // a bad hash would use few places
    EXPECT_GT(std::ranges::count(added, false), 0);
    for (std::size_t i = 0; i < flags.size(); ++i) {
        ASSERT_EQ(listed(all.take_all(flags[i])), added[i] ? list{&one_each[i]} : list{});
        ASSERT_TRUE(all.add(flags[i], one_each[i], true) || !added[i]);
        all.take_all(flags[i]);
    }
}

TEST_F(some_followers, are_each_taken_once_while_threads_add_and_take_in_one_set) {
    fill_the_set_of_the_leader();
    constexpr int times = 500;
    std::deque<turn> tired(3);
    std::atomic<int> busy{3};
    const auto let_go = [&](runnable* next) {
        while (next != nullptr) {
            std::exchange(next, next->next_runnable)->run_turn();
        }
    };
    std::vector<std::thread> adding;
    for (std::size_t i = 0; i < tired.size(); ++i) {
        adding.emplace_back([&, i] {
            for (int done = 0; done < times;) {
                if (all.add(i == 0 ? *other : leader, tired[i], done % 2 == 0)) {
                    ++done;
                    while (tired[i].turns() < done) {
                        std::this_thread::yield();
                    }
                } else {
                    std::this_thread::yield();
                }
            }
            --busy;
        });
    }
    std::vector<std::thread> taking;
    taking.emplace_back([&] {
        while (busy > 0) {
            let_go(all.take_next(leader));
            let_go(all.take_next(*other));
            std::this_thread::yield();
        }
    });
    taking.emplace_back([&] {
        while (busy > 0) {
            let_go(all.take_all(*other));
            let_go(all.take_all(leader));
            std::this_thread::yield();
        }
    });
    for (auto* threads : {&adding, &taking}) {
        for (std::thread& each : *threads) {
            each.join();
        }
    }
    for (const turn& each : tired) {
        EXPECT_EQ(each.turns(), times);
        EXPECT_TRUE(each.turns_were_ordered());
    }
    EXPECT_FALSE(leader);
    EXPECT_FALSE(*other);
}

}  // namespace
}  // namespace coppice::process_layer
