// SPDX-License-Identifier: Apache-2.0
// The text that `show` makes of values of every kind.

#include "coppice/show.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <stdexcept>
#include <vector>

#include "coppice/process.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct nothing_in_it {};
struct point {
    int x = 1;
    int y = 2;
};
struct line {
    point from;
    point to{3, 4};
};
enum class colour : std::uint8_t { red, green };
enum class mood : std::uint8_t { calm };
std::string to_string(mood) {
    return "calm";
}
struct secret {
    std::string word;
    friend std::string to_string(const secret&) { return "(secret)"; }
};
struct streamed_one {
    int value = 5;
    friend std::ostream& operator<<(std::ostream& out, const streamed_one& s) {
        return out << "<" << s.value << ">";
    }
};
struct says_both {
    friend std::string to_string(const says_both&) { return "to_string"; }
    [[maybe_unused]] friend std::ostream& operator<<(std::ostream& out, const says_both&) {
        return out << "<<";
    }
};
struct throws_up {
    int value = 0;
    friend std::string to_string(const throws_up&) { throw std::runtime_error{"no"}; }
};
struct rude {
    friend std::string to_string(const rude&) { return "two\nlines \x1b[31m"; }
};
struct hidden {
    explicit hidden(int v) : value{v} {}
    int value;
};
struct with_bits {
    unsigned first : 3 = 2;
    unsigned second : 5 = 9;
};
struct holder {
    std::unique_ptr<point> owned = std::make_unique<point>();
    secret kept{"x"};
    std::vector<point> all{{1, 1}};
};
struct chain {
    int depth = 0;
    std::unique_ptr<chain> next;
};

TEST(show, prints_scalars_and_text) {
    EXPECT_EQ(show(true), "true");
    EXPECT_EQ(show(-3), "-3");
    EXPECT_EQ(show(std::uint64_t{18446744073709551615U}), "18446744073709551615");
    EXPECT_EQ(show(std::uint8_t{7}), "7");
    EXPECT_EQ(show(0.5), "0.5");
    EXPECT_EQ(show('a'), "'a'");
    EXPECT_EQ(show('\n'), "'\\n'");
    EXPECT_EQ(show("literal"), "\"literal\"");
    EXPECT_EQ(show(std::string{"say \"no\""}), "\"say \\\"no\\\"\"");
    EXPECT_EQ(show(std::string_view{"a\nb"}), "\"a\\nb\"");
    EXPECT_EQ(show(static_cast<const char*>(nullptr)), "null");
    EXPECT_EQ(show(colour::green), "colour(1)");
    EXPECT_EQ(show(mood::calm), "calm");
    EXPECT_EQ(show(nullptr), "null");
    EXPECT_EQ(show(static_cast<int*>(nullptr)), "null");
    const int here = 0;
    EXPECT_EQ(show(&here), "pointer");
}

TEST(show, prints_types_of_the_standard_library) {
    EXPECT_EQ(show(500ms), "500ms");
    EXPECT_EQ(show(3s), "3s");
    EXPECT_EQ(show(7us), "7us");
    EXPECT_EQ(show(std::chrono::duration<int, std::ratio<1, 3>>{2}), "2[1/3]s");
    EXPECT_EQ(show(std::optional<int>{}), "none");
    EXPECT_EQ(show(std::optional<int>{4}), "4");
    EXPECT_EQ(show(std::make_unique<int>(4)), "4");
    EXPECT_EQ(show(std::shared_ptr<const int>{}), "null");
    EXPECT_EQ(show(std::pair{1, std::string{"two"}}), "(1, \"two\")");
    EXPECT_EQ(show(std::tuple{1, 2.5, false}), "(1, 2.5, false)");
    EXPECT_EQ(show(std::variant<int, std::string>{"x"}), "\"x\"");
    EXPECT_EQ(show(std::monostate{}), "monostate");
    EXPECT_EQ(show(std::expected<int, std::string>{1}), "1");
    EXPECT_EQ(show(std::expected<void, std::string>{}), "ok");
    EXPECT_EQ(show(std::expected<int, std::string>{std::unexpected{"bad"}}), "unexpected \"bad\"");
    EXPECT_EQ(show(std::vector<int>{1, 2, 3}), "[1, 2, 3]");
    EXPECT_EQ(show(std::vector<bool>{true, false}), "[true, false]");
    EXPECT_EQ(show(std::array<int, 2>{1, 2}), "[1, 2]");
    EXPECT_EQ(show(std::set<std::string>{"a"}), "[\"a\"]");
    EXPECT_EQ(show(std::map<std::string, int>{{"a", 1}, {"b", 2}}), "{\"a\": 1, \"b\": 2}");
    EXPECT_EQ(show(std::list<std::deque<int>>{{1}, {}}), "[[1], []]");
    const std::atomic<int> counted{3};
    EXPECT_EQ(show(counted), "3");
}

TEST(show, looks_into_aggregates_by_name) {
    EXPECT_EQ(show(nothing_in_it{}), "nothing_in_it");
    EXPECT_EQ(show(point{}), "point{x: 1, y: 2}");
    EXPECT_EQ(show(line{}), "line{from: point{x: 1, y: 2}, to: point{x: 3, y: 4}}");
    EXPECT_EQ(show(holder{}),
              "holder{owned: point{x: 1, y: 2}, kept: (secret), all: [point{x: 1, y: 1}]}");
    EXPECT_EQ(show(with_bits{}), "with_bits{1: 2, 2: 9}");
    struct local {
        std::string name = "n";
    };
    EXPECT_EQ(show(local{}), "local{name: \"n\"}");
}

TEST(show, uses_the_printing_functions_of_the_type) {
    EXPECT_EQ(show(secret{"x"}), "(secret)");
    EXPECT_EQ(show(streamed_one{}), "<5>");
    EXPECT_EQ(show(says_both{}), "to_string");
    EXPECT_EQ(show(exit_reason{"gone"}), "gone");
    EXPECT_EQ(show(throws_up{}), "(could not be printed: its to_string threw)");
    EXPECT_EQ(show(rude{}), "two\\nlines \\x1b[31m");
    EXPECT_NE(show(hidden{1}).find("hidden"), std::string::npos);
}

TEST(show, ends_at_its_limits) {
    const std::vector<int> three{1, 2, 3};
    EXPECT_EQ(show(three, {.items = 3}), "[1, 2, 3]");
    EXPECT_EQ(show(three, {.items = 2}), "[1, 2, ...]");
    EXPECT_EQ(show(line{}, {.depth = 2}), "line{from: point{x: 1, y: 2}, to: point{x: 3, y: 4}}");
    EXPECT_EQ(show(line{}, {.depth = 1}), "line{from: point{...}, to: point{...}}");
    EXPECT_EQ(show(std::string(8, 'x'), {.length = 10}), "\"xxxxxxxx\"");
    EXPECT_EQ(show(std::string(11, 'x'), {.length = 10}), "\"xxxxxxxxx...");
    const std::string long_one = show(std::vector<std::string>(1000, std::string(1000, 'x')));
    EXPECT_LE(long_one.size(), show_limits{}.length + 3);
    EXPECT_TRUE(long_one.ends_with("..."));
    // No cut in the middle of a character.
    EXPECT_EQ(show(std::string{"\u00e4\u00e4\u00e4"}, {.length = 4}), "\"\u00e4...");
    chain first;
    chain* last = &first;
    for (int i = 1; i < 100; ++i) {
        last->next = std::make_unique<chain>();
        last = last->next.get();
    }
    const std::string cut = show(first);
    EXPECT_LT(cut.size(), 200U);
    EXPECT_NE(cut.find("..."), std::string::npos);
}

}  // namespace
}  // namespace coppice
