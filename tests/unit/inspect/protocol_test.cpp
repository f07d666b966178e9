// SPDX-License-Identifier: Apache-2.0

#include "inspect/protocol.hpp"

#include <gtest/gtest.h>

#include <string>

#include "inspect/parameters.hpp"
#include "support/worlds.hpp"

namespace coppice::inspect {
namespace {

std::string with_method(const std::string& written) {
    return R"({"jsonrpc":"2.0","id":1,"method":")" + written + "\"}";
}

TEST(a_request, is_nested_as_deep_as_is_allowed_and_no_deeper) {
    const auto nested = [](unsigned depth) {  // the object itself is the first
        return R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"x":)" +
               std::string(depth - 2, '[') + std::string(depth - 2, ']') + "}}";
    };
    EXPECT_TRUE(read_request(nested(nesting_max)).has_value());
    EXPECT_FALSE(read_request(nested(nesting_max + 1)).has_value());
}

TEST(a_request, has_any_number_of_brackets_in_its_texts) {
    const std::string brackets(nesting_max + 1, '[');
    for (const std::string& before :
         {std::string{}, std::string{R"(\")"}, std::string{R"(\\\")"}}) {
        EXPECT_TRUE(read_request(with_method(before + brackets)).has_value()) << before;
    }
    // The backslash before this quotation mark is escaped, so the text ends here.
    const auto ended = read_request(R"({"jsonrpc":"2.0","id":1,"method":"m\\","params":{"x":)" +
                                    brackets + std::string(brackets.size(), ']') + "}}");
    EXPECT_FALSE(ended.has_value());
}

TEST(a_pid_as_text, is_parsed_only_as_the_whole_text) {
    test::run_simulated([]() -> task<> {
        const pid me = self();
        EXPECT_EQ(pid_from(to_string(me)), me);
        for (const char* wrong : {"", "<0.", "<0.1", "<0.1.", "<0.1.2", "<0.1.2>x", "<0.1.2> ",
                                  " <0.1.2>", "<1.1.2>", "<0.-1.2>", "<0.1.4294967296>"}) {
            EXPECT_FALSE(pid_from(wrong).has_value()) << wrong;
        }
        co_return;
    });
}

}  // namespace
}  // namespace coppice::inspect
