// SPDX-License-Identifier: Apache-2.0
// Goal    An endpoint answers as shown in docs/reference/inspect-protocol.md, for every method.
// Method  Plays the examples one after the other. "*" is any value, at the end of a list any further values.

#include <fstream>
#include <set>

#include "inspect/methods.hpp"
#include "inspect/subscriptions.hpp"
#include "inspected_world.hpp"
#include "support/sanitizers.hpp"

namespace coppice::test {
namespace {

#ifndef COPPICE_DOCS
#define COPPICE_DOCS "docs"  // a partial test program, started in the source folder
#endif

bool fits(const json& shown, const json& got);

bool fits_list(const json& shown, const json& got) {
    const bool others = !shown.empty() && shown.back() == "*";
    const std::size_t size = shown.size() - (others ? 1 : 0);
    if (!got.is_array() || (others ? got.size() < size : got.size() != size)) {
        return false;
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (!fits(shown[i], got[i])) {
            return false;
        }
    }
    return true;
}

/// Whether the fields are the same in the same order.
bool fits_object(const json& shown, const json& got) {
    if (!got.is_object() || shown.size() != got.size()) {
        return false;
    }
    auto each = got.begin();
    for (const auto& [key, value] : shown.items()) {
        if (key != each.key() || !fits(value, each.value())) {
            return false;
        }
        ++each;
    }
    return true;
}

bool fits(const json& shown, const json& got) {
    return shown == "*"        ? true
           : shown.is_array()  ? fits_list(shown, got)
           : shown.is_object() ? fits_object(shown, got)
                               : shown == got;
}

TEST(the_examples_of_the_protocol, match_the_answers_of_an_endpoint) {
    inspected_world world;
    inspector client = world.connect();
    std::ifstream file{COPPICE_DOCS "/reference/inspect-protocol.md"};
    ASSERT_TRUE(file.is_open());
    const std::string says = "→ ";
    const std::string hears = "← ";
    std::set<std::string> played;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(says)) {
            const std::string sent = line.substr(says.size());
            client.say(sent + "\n");
            const json message = json::parse(sent, nullptr, false);
            if (message.is_object()) {
                played.insert(message["method"].get<std::string>());
                if (message["method"] == "subscribe") {
                    played.insert("topic " + message["params"]["topic"].get<std::string>());
                }
            }
        } else if (line.starts_with(hears)) {
            const std::string heard = client.hear();
            const json got = json::parse(heard, nullptr, false);
            json shown = json::parse(line.substr(hears.size()));
            const json::json_pointer pools{"/result/memory/pools"};
            if ((under_asan || under_tsan) && shown.contains(pools)) {
                shown[pools] = json::array();  // a sanitizer's build has none
            }
            EXPECT_TRUE(fits(shown, got)) << "shown: " << line << "\n  got: " << heard;
        }
    }
    for (const inspect::method& each : inspect::methods()) {
        EXPECT_TRUE(played.contains(std::string{each.name})) << each.name << " has no example";
    }
    for (const inspect::topic& each : inspect::topics()) {
        EXPECT_TRUE(played.contains("topic " + std::string{each.name})) << each.name;
    }
}

}  // namespace
}  // namespace coppice::test
