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

namespace coppice::detail {
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
    /// Finds two leaders that cannot be followed at once. It leaves `all` as it was.
    void find_two_in_one_place() {
        all.add(flags[0], a, false);
        for (std::size_t i = 1; i < flags.size() && other == nullptr; ++i) {
            if (all.add(flags[i], b, false)) {
                all.take_all(flags[i]);
            } else {
                other = &flags[i];
            }
        }
        all.take_all(flags[0]);
        ASSERT_NE(other, nullptr);
    }

    followers all;
    std::deque<followers::flag> flags = std::deque<followers::flag>(1000);
    followers::flag& leader = flags[0];
    followers::flag* other = nullptr;
    turn a;
    turn b;
    turn c;
};

TEST_F(some_followers, are_nobody_before_one_was_added) {
    EXPECT_FALSE(leader);
    EXPECT_EQ(all.take_all(leader), nullptr);
    EXPECT_EQ(all.take_next(leader), nullptr);
    EXPECT_FALSE(leader);
}

TEST_F(some_followers, go_all_in_the_order_in_which_they_came) {
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

TEST_F(some_followers, go_one_at_a_time_and_the_last_one_lowers_the_flag) {
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

TEST_F(some_followers, that_do_not_go_one_at_a_time_go_all_at_once) {
    all.add(leader, a, false);
    all.add(leader, b, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&a, &b}));
    EXPECT_FALSE(leader);
}

TEST_F(some_followers, go_as_the_last_who_came_says) {
    all.add(leader, a, true);
    all.add(leader, b, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&a, &b}));
    all.add(leader, a, false);
    all.add(leader, b, true);
    EXPECT_EQ(listed(all.take_next(leader)), list{&a});
    all.add(leader, c, false);
    EXPECT_EQ(listed(all.take_next(leader)), (list{&b, &c}));
}

TEST_F(some_followers, go_to_the_end_when_they_come_again) {
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
    all.add(leader, a, true);  // after the last has gone too
    EXPECT_EQ(listed(all.take_all(leader)), list{&a});
}

TEST_F(some_followers, are_refused_where_another_is_followed_until_nobody_follows_that) {
    find_two_in_one_place();
    EXPECT_TRUE(all.add(leader, a, true));
    EXPECT_TRUE(all.add(leader, b, true));
    EXPECT_FALSE(all.add(*other, c, true));
    EXPECT_FALSE(*other);
    all.take_next(leader);
    EXPECT_FALSE(all.add(*other, c, true));  // one is left
    all.take_next(leader);
    EXPECT_TRUE(all.add(*other, c, true));
    EXPECT_TRUE(*other);
    EXPECT_FALSE(all.add(leader, a, true));
    EXPECT_FALSE(leader);
    EXPECT_EQ(listed(all.take_all(*other)), list{&c});
}

TEST_F(some_followers, are_not_taken_for_another_in_the_same_place) {
    find_two_in_one_place();
    all.add(leader, a, true);
    EXPECT_EQ(all.take_all(*other), nullptr);
    EXPECT_EQ(all.take_next(*other), nullptr);
    EXPECT_TRUE(leader);
    EXPECT_EQ(listed(all.take_all(leader)), list{&a});
}

TEST_F(some_followers, one_who_is_refused_changes_nothing_for_those_in_his_place) {
    find_two_in_one_place();
    all.add(leader, a, true);
    all.add(leader, b, true);
    c.next_runnable = &a;
    EXPECT_FALSE(all.add(*other, c, false));
    EXPECT_EQ(c.next_runnable, &a);  // nor for himself
    EXPECT_EQ(listed(all.take_next(leader)), list{&a});
    EXPECT_EQ(listed(all.take_next(leader)), list{&b});
}

TEST_F(some_followers, of_many_leaders_are_kept_apart_or_refused) {
    std::deque<turn> one_each(flags.size());
    std::vector<bool> added;
    for (std::size_t i = 0; i < flags.size(); ++i) {
        added.push_back(all.add(flags[i], one_each[i], true));
        ASSERT_EQ(flags[i], added[i]);
    }
    EXPECT_GT(std::ranges::count(added, true), 32);  // the hash is none if most share a few places
    EXPECT_GT(std::ranges::count(added, false), 0);
    for (std::size_t i = 0; i < flags.size(); ++i) {
        ASSERT_EQ(listed(all.take_all(flags[i])), added[i] ? list{&one_each[i]} : list{});
        ASSERT_TRUE(all.add(flags[i], one_each[i], true) || !added[i]);
        all.take_all(flags[i]);
    }
}

TEST_F(some_followers, are_each_taken_once_while_threads_add_and_take_in_one_place) {
    find_two_in_one_place();
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
}  // namespace coppice::detail
