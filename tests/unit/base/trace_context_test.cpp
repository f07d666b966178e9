// SPDX-License-Identifier: Apache-2.0

#include "coppice/trace_context.hpp"

#include <gtest/gtest.h>

namespace coppice::telemetry {
namespace {

const std::string example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(traceparent, is_read_and_printed_the_same) {
    const std::optional<trace_context> read = parse_traceparent(example);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->trace[0], 0x4b);
    EXPECT_EQ(read->trace[15], 0x36);
    EXPECT_EQ(read->span[0], 0x00);
    EXPECT_EQ(read->span[1], 0xf0);
    EXPECT_EQ(read->span[7], 0xb7);
    EXPECT_TRUE(read->is_sampled());
    EXPECT_EQ(to_string(*read), example);
    EXPECT_EQ(to_string(read->span), "00f067aa0ba902b7");
}

TEST(traceparent, that_is_malformed_is_refused) {
    for (const std::string& header : {
             std::string{},
             std::string{"00"},
             std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"},
             example.substr(0, example.size() - 1),
             example + "-",
             example + "-00",
             example + " ",
             "ff" + example.substr(2),
             "0x" + example.substr(2),
             std::string{"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"},
             std::string{"00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01"},
             std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01"},
             std::string{"00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
             std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"},
             std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g"},
         }) {
        EXPECT_FALSE(parse_traceparent(header).has_value()) << header;
    }
}

TEST(traceparent, of_a_later_version_is_read_up_to_the_known_fields) {
    const std::string later = "01" + example.substr(2);
    EXPECT_EQ(parse_traceparent(later), parse_traceparent(example));
    EXPECT_EQ(parse_traceparent(later + "-what-will-be"), parse_traceparent(example));
    EXPECT_FALSE(parse_traceparent(later + "00").has_value());
}

TEST(traceparent, loses_the_flags_that_mean_nothing_yet) {
    const std::string odd = example.substr(0, example.size() - 2) + "fe";
    const std::optional<trace_context> read = parse_traceparent(odd);
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE(read->is_sampled());
    EXPECT_EQ(read->flags, trace_context::random);
}

}  // namespace
}  // namespace coppice::telemetry
