// SPDX-License-Identifier: Apache-2.0
#include "mailbox/inbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace coppice::mailbox {
namespace {

constexpr std::uint32_t life = 3;

signal numbered(std::uint64_t number) {
    signal made{detail::signal_kind::link};
    made.tag = number;
    return made;
}

std::vector<std::uint64_t> tags(const signal* first) {
    std::vector<std::uint64_t> out;
    for (; first != nullptr; first = first->next) {
        out.push_back(first->tag);
    }
    return out;
}

using numbers = std::vector<std::uint64_t>;

TEST(inbox, is_closed_until_it_is_opened) {
    inbox box;
    signal one = numbered(1);
    EXPECT_EQ(box.push(one, 0), push_result::closed);
    EXPECT_FALSE(box.is_open(0));
    box.open(life, false);
    EXPECT_TRUE(box.is_open(life));
    EXPECT_FALSE(box.is_open(life + 1));
}

TEST(inbox, gives_signals_oldest_first_and_once) {
    inbox box;
    box.open(life, false);
    signal one = numbered(1);
    signal two = numbered(2);
    signal three = numbered(3);
    EXPECT_FALSE(box.has_signals());
    EXPECT_EQ(box.push(one, life), push_result::queued);
    EXPECT_EQ(box.push(two, life), push_result::queued);
    EXPECT_TRUE(box.has_signals());
    EXPECT_EQ(tags(box.take_all(life)), (numbers{1, 2}));
    EXPECT_FALSE(box.has_signals());
    EXPECT_EQ(box.take_all(life), nullptr);
    EXPECT_EQ(box.push(three, life), push_result::queued);
    EXPECT_EQ(tags(box.take_all(life)), numbers{3});
}

TEST(inbox, has_its_owner_woken_by_the_first_signal_and_by_no_other) {
    inbox box;
    box.open(life, false);
    ASSERT_TRUE(box.try_block(life));
    signal one = numbered(1);
    signal two = numbered(2);
    EXPECT_EQ(box.push(one, life), push_result::wake);
    EXPECT_EQ(box.push(two, life), push_result::queued);
    EXPECT_EQ(tags(box.take_all(life)), (numbers{1, 2}));
    ASSERT_TRUE(box.try_block(life));
    signal three = numbered(3);
    EXPECT_EQ(box.push(three, life), push_result::wake);
    box.take_all(life);
}

TEST(inbox, finds_an_exit_signal_at_any_position) {
    for (const auto kind : {detail::signal_kind::exit, detail::signal_kind::link_exit}) {
        inbox box;
        box.open(life, false);
        EXPECT_FALSE(box.has_exit());
        signal before = numbered(1);
        signal exit{kind};
        signal after = numbered(2);
        box.push(before, life);
        EXPECT_FALSE(box.has_exit());
        box.push(exit, life);
        EXPECT_TRUE(box.has_exit());
        box.push(after, life);
        EXPECT_TRUE(box.has_exit());
        box.take_all(life);
        EXPECT_FALSE(box.has_exit());
    }
}

TEST(inbox, opens_blocked_when_asked_to) {
    inbox box;
    box.open(life, true);
    signal one = numbered(1);
    EXPECT_FALSE(box.has_signals());
    EXPECT_TRUE(box.is_open(life));
    EXPECT_EQ(box.push(one, life), push_result::wake);
}

TEST(inbox, does_not_block_an_owner_for_whom_a_signal_waits) {
    inbox box;
    box.open(life, false);
    signal one = numbered(1);
    box.push(one, life);
    EXPECT_FALSE(box.try_block(life));
    EXPECT_EQ(tags(box.take_all(life)), numbers{1});
    EXPECT_TRUE(box.try_block(life));
}

TEST(inbox, refuses_signals_for_another_life_both_running_and_blocked) {
    for (const bool blocked : {false, true}) {
        inbox box;
        box.open(life, blocked);
        signal late = numbered(1);
        EXPECT_EQ(box.push(late, life - 1), push_result::closed);
        EXPECT_EQ(box.push(late, life + 1), push_result::closed);
        EXPECT_FALSE(box.has_signals());
        EXPECT_EQ(box.push(late, life), blocked ? push_result::wake : push_result::queued);
        box.take_all(life);
    }
}

TEST(inbox, tells_lives_apart_by_16_bits) {
    inbox box;
    box.open(0xFFFF, false);
    signal one = numbered(1);
    EXPECT_EQ(box.push(one, 0), push_result::closed);
    EXPECT_EQ(box.push(one, 0xFFFF), push_result::queued);
    box.take_all(0xFFFF);
    box.close();
    box.open(0x10000, false);
    EXPECT_EQ(box.push(one, 0xFFFF), push_result::closed);
    EXPECT_EQ(box.push(one, 0x10000), push_result::queued);
    box.take_all(0x10000);
}

TEST(inbox, returns_queued_signals_at_the_close_and_refuses_later_ones) {
    inbox box;
    box.open(life, false);
    signal one = numbered(1);
    signal two = numbered(2);
    signal three = numbered(3);
    box.push(one, life);
    box.push(two, life);
    EXPECT_EQ(tags(box.close()), (numbers{1, 2}));
    EXPECT_FALSE(box.is_open(life));
    EXPECT_EQ(box.push(three, life), push_result::closed);
    EXPECT_EQ(box.close(), nullptr);
}

TEST(inbox, returns_nothing_when_closed_empty_or_blocked) {
    for (const bool blocked : {false, true}) {
        inbox box;
        box.open(life, blocked);
        EXPECT_EQ(box.close(), nullptr);
    }
}

TEST(inbox, is_at_rest_while_its_owner_is_blocked_and_when_there_is_none) {
    inbox box;
    signal one = numbered(1);
    signal two = numbered(2);
    EXPECT_TRUE(box.is_at_rest());
    box.open(life, false);
    EXPECT_FALSE(box.is_at_rest());
    ASSERT_TRUE(box.try_block(life));
    EXPECT_TRUE(box.is_at_rest());
    box.push(one, life);
    EXPECT_FALSE(box.is_at_rest());
    box.take_all(life);
    EXPECT_FALSE(box.is_at_rest());
    box.push(two, life);
    EXPECT_FALSE(box.is_at_rest());
    box.close();
    EXPECT_TRUE(box.is_at_rest());
    box.open(life + 1, true);
    EXPECT_TRUE(box.is_at_rest());
}

/// Senders on threads of their own, with one signal per number.
class senders {
  public:
    senders(inbox& box, int count, std::uint64_t each) : each_{each} {
        for (int s = 0; s < count; ++s) {
            signals_.emplace_back();
            for (std::uint64_t i = 0; i < each; ++i) {
                signals_.back().push_back(numbered(i));
                signals_.back().back().from = pid{1, static_cast<std::uint32_t>(s), 0};
            }
        }
        for (int s = 0; s < count; ++s) {
            threads_.emplace_back([this, &box, s] {
                for (signal& sent : signals_[static_cast<std::size_t>(s)]) {
                    switch (box.push(sent, life)) {
                        case push_result::wake:
                            ++wakes;
                            wakes.notify_one();
                            break;
                        case push_result::queued:
                            break;
                        case push_result::closed:
                            ++refused;
                            break;
                    }
                }
            });
        }
    }
    senders(const senders&) = delete;
    senders& operator=(const senders&) = delete;
    ~senders() { join(); }

    void join() {
        for (std::thread& each : threads_) {
            each.join();
        }
        threads_.clear();
    }
    std::uint64_t total() const { return each_ * signals_.size(); }
    std::size_t count() const { return signals_.size(); }

    std::atomic<std::uint64_t> wakes{0};
    std::atomic<std::uint64_t> refused{0};

  private:
    std::uint64_t each_;
    std::deque<std::deque<signal>> signals_;
    std::vector<std::thread> threads_;
};

TEST(inbox, loses_nothing_and_keeps_each_senders_order_while_its_owner_blocks_and_wakes) {
    inbox box;
    box.open(life, false);
    senders sending{box, 4, 20000};
    std::vector<std::uint64_t> next(sending.count(), 0);
    std::uint64_t taken = 0;
    std::uint64_t blocked = 0;
    while (taken < sending.total()) {
        const signal* arrived = box.take_all(life);
        for (; arrived != nullptr; arrived = arrived->next) {
            ASSERT_EQ(arrived->tag, next[arrived->from.index()]++);
            ++taken;
        }
        if (taken < sending.total() && box.try_block(life)) {
            sending.wakes.wait(blocked);  // exactly one wake per block
            ++blocked;
            ASSERT_TRUE(box.has_signals());
        }
    }
    sending.join();
    EXPECT_EQ(sending.wakes, blocked);
    EXPECT_EQ(sending.refused, 0U);
    EXPECT_FALSE(box.has_signals());
}

TEST(inbox, returns_or_refuses_every_signal_when_closed_during_sends) {
    for (int round = 0; round < 20; ++round) {
        inbox box;
        box.open(life, false);
        senders sending{box, 3, 2000};
        std::vector<std::uint64_t> next(sending.count(), 0);
        std::uint64_t taken = 0;
        const auto count = [&](const signal* arrived) {
            for (; arrived != nullptr; arrived = arrived->next) {
                EXPECT_EQ(arrived->tag, next[arrived->from.index()]++);
                ++taken;
            }
        };
        while (taken < sending.total() / 2) {
            count(box.take_all(life));
        }
        count(box.close());
        sending.join();
        EXPECT_EQ(taken + sending.refused, sending.total());
        EXPECT_EQ(box.close(), nullptr);
    }
}

}  // namespace
}  // namespace coppice::mailbox
