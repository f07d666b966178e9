// SPDX-License-Identifier: Apache-2.0
// The list against a vector with an index for the scan.

#include "mailbox/message_list.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "coppice/message.hpp"

namespace coppice::mailbox {
namespace {

using node = message_list::node;

node& message_of(int number) {
    return *detail::make_message(number);
}

int number_in(const node& message) {
    return static_cast<const detail::value_message<int>&>(message).value;
}

int taken(node& message) {
    const detail::owned_message owned{&message};
    EXPECT_EQ(owned->next, nullptr);
    return number_in(*owned);
}

/// Scans for a multiple of `divisor`; counts the messages looked at.
std::optional<int> scan_for(message_list& list, int divisor, int* looks = nullptr) {
    node* found = list.scan([&](const node& candidate) {
        if (looks != nullptr) {
            ++*looks;
        }
        return number_in(candidate) % divisor == 0;
    });
    return found == nullptr ? std::nullopt : std::optional{taken(*found)};
}

void append(message_list& list, std::initializer_list<int> numbers) {
    for (const int each : numbers) {
        list.append(message_of(each));
    }
}

std::vector<int> drained(message_list& list) {
    std::vector<int> out;
    while (!list.empty()) {
        out.push_back(taken(list.pop()));
    }
    return out;
}

using numbers = std::vector<int>;

TEST(message_list, is_a_queue) {
    message_list list;
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.size(), 0U);
    EXPECT_EQ(list.first(), nullptr);
    append(list, {1, 2, 3});
    EXPECT_FALSE(list.empty());
    EXPECT_EQ(list.size(), 3U);
    EXPECT_EQ(number_in(static_cast<const node&>(*list.first())), 1);
    EXPECT_EQ(drained(list), (numbers{1, 2, 3}));
    append(list, {4});
    EXPECT_EQ(drained(list), numbers{4});
}

TEST(message_list, takes_the_first_wanted_message_and_leaves_the_others_in_order) {
    message_list list;
    append(list, {1, 3, 10, 5, 20});
    list.restart_scan();
    EXPECT_EQ(scan_for(list, 10), 10);
    EXPECT_EQ(list.size(), 4U);
    list.restart_scan();
    EXPECT_EQ(scan_for(list, 10), 20);
    EXPECT_EQ(drained(list), (numbers{1, 3, 5}));
}

TEST(message_list, looks_at_each_message_once_until_the_scan_restarts) {
    message_list list;
    append(list, {1, 3, 5});
    list.restart_scan();
    int looks = 0;
    EXPECT_EQ(scan_for(list, 2, &looks), std::nullopt);
    EXPECT_EQ(looks, 3);
    EXPECT_EQ(scan_for(list, 2, &looks), std::nullopt);
    EXPECT_EQ(looks, 3);
    append(list, {7, 8});
    EXPECT_EQ(scan_for(list, 2, &looks), 8);
    EXPECT_EQ(looks, 5);
    list.restart_scan();
    EXPECT_EQ(scan_for(list, 7, &looks), 7);
    EXPECT_EQ(looks, 9);
}

TEST(message_list, appends_after_its_last_message_was_taken_from_behind_others) {
    message_list list;
    append(list, {1, 2});
    list.restart_scan();
    EXPECT_EQ(scan_for(list, 2), 2);
    append(list, {3});
    EXPECT_EQ(drained(list), (numbers{1, 3}));
}

TEST(message_list, goes_on_scanning_after_the_message_before_was_popped) {
    message_list list;
    append(list, {1, 3});
    list.restart_scan();
    EXPECT_EQ(scan_for(list, 2), std::nullopt);
    EXPECT_EQ(taken(list.pop()), 1);
    EXPECT_EQ(taken(list.pop()), 3);  // the scan stood behind this one
    append(list, {4, 6});
    EXPECT_EQ(scan_for(list, 2), 4);
    EXPECT_EQ(scan_for(list, 2), 6);
    EXPECT_TRUE(list.empty());
}

TEST(message_list, destroys_its_remaining_messages) {
    const auto shared = std::make_shared<const int>(1);
    {
        message_list list;
        list.append(*detail::make_message(shared));
        list.append(*detail::make_message(shared));
        EXPECT_EQ(shared.use_count(), 3);
        list.clear();
        EXPECT_EQ(shared.use_count(), 1);
        EXPECT_EQ(list.size(), 0U);
        list.append(*detail::make_message(shared));
    }
    EXPECT_EQ(shared.use_count(), 1);
}

TEST(message_list, matches_the_model_in_random_histories) {
    for (std::uint32_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        message_list list;
        std::vector<int> expected;
        std::size_t at = 0;  // the scan
        for (int step = 0; step < 2000; ++step) {
            switch (random() % 8) {
                case 0:
                case 1:
                case 2:
                    list.append(message_of(step));
                    expected.push_back(step);
                    break;
                case 3:
                    if (!expected.empty()) {
                        ASSERT_EQ(taken(list.pop()), expected.front());
                        expected.erase(expected.begin());
                        at -= at > 0 ? 1 : 0;
                    }
                    break;
                case 4:
                    list.restart_scan();
                    at = 0;
                    break;
                default: {
                    const int divisor = static_cast<int>(2 + random() % 9);
                    while (at < expected.size() && expected[at] % divisor != 0) {
                        ++at;
                    }
                    std::optional<int> wanted;
                    if (at < expected.size()) {
                        wanted = expected[at];
                        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
                    }
                    ASSERT_EQ(scan_for(list, divisor), wanted);
                }
            }
            ASSERT_EQ(list.size(), expected.size());
            ASSERT_EQ(list.empty(), expected.empty());
        }
        EXPECT_EQ(drained(list), expected);
    }
}

}  // namespace
}  // namespace coppice::mailbox
