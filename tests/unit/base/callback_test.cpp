// SPDX-License-Identifier: Apache-2.0

#include "coppice/callback.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace coppice {
namespace {

int twice(int given) {
    return 2 * given;
}

TEST(a_callback, is_empty_without_a_function) {
    EXPECT_FALSE(callback<void()>{});
    EXPECT_FALSE(callback<void()>{nullptr});
    EXPECT_TRUE(callback<void()>{[] {}});
}

TEST(a_callback, of_a_null_pointer_or_of_an_empty_function_is_empty) {
    int (*none)(int) = nullptr;
    EXPECT_FALSE(callback<int(int)>{none});
    EXPECT_FALSE(callback<int(int)>{std::function<int(int)>{}});
    EXPECT_TRUE(callback<int(int)>{&twice});
    EXPECT_TRUE(callback<int(int)>{std::function<int(int)>{twice}});
}

TEST(a_callback, passes_arguments_and_answers) {
    const callback<int(int)> doubles{twice};
    EXPECT_EQ(doubles(21), 42);
    const callback<std::string(std::unique_ptr<int>)> takes{
        [](std::unique_ptr<int> given) { return std::to_string(*given); }};
    EXPECT_EQ(takes(std::make_unique<int>(7)), "7");
}

TEST(a_callback, discards_the_result_for_a_void_signature) {
    int calls = 0;
    const callback<void()> counts{[&calls] { return ++calls; }};
    counts();
    EXPECT_EQ(calls, 1);
}

TEST(a_callback, that_is_copied_calls_the_same_object) {
    const callback<int()> counts{[calls = 0]() mutable { return ++calls; }};
    const callback<int()> same = counts;
    EXPECT_EQ(counts(), 1);
    EXPECT_EQ(same(), 2);
}

TEST(a_callback, holds_move_only_functions) {
    const callback<int()> reads{[held = std::make_unique<int>(5)] { return *held; }};
    EXPECT_EQ(reads(), 5);
}

}  // namespace
}  // namespace coppice
