// SPDX-License-Identifier: Apache-2.0
// The agenda against a sorted set.

#include "time/agenda.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace coppice::time {
namespace {

using namespace std::chrono_literals;

class agenda_test : public ::testing::Test {
  protected:
    ~agenda_test() override {
        while (timer_node* left = agenda_.first()) {
            agenda_.remove(*left);
        }
    }

    timer_node& add(nanoseconds deadline) {
        timer_node& added = nodes.emplace_back();
        added.deadline = deadline;
        agenda_.add(added);
        return added;
    }
    /// Takes out all timers, and returns the deadlines in order.
    std::vector<nanoseconds> drain() {
        std::vector<nanoseconds> order;
        while (timer_node* next = agenda_.first()) {
            order.push_back(next->deadline);
            agenda_.remove(*next);
        }
        return order;
    }

    std::deque<timer_node> nodes;
    agenda agenda_;
};

TEST_F(agenda_test, has_no_first_and_is_never_due_when_empty) {
    EXPECT_TRUE(agenda_.empty());
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.first(), nullptr);
    EXPECT_EQ(agenda_.bound(), never);
}

TEST_F(agenda_test, knows_the_first_without_a_search_while_earlier_ones_are_added) {
    add(30ns);
    EXPECT_TRUE(agenda_.settled());
    timer_node& earlier = add(10ns);
    add(10ns);
    add(20ns);
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.bound(), 10ns);
    EXPECT_EQ(agenda_.first(), &earlier);
}

TEST_F(agenda_test, searches_for_the_first_timer_only_on_request) {
    timer_node& first = add(10ns);
    timer_node& second = add(20ns);
    agenda_.remove(first);
    EXPECT_FALSE(agenda_.settled());
    EXPECT_EQ(agenda_.bound(), 10ns);
    EXPECT_EQ(agenda_.first(), &second);
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.bound(), 20ns);
}

TEST_F(agenda_test, finds_the_next_timer_of_the_same_deadline_without_a_search) {
    timer_node& first = add(10ns);
    timer_node& second = add(10ns);
    add(20ns);
    timer_node& third = add(10ns);
    agenda_.remove(first);
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.first(), &second);
    agenda_.remove(second);  // the next timer with this deadline lies elsewhere
    EXPECT_FALSE(agenda_.settled());
    EXPECT_EQ(agenda_.first(), &third);
}

TEST_F(agenda_test, is_settled_again_by_a_timer_before_its_bound) {
    timer_node& first = add(10ns);
    add(20ns);
    agenda_.remove(first);
    add(10ns);
    EXPECT_FALSE(agenda_.settled());
    timer_node& earlier = add(9ns);
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.first(), &earlier);
}

TEST_F(agenda_test, stays_settled_when_a_later_timer_is_removed) {
    add(10ns);
    agenda_.remove(add(20ns));
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.bound(), 10ns);
}

TEST_F(agenda_test, forgets_its_bound_with_its_last_timer) {
    agenda_.remove(add(10ns));
    EXPECT_TRUE(agenda_.settled());
    EXPECT_EQ(agenda_.bound(), never);
}

TEST_F(agenda_test, keeps_the_order_around_the_size_where_wheels_begin) {
    for (int count = 1; count <= 40; ++count) {
        std::vector<nanoseconds> expected;
        for (int i = 0; i < count; ++i) {
            add(nanoseconds{(i * 41) % count});
            expected.emplace_back(i);
        }
        ASSERT_EQ(drain(), expected);
    }
}

TEST_F(agenda_test, keeps_thousands_of_one_deadline_in_the_order_in_which_they_were_added) {
    for (int i = 0; i < 3000; ++i) {
        add(1h);
    }
    for (timer_node& each : nodes) {
        ASSERT_EQ(agenda_.first(), &each);
        agenda_.remove(each);
    }
    EXPECT_TRUE(agenda_.empty());
}

TEST_F(agenda_test, holds_deadlines_from_zero_to_the_last_before_never) {
    std::vector<nanoseconds> expected;
    for (unsigned bit = 0; bit < 63; ++bit) {
        expected.emplace_back((std::int64_t{1} << bit) - 1);
    }
    expected.push_back(never - 1ns);
    for (auto each = expected.rbegin(); each != expected.rend(); ++each) {
        add(*each);
        ASSERT_EQ(agenda_.first()->deadline, *each);
    }
    EXPECT_EQ(drain(), expected);
}

TEST_F(agenda_test, takes_timers_earlier_and_later_than_all_of_its_wheels) {
    for (int i = 0; i < 100; ++i) {
        add(1s + nanoseconds{i});
    }
    ASSERT_EQ(agenda_.first()->deadline, 1s);  // now the timers are in the finest wheels
    add(2h);
    add(1ns);
    add(1s + 50ns);
    const std::vector<nanoseconds> order = drain();
    ASSERT_EQ(order.size(), 103U);
    EXPECT_EQ(order.front(), 1ns);
    EXPECT_EQ(order.at(51), 1s + 50ns);
    EXPECT_EQ(order.at(52), 1s + 50ns);
    EXPECT_EQ(order.back(), 2h);
}

/// An agenda and a sorted set with the same operations.
class history {
  public:
    explicit history(std::uint32_t seed) : random_{seed} {}
    ~history() {
        for (const auto& [deadline, node] : model_) {
            agenda_.remove(*node);
        }
    }
    history(const history&) = delete;
    history& operator=(const history&) = delete;

    void step() {
        const auto dice = random_() % 100;
        if (dice < 52) {
            add();
        } else if (dice < 75) {
            cancel();
        } else if (dice < 90) {
            check();
        } else {
            advance();
        }
        ASSERT_EQ(agenda_.empty(), model_.empty());
        ASSERT_LE(agenda_.bound(), model_.empty() ? never : model_.begin()->first);
    }

  private:
    /// Nodes have a sequence number, since addresses do not follow the order of addition.
    struct numbered : timer_node {
        std::uint64_t sequence = 0;
    };
    struct in_order {
        using entry = std::pair<nanoseconds, numbered*>;
        bool operator()(const entry& l, const entry& r) const {
            return l.first != r.first ? l.first < r.first : l.second->sequence < r.second->sequence;
        }
    };

    /// Nanoseconds are as likely as hours.
    nanoseconds span() {
        const auto bits = random_() % 45;
        return nanoseconds{random64() >> (63 - bits)};
    }
    std::uint64_t random64() { return (std::uint64_t{random_()} << 32U | random_()) >> 1U; }

    void add() {
        numbered& added = nodes_.emplace_back();
        added.sequence = nodes_.size();
        // Every fourth timer shares the deadline of another: equal deadlines would be rare otherwise.
        added.deadline =
            random_() % 4 == 0 && !model_.empty() ? model_.begin()->first : now_ + span();
        agenda_.add(added);
        model_.emplace(added.deadline, &added);
    }
    void cancel() {
        // Often the first timer, the expensive case.
        const auto chosen = random_() % 3 == 0 ? model_.begin() : any();
        if (chosen != model_.end()) {
            agenda_.remove(*chosen->second);
            model_.erase(chosen);
        }
    }
    void check() {
        ASSERT_EQ(agenda_.first(), model_.empty() ? nullptr : model_.begin()->second);
        ASSERT_TRUE(agenda_.settled());
    }
    void advance() {
        now_ += span() / 16;
        while (!model_.empty() && model_.begin()->first <= now_) {
            check();
            agenda_.remove(*model_.begin()->second);
            model_.erase(model_.begin());
        }
    }
    std::set<in_order::entry, in_order>::iterator any() {
        numbered key;
        key.deadline = now_ + span();
        return model_.lower_bound({key.deadline, &key});
    }

    std::mt19937 random_;
    nanoseconds now_{0};
    std::deque<numbered> nodes_;
    std::set<in_order::entry, in_order> model_;
    agenda agenda_;
};

TEST(agenda, matches_a_sorted_set_in_random_histories_of_nanoseconds_and_hours) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        history compared{seed};
        for (int step = 0; step < 10000; ++step) {
            ASSERT_NO_FATAL_FAILURE(compared.step());
        }
    }
}

}  // namespace
}  // namespace coppice::time
