// SPDX-License-Identifier: Apache-2.0
#include "coppice/pid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <unordered_set>

#include "base/node_number.hpp"

namespace coppice {
namespace {

TEST(pid, is_empty_by_default_and_only_then) {
    EXPECT_FALSE(static_cast<bool>(pid{}));
    EXPECT_TRUE(static_cast<bool>(pid{1, 0, 0}));
    EXPECT_FALSE(static_cast<bool>(pid{0, 7, 7}));  // no runtime is node 0
}

TEST(pid, prints_its_index_and_generation_and_undefined_when_empty) {
    EXPECT_EQ(to_string(pid{3, 12, 4}), "<0.12.4>");
    EXPECT_EQ(to_string(pid{1, UINT32_MAX, UINT32_MAX}), "<0.4294967295.4294967295>");
    EXPECT_EQ(to_string(pid{}), "undefined");
    std::ostringstream out;
    out << pid{1, 2, 3} << ' ' << pid{};
    EXPECT_EQ(out.str(), "<0.2.3> undefined");
}

TEST(pid, of_a_node_elsewhere_prints_the_number_of_the_node) {
    EXPECT_EQ(to_string(pid{base::first_remote_node - 1, 12, 4}), "<0.12.4>");
    EXPECT_EQ(to_string(pid{base::first_remote_node, 12, 4}), "<1.12.4>");
    EXPECT_EQ(to_string(pid{base::first_remote_node + 6, 12, 4}), "<7.12.4>");
}

TEST(pid, and_ref_have_at_most_16_bytes) {
    EXPECT_EQ(sizeof(pid), 12U);
    EXPECT_EQ(sizeof(ref), 16U);
}

TEST(a_node_elsewhere, has_a_number_that_no_other_node_has) {
    const std::uint32_t first = base::number_of_new_remote_node();
    const std::uint32_t second = base::number_of_new_remote_node();
    EXPECT_NE(first, second);
    for (const std::uint32_t each : {first, second}) {
        EXPECT_TRUE(base::is_remote_node(each));
    }
    const std::uint32_t runtime = base::number_of_new_runtime();
    EXPECT_NE(runtime, 0U);
    EXPECT_FALSE(base::is_remote_node(runtime));
    EXPECT_NE(runtime, base::number_of_new_runtime());
}

TEST(pid, differs_by_each_of_its_parts) {
    const pid one{1, 2, 3};
    EXPECT_EQ(one, (pid{1, 2, 3}));
    EXPECT_NE(one, (pid{2, 2, 3}));
    EXPECT_NE(one, (pid{1, 3, 3}));
    EXPECT_NE(one, (pid{1, 2, 4}));
    EXPECT_EQ(one.node(), 1U);
    EXPECT_EQ(one.index(), 2U);
    EXPECT_EQ(one.generation(), 3U);
}

TEST(pid, is_ordered_by_node_then_index_then_generation) {
    EXPECT_LT((pid{1, 9, 9}), (pid{2, 0, 0}));
    EXPECT_LT((pid{1, 1, 9}), (pid{1, 2, 0}));
    EXPECT_LT((pid{1, 1, 1}), (pid{1, 1, 2}));
    const std::set<pid> sorted{{1, 2, 0}, {1, 1, 5}, {1, 1, 4}};
    EXPECT_EQ(*sorted.begin(), (pid{1, 1, 4}));
}

TEST(pid, hashes_neighbours_apart) {
    std::unordered_set<std::size_t> hashes;
    std::size_t made = 0;
    for (std::uint32_t node = 1; node <= 4; ++node) {
        for (std::uint32_t index = 0; index < 100; ++index) {
            for (std::uint32_t generation = 1; generation <= 10; ++generation) {
                hashes.insert(std::hash<pid>{}(pid{node, index, generation}));
                ++made;
            }
        }
    }
    EXPECT_EQ(hashes.size(), made);
}

TEST(ref, is_empty_by_default_and_keeps_its_value) {
    EXPECT_FALSE(static_cast<bool>(ref{}));
    EXPECT_TRUE(static_cast<bool>(ref{1}));
    EXPECT_EQ(ref{77}.value(), 77U);
    EXPECT_LT(ref{1}, ref{2});
    EXPECT_NE(std::hash<ref>{}(ref{1}), std::hash<ref>{}(ref{2}));
}

TEST(ref, of_a_node_elsewhere_is_another_than_an_own_one_of_the_same_value) {
    const ref elsewhere{5, base::first_remote_node};
    EXPECT_EQ(elsewhere.value(), 5U);
    EXPECT_EQ(elsewhere.node(), base::first_remote_node);
    EXPECT_EQ(ref{5}.node(), 0U);
    EXPECT_NE(elsewhere, ref{5});
    EXPECT_NE(elsewhere, (ref{5, base::first_remote_node + 1}));
    EXPECT_EQ(elsewhere, (ref{5, base::first_remote_node}));
    EXPECT_NE(std::hash<ref>{}(elsewhere), std::hash<ref>{}(ref{5}));
    EXPECT_EQ(to_string(elsewhere), "#Ref<1.0.5>");
}

TEST(ref, prints_the_counter_apart_from_its_shard) {
    EXPECT_EQ(to_string(ref{5}), "#Ref<0.5>");
    EXPECT_EQ(to_string(ref{(std::uint64_t{3} << 48U) | 0xFFFFFFFFFFFFULL}),
              "#Ref<3.281474976710655>");
    std::ostringstream out;
    out << ref{(std::uint64_t{2} << 48U) | 9};
    EXPECT_EQ(out.str(), "#Ref<2.9>");
}

}  // namespace
}  // namespace coppice
