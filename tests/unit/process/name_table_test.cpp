// SPDX-License-Identifier: Apache-2.0
// The name table: compared with a plain map, and read by one thread while another thread changes it.

#include "process/name_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coppice::process_layer {
namespace {

using result = name_table::result;

pid process_of(std::uint32_t index) {
    return {7, index, index + 1};
}

std::uint32_t below(std::uint32_t limit, std::mt19937& random) {
    return static_cast<std::uint32_t>(random() % limit);
}

/// A name of random length up to a few words of the table, with few different bytes.
std::string any_name(std::mt19937& random) {
    std::string name(1 + below(20, random), 'a');
    for (char& each : name) {
        each = static_cast<char>('a' + below(2, random));
    }
    return name;
}

TEST(name_table, distinguishes_names_that_differ_in_one_byte_at_any_position) {
    for (const std::size_t length : {1U, 7U, 8U, 9U, 15U, 16U, 17U, 64U, 1000U}) {
        SCOPED_TRACE(length);
        name_table table;
        std::vector<std::string> names;
        for (std::size_t at = 0; at < length; ++at) {
            names.emplace_back(length, '\xff');
            names.back()[at] = '\0';
        }
        names.emplace_back(length - 1, '\xff');
        names.emplace_back(length + 1, '\xff');
        for (std::uint32_t i = 0; i < names.size(); ++i) {
            ASSERT_EQ(table.give(names[i], process_of(i)), result::ok) << i;
        }
        for (std::uint32_t i = 0; i < names.size(); ++i) {
            ASSERT_EQ(table.find(names[i]), process_of(i)) << i;
            ASSERT_EQ(table.name_of(process_of(i)), names[i]) << i;
        }
        EXPECT_FALSE(static_cast<bool>(table.find(std::string(length, '\xff'))));
    }
}

TEST(name_table, gives_no_name_twice_and_no_process_two) {
    name_table table;
    EXPECT_EQ(table.give("a", process_of(1)), result::ok);
    EXPECT_EQ(table.give("a", process_of(2)), result::name_taken);
    EXPECT_EQ(table.give("b", process_of(1)), result::already_named);
    EXPECT_EQ(table.give("a", process_of(1)), result::name_taken);
    EXPECT_EQ(table.all(), std::vector<std::string>{"a"});
    EXPECT_EQ(table.take("a"), process_of(1));
    EXPECT_EQ(table.take("a"), pid{});
    EXPECT_FALSE(table.take_from(process_of(1)));
    EXPECT_EQ(table.give("b", process_of(1)), result::ok);
    EXPECT_TRUE(table.take_from(process_of(1)));
    EXPECT_TRUE(table.all().empty());
}

TEST(name_table, distinguishes_processes_of_the_same_slot) {
    name_table table;
    EXPECT_EQ(table.give("a", pid(7, 1, 1)), result::ok);
    EXPECT_FALSE(table.take_from(pid(7, 1, 2)));
    EXPECT_EQ(table.give("b", pid(7, 1, 2)), result::ok);
    EXPECT_EQ(table.find("a"), pid(7, 1, 1));
    EXPECT_EQ(table.find("b"), pid(7, 1, 2));
}

TEST(name_table, matches_a_map_in_random_histories) {
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        name_table table;
        std::map<std::string, pid> names;
        std::map<pid, std::string> holders;
        for (int step = 0; step < 20000; ++step) {
            const std::string name = any_name(random);
            const pid who = process_of(below(3000, random));
            switch (below(4, random)) {
                case 0:
                case 1: {
                    const result expected = names.contains(name)    ? result::name_taken
                                            : holders.contains(who) ? result::already_named
                                                                    : result::ok;
                    ASSERT_EQ(table.give(name, who), expected);
                    if (expected == result::ok) {
                        names[name] = who;
                        holders[who] = name;
                    }
                    break;
                }
                case 2: {
                    const auto found = names.find(name);
                    const pid expected = found == names.end() ? pid{} : found->second;
                    ASSERT_EQ(table.find(name), expected);
                    ASSERT_EQ(table.take(name), expected);
                    names.erase(name);
                    holders.erase(expected);
                    break;
                }
                default: {
                    const auto found = holders.find(who);
                    const std::string expected = found == holders.end() ? "" : found->second;
                    ASSERT_EQ(table.name_of(who), expected);
                    ASSERT_EQ(table.take_from(who), !expected.empty());
                    names.erase(expected);
                    holders.erase(who);
                }
            }
        }
        std::vector<std::string> left;
        for (const auto& [name, who] : names) {
            ASSERT_EQ(table.find(name), who);
            left.push_back(name);
        }
        EXPECT_EQ(table.all(), left);
    }
}

TEST(name_table, holds_and_removes_a_hundred_thousand_names) {
    constexpr std::uint32_t count = 100000;
    name_table table;
    const auto name = [](std::uint32_t i) { return "session:" + std::to_string(i); };
    for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_EQ(table.give(name(i), process_of(i)), result::ok);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_EQ(table.find(name(i)), process_of(i));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_TRUE(table.take_from(process_of(i)));
    }
    EXPECT_TRUE(table.all().empty());
    EXPECT_EQ(table.find(name(0)), pid{});
}

/// Long names that differ only at the beginning and share the low hash bits, so the table keeps the names in
/// one place. While a reader compares a name to the end, another name may have replaced the first.
std::vector<std::string> names_of_one_place(std::size_t count) {
    std::vector<std::string> out;
    for (std::uint32_t i = 1000; out.size() < count; ++i) {
        std::string name = std::to_string(i) + std::string(4000, 'x');
        if (name_key{name}.hash() % 64 == 0) {
            out.push_back(std::move(name));
        }
    }
    return out;
}

TEST(name_table, never_returns_the_process_of_another_name_to_a_concurrent_reader) {
    // Two names take turns in the same memory; a third name stays beside both.
    constexpr std::uint32_t rounds = 10000;
    const std::vector<std::string> names = names_of_one_place(3);
    const auto holder = [](std::uint32_t name) { return pid{7, name + 1, name + 1}; };
    name_table table;
    ASSERT_EQ(table.give(names[2], holder(2)), result::ok);
    std::atomic<bool> stop{false};
    std::atomic<std::uint32_t> looked{0};
    std::atomic<std::uint32_t> wrong{0};
    std::thread reader{[&] {
        while (!stop.load(std::memory_order_relaxed)) {
            for (const std::uint32_t name : {0U, 1U, 2U}) {
                const pid found = table.find(names[name]);
                const bool right = found == holder(name) || (!found && name != 2);
                wrong.fetch_add(right ? 0 : 1, std::memory_order_relaxed);
            }
            looked.fetch_add(1, std::memory_order_relaxed);
        }
    }};
    for (std::uint32_t round = 0; round < rounds || looked.load() < rounds; ++round) {
        const std::uint32_t name = round % 2;
        ASSERT_EQ(table.give(names[name], holder(name)), result::ok);
        ASSERT_EQ(table.take(names[name]), holder(name));
    }
    stop = true;
    reader.join();
    EXPECT_EQ(wrong.load(), 0U);
}

/// A name that changes hands again and again while another thread takes it.
class hot_name {
  public:
    void play(int rounds) {
        std::thread comes_and_goes{[this, rounds] {
            for (int i = 0; i < rounds; ++i) {
                given_to_first_ += give(first_);
                taken_from_first_ += table_.take_from(first_) ? 1 : 0;
            }
            over_ = true;
        }};
        std::thread waits_for_it{[this] {
            while (!over_) {
                given_to_second_ += give(second_);
            }
        }};
        while (!over_) {
            take();
        }
        comes_and_goes.join();
        waits_for_it.join();
        take();
    }
    void expect_balance() const {
        EXPECT_EQ(given_to_first_, taken_from_first_);
        EXPECT_EQ(given_to_second_, taken_from_second_);
        EXPECT_EQ(table_.name_of(first_), "");
        EXPECT_EQ(table_.name_of(second_), "");
        EXPECT_EQ(table_.find("hot"), pid{});
    }

  private:
    int give(const pid& who) { return table_.give("hot", who) == result::ok ? 1 : 0; }
    void take() {
        const pid lost = table_.take("hot");
        taken_from_first_ += lost == first_ ? 1 : 0;
        taken_from_second_ += lost == second_ ? 1 : 0;
    }

    name_table table_;
    const pid first_ = process_of(1);
    const pid second_ = process_of(2);
    std::atomic<int> given_to_first_{0};
    std::atomic<int> given_to_second_{0};
    std::atomic<int> taken_from_first_{0};
    std::atomic<int> taken_from_second_{0};
    std::atomic<bool> over_{false};
};

TEST(name_table, takes_no_name_from_a_process_that_acquired_the_name_after_the_lookup) {
    hot_name name;
    name.play(1'500'000);
    name.expect_balance();
}

}  // namespace
}  // namespace coppice::process_layer
