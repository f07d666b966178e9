// SPDX-License-Identifier: Apache-2.0

#include "process/crash_boundary.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "coppice/process.hpp"

namespace coppice::process_layer {
namespace {

template <class T>
std::string reason_of_thrown(T value) {
    return to_string(detail::reason_of(std::make_exception_ptr(std::move(value))));
}

TEST(crash_boundary, keeps_the_reason_of_an_exit_unchanged) {
    const auto error = std::make_exception_ptr(detail::process_exit{reason::shutdown});
    EXPECT_EQ(detail::reason_of(error), reason::shutdown);
    EXPECT_TRUE(is_plain_exit(error));
}

TEST(crash_boundary, keeps_type_and_message_of_an_error) {
    const auto error = std::make_exception_ptr(std::out_of_range{"far"});
    EXPECT_EQ(to_string(detail::reason_of(error)), "{std::out_of_range,\"far\"}");
    EXPECT_FALSE(is_plain_exit(error));
}

TEST(crash_boundary, uses_a_thrown_text_as_the_message) {
    EXPECT_EQ(detail::reason_of(std::make_exception_ptr(std::string{"text"})).as_error()->what,
              "text");
    EXPECT_EQ(reason_of_thrown<const char*>("literal"), "{char const*,\"literal\"}");
    std::string changeable = "changeable";
    EXPECT_EQ(reason_of_thrown(changeable.data()), "{char*,\"changeable\"}");
}

TEST(crash_boundary, finds_no_message_in_other_thrown_values) {
    EXPECT_EQ(reason_of_thrown(42), "{int,\"\"}");
    EXPECT_EQ(reason_of_thrown<const char*>(nullptr), "{char const*,\"\"}");
    EXPECT_EQ(reason_of_thrown(nullptr), "{decltype(nullptr),\"\"}");
    EXPECT_EQ(to_string(detail::reason_of(nullptr)), "{foreign exception,\"\"}");
}

}  // namespace
}  // namespace coppice::process_layer
