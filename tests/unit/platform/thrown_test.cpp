// SPDX-License-Identifier: Apache-2.0

#include "platform/thrown.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace coppice::platform {
namespace {

struct padding {
    virtual ~padding() = default;
    int filler = 1;
};
struct second_base : padding, std::runtime_error {
    second_base() : std::runtime_error{"second"} {}
};
struct hidden_base : private std::runtime_error {
    hidden_base() : std::runtime_error{"hidden"} {}
};
struct left : std::runtime_error {
    left() : std::runtime_error{"left"} {}
};
struct right : std::runtime_error {
    right() : std::runtime_error{"right"} {}
};
struct twice : left, right {};

TEST(thrown, is_found_by_its_own_type) {
    const auto error = std::make_exception_ptr(std::string{"text"});
    ASSERT_NE(thrown_as<std::string>(error), nullptr);
    EXPECT_EQ(*thrown_as<std::string>(error), "text");
    EXPECT_EQ(*type_of(error), typeid(std::string));
    EXPECT_EQ(thrown_as<std::exception>(error), nullptr);
}

TEST(thrown, is_found_by_a_base_that_does_not_lie_at_its_beginning) {
    const auto error = std::make_exception_ptr(second_base{});
    const auto* found = thrown_as<std::exception>(error);
    ASSERT_NE(found, nullptr);
    EXPECT_STREQ(found->what(), "second");
    EXPECT_NE(static_cast<const void*>(found), object_of(error));
}

TEST(thrown, is_not_found_by_types_that_no_handler_would_catch) {
    EXPECT_EQ(thrown_as<std::exception>(std::make_exception_ptr(hidden_base{})), nullptr);
    EXPECT_EQ(thrown_as<std::exception>(std::make_exception_ptr(twice{})), nullptr);
    EXPECT_NE(thrown_as<left>(std::make_exception_ptr(twice{})), nullptr);
    EXPECT_EQ(thrown_as<int>(std::make_exception_ptr(1L)), nullptr);
}

TEST(thrown, of_no_exception_is_nothing) {
    EXPECT_EQ(type_of(nullptr), nullptr);
    EXPECT_EQ(object_of(nullptr), nullptr);
    EXPECT_EQ(thrown_as<std::exception>(nullptr), nullptr);
}

}  // namespace
}  // namespace coppice::platform
