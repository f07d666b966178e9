// SPDX-License-Identifier: Apache-2.0
// `read`, the inverse of `show`: both sides of each limit, and the errors for wrong texts.

#include "coppice/read.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coppice/printable.hpp"
#include "coppice/process.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/dice.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct nothing_in_it {
    bool operator==(const nothing_in_it&) const = default;
};
struct point {
    int x = 0;
    int y = 2;
    bool operator==(const point&) const = default;
};
enum class colour : std::uint8_t { red, green, blue = 7 };
enum plain { zero, one, three = 3 };
enum class mood : int { calm, wild = -1 };
std::string to_string(mood m) {
    return m == mood::calm ? "calm" : "other";
}
struct shape {
    std::string name;
    point at;
    std::optional<point> to;
    std::vector<colour> colours;
    std::map<std::string, double> sizes;
    std::pair<char, bool> mark;
    std::array<std::int8_t, 2> pair{};
    std::chrono::milliseconds age{0};
    nothing_in_it end;
    bool operator==(const shape&) const = default;
};
struct nest {
    std::vector<nest> in;
    bool operator==(const nest&) const = default;
};
/// Small as a text, a megabyte in memory.
class block {
  public:
    friend bool from_string(std::string_view text, block&) { return text.empty(); }

  private:
    std::array<char, std::size_t{1} << 20U> bytes_{};
};
struct heavy {
    block what;
};
struct of_function {
    std::function<void()> f;
};
struct with_bits {
    unsigned first : 3 = 2;
};
struct constant {
    const int value = 1;
};
struct closed {
    explicit closed(int v) : value{v} {}
    int value;
};
struct own_words {
    int value = 0;
    [[maybe_unused]] friend std::string to_string(const own_words&) { return "own"; }
};
struct of_array {
    std::array<int, 2> both{};
};
struct defaults {
    int three = 3;
    int zero = 0;
    std::string text = "x";
    std::optional<int> maybe;
    bool operator==(const defaults&) const = default;
};

constexpr show_limits unlimited{.depth = 1000, .items = 100000, .length = std::size_t{1} << 24U};

template <class T>
std::string told(std::string_view text) {
    const auto value = read<T>(text);
    return value ? "read" : to_string(value.error());
}
template <class T>
std::string found(std::string_view text) {
    const auto value = read<T>(text);
    return value ? "read" : value.error().found;
}
template <class T>
T value_of(std::string_view text) {
    const auto value = read<T>(text);
    EXPECT_TRUE(value) << text << ": " << told<T>(text);
    return value ? *value : T{};
}
template <class T>
void expect_same(const T& value) {
    const std::string text = show(value, unlimited);
    const auto back = read<T>(text);
    ASSERT_TRUE(back) << text << ": " << to_string(back.error());
    EXPECT_EQ(*back, value) << text;
}

template <class Number>
void expect_range() {
    using limits = std::numeric_limits<Number>;
    expect_same(limits::min());
    expect_same(limits::max());
    const std::string above = show(limits::max());
    std::string next = above;
    next.back() = static_cast<char>(next.back() + 1);  // no maximum ends in 9
    EXPECT_EQ(found<Number>(next), "\"" + next + "\", which is out of range");
    EXPECT_EQ(found<Number>(above + "0"), "\"" + above + "0\", which is out of range");
    std::string below = std::is_signed_v<Number> ? show(limits::min()) : "-1";
    if (std::is_signed_v<Number>) {
        below.back() = static_cast<char>(below.back() + 1);
    }
    EXPECT_EQ(found<Number>(below), "\"" + below + "\", which is out of range");
}

TEST(read, takes_whole_numbers_in_their_range_and_no_others) {
    expect_range<std::int8_t>();
    expect_range<std::uint8_t>();
    expect_range<std::int16_t>();
    expect_range<std::uint16_t>();
    expect_range<int>();
    expect_range<unsigned>();
    expect_range<std::int64_t>();
    expect_range<std::uint64_t>();
    EXPECT_EQ(value_of<int>(" +7 "), 7);
    for (const char* wrong : {"", "x", "1.5", "1 2", "0x10", "+-1", "1e3"}) {
        EXPECT_FALSE(read<int>(wrong)) << wrong;
        EXPECT_FALSE(read<unsigned>(wrong)) << wrong;
    }
    EXPECT_EQ(told<std::uint8_t>("x"),
              "the value takes a whole number from 0 to 255, such as 5, and not \"x\"");
    EXPECT_EQ(found<int>(""), "an empty text");
}

TEST(read, takes_other_scalars) {
    EXPECT_TRUE(value_of<bool>("true"));
    EXPECT_FALSE(value_of<bool>("false"));
    EXPECT_FALSE(read<bool>("yes"));
    EXPECT_EQ(value_of<double>("1e3"), 1000.0);
    EXPECT_EQ(value_of<float>("-0.1"), -0.1F);
    EXPECT_TRUE(std::isnan(value_of<double>("nan")));
    expect_same(std::numeric_limits<double>::infinity());
    EXPECT_EQ(found<double>("1e999"), "\"1e999\", which is out of range");
    EXPECT_EQ(value_of<char>("a"), 'a');
    for (int c = 0; c < 256; ++c) {
        expect_same(static_cast<char>(c));
    }
    EXPECT_FALSE(read<char>("ab"));
    EXPECT_FALSE(read<char>("'a"));
    EXPECT_FALSE(read<char>("''"));
}

TEST(read, takes_enumerators_by_number_and_by_name) {
    EXPECT_EQ(value_of<colour>("7"), colour::blue);
    EXPECT_EQ(value_of<colour>("blue"), colour::blue);
    EXPECT_EQ(value_of<colour>("colour(1)"), colour::green);
    EXPECT_EQ(value_of<colour>("colour(green)"), colour::green);
    expect_same(static_cast<colour>(255));
    EXPECT_EQ(told<colour>("yellow"),
              "the value takes one of red, green, blue, or a number, such as red, and not "
              "\"yellow\"");
    EXPECT_EQ(found<colour>("256"), "\"256\", which is out of range");
    EXPECT_EQ(value_of<plain>("3"), three);
    EXPECT_EQ(value_of<plain>("one"), one);
    EXPECT_EQ(found<plain>("2"), "\"2\", which is out of range") << "it is no value of the type";
    EXPECT_EQ(value_of<mood>("calm"), mood::calm);
    EXPECT_EQ(value_of<mood>("-1"), mood::wild);
}

TEST(read, takes_text_quoted_or_bare) {
    EXPECT_EQ(value_of<std::string>("a b, c"), "a b, c");
    EXPECT_EQ(value_of<std::string>(""), "");
    EXPECT_EQ(value_of<std::string>("\"a \\\"b\\\" \\x1b\\n\""), "a \"b\" \x1b\n");
    EXPECT_EQ(value_of<std::vector<std::string>>("[a b, \"c, d\"]"),
              (std::vector<std::string>{"a b", "c, d"}));
    EXPECT_EQ(found<std::string>("\"a"), "\"\\\"a\", whose quote is not closed");
    EXPECT_FALSE(read<std::string>("\"\\q\""));
    EXPECT_FALSE(read<std::string>("\"\\x1\""));
    EXPECT_EQ(found<std::string>("\"a\" b"), "one followed by \"b\"");
    expect_same(std::string{"\\n is no line"});
    expect_same(std::string{"\0\xff\xe2\x80\xae\\\"'\n", 9});
}

TEST(read, takes_durations_that_their_unit_can_count) {
    EXPECT_EQ(value_of<std::chrono::milliseconds>("500ms"), 500ms);
    EXPECT_EQ(value_of<std::chrono::milliseconds>("1.5s"), 1500ms);
    EXPECT_EQ(value_of<std::chrono::nanoseconds>("-2 min"), -2min);
    EXPECT_EQ(value_of<std::chrono::seconds>("2d"), 48h);
    EXPECT_EQ(found<std::chrono::seconds>("1.5s"), "\"1.5s\", which is too fine");
    EXPECT_EQ(found<std::chrono::seconds>("1ms"), "\"1ms\", which is too fine");
    EXPECT_EQ(told<std::chrono::seconds>("5"),
              "the value takes a duration in whole s, such as 5s, and not \"5\"");
    expect_same(std::chrono::nanoseconds::max());
    expect_same(std::chrono::nanoseconds::min());
    expect_same(std::chrono::hours::max());
    EXPECT_EQ(found<std::chrono::nanoseconds>("9223372036854775808ns"),
              "\"9223372036854775808ns\", which is out of range");
    EXPECT_EQ(found<std::chrono::nanoseconds>("99999999999999999999d"),
              "\"99999999999999999999d\", which is out of range");
    EXPECT_FALSE(read<std::chrono::nanoseconds>("999999999999999999999ns"));
    expect_same(std::chrono::duration<int, std::ratio<1, 3>>{2});
    expect_same(std::chrono::duration<double>{0.25});
    EXPECT_EQ(value_of<std::chrono::duration<double>>("250ms").count(), 0.25);
    expect_same(std::chrono::steady_clock::time_point{5ns});
}

TEST(read, takes_optionals_and_pointers) {
    EXPECT_EQ(value_of<std::optional<int>>("none"), std::nullopt);
    EXPECT_EQ(value_of<std::optional<int>>("4"), 4);
    EXPECT_EQ(value_of<std::optional<std::string>>("\"none\""), "none");
    EXPECT_EQ(value_of<std::optional<std::string>>("none of it"), "none of it");
    EXPECT_EQ(*read<std::unique_ptr<int>>("4").value(), 4);
    EXPECT_EQ(read<std::unique_ptr<int>>("null").value(), nullptr);
    EXPECT_EQ(*read<std::shared_ptr<const point>>("{1}").value(), (point{1, 2}));
    EXPECT_EQ(told<std::optional<bool>>("x"),
              "the value takes true or false or none, such as true, and not \"x\"");
}

TEST(read, takes_containers_and_tuples) {
    EXPECT_EQ(value_of<std::vector<int>>("[]"), std::vector<int>{});
    EXPECT_EQ(value_of<std::vector<bool>>("[true, false]"), (std::vector<bool>{true, false}));
    EXPECT_EQ((value_of<std::map<std::string, int>>("{a: 1, \"b\": 2}")),
              (std::map<std::string, int>{{"a", 1}, {"b", 2}}));
    EXPECT_EQ((found<std::map<std::string, int>>("{a: 1, a: 2}")), "a key twice");
    expect_same(std::multimap<int, int>{{1, 2}, {1, 3}});
    expect_same(std::unordered_map<int, bool>{{1, true}});
    expect_same(std::set<std::string>{"a", "b"});
    expect_same(std::deque<char>{'a', ',', ']'});
    expect_same(std::list<std::pair<int, std::string>>{{1, "two"}});
    expect_same(std::tuple<int, double, bool>{1, 2.5, false});
    EXPECT_EQ((found<std::tuple<int, int>>("(1)")), "the end of the list");
    EXPECT_EQ((found<std::tuple<int, int>>("(1, 2, 3)")), "more");
    EXPECT_EQ((found<std::array<int, 2>>("[1, 2, 3]")), "more");
    for (const char* wrong : {"", "[", "[1", "[1,", "[1,]", "[,]", "1]", "[1 2]", "[1}", "[1]]"}) {
        EXPECT_FALSE(read<std::vector<int>>(wrong)) << wrong;
    }
    EXPECT_EQ(told<std::vector<std::vector<int>>>("[[1], [2, x]]").substr(0, 12), "[2][2] takes");
}

TEST(read, takes_aggregates_by_place_and_by_name) {
    const point expected{1, 3};
    for (const char* text : {"point{x: 1, y: 3}", "{1, 3}", "{y: 3, x: 1}", "{x=1,y=3}",
                             " point { x : 1 , y : 3 } ", "{1, y: 3}"}) {
        EXPECT_EQ(value_of<point>(text), expected) << text;
    }
    EXPECT_EQ(value_of<point>("{1}"), (point{1, 2}));
    EXPECT_EQ(found<point>("{1, 2, 3}"), "more fields");
    EXPECT_EQ(found<point>("{z: 1}"), "a field z");
    EXPECT_EQ(found<point>("{x: 1, x: 2}"), "a second value");
    EXPECT_EQ(found<point>("pointless{1, 2}"), "\"pointless{1, 2}\"");
    EXPECT_EQ(told<point>("{x: a}").substr(0, 7), "x takes");
    EXPECT_EQ(value_of<nothing_in_it>("nothing_in_it"), nothing_in_it{});
    EXPECT_EQ(value_of<nothing_in_it>("{}"), nothing_in_it{});
    EXPECT_EQ(value_of<own_words>("{3}").value, 3);
}

TEST(read, lets_a_field_with_a_default_be_omitted) {
    EXPECT_EQ(value_of<defaults>("{zero: 5}"), (defaults{3, 5, "x", {}}));
    EXPECT_EQ(told<of_array>("{}"), "both takes [int, int], such as [5, 5], and not nothing");
    EXPECT_EQ(told<defaults>("{three: 5}"),
              "zero takes a whole number from -2147483648 to 2147483647, such as 5, and not "
              "nothing");
}

TEST(read, has_limits_for_length_and_depth_and_memory) {
    EXPECT_TRUE(read<std::string>(std::string(detail::read_length_max, 'a')));
    EXPECT_EQ(found<std::string>(std::string(detail::read_length_max + 1, 'a')),
              "a text of 1048577 bytes, where 1048576 are the limit");

    const auto nested = [](std::size_t lists) {
        std::string text = "{[]}";
        for (std::size_t i = 1; i < lists; ++i) {
            text = "{[" + text + "]}";
        }
        return text;
    };
    EXPECT_TRUE(read<nest>(nested(detail::read_depth_max / 2)));
    EXPECT_EQ(found<nest>(nested(detail::read_depth_max / 2 + 1)),
              "brackets in more than 64 others");
    EXPECT_FALSE(read<nest>(std::string(detail::read_length_max, '{')));

    const auto list_of = [](std::size_t items) {
        std::string text = "[{\"\"}";
        for (std::size_t i = 1; i < items; ++i) {
            text += ",{\"\"}";
        }
        return text + "]";
    };
    constexpr std::size_t most = detail::read_bytes_max / sizeof(heavy);
    EXPECT_TRUE(read<std::vector<heavy>>(list_of(most)));
    EXPECT_EQ(found<std::vector<heavy>>(list_of(most + 1)), "lists of more than 67108864 bytes");
}

TEST(read, is_rejected_at_compile_time_for_unreadable_types) {
    static_assert(readable<shape> && readable<nest> && readable<own_words>);
    static_assert(!readable<std::string_view> && !readable<const char*> && !readable<int*>);
    static_assert(!readable<std::variant<int, bool>> && !readable<std::expected<int, int>>);
    static_assert(!readable<long double> && !readable<std::optional<std::optional<int>>>);
    static_assert(!readable<std::shared_ptr<int>> && !readable<of_function> && !readable<closed>);
    static_assert(!readable<with_bits> && !readable<constant>);
    static_assert(!readable<std::vector<of_function>>);
    EXPECT_EQ(detail::unreadable_part<of_function>(), "field f, a function<void ()>");
    EXPECT_EQ(detail::unreadable_part<constant>(), "field value, a int");
}

TEST(a_pid, is_read_only_inside_a_process) {
    EXPECT_EQ(found<pid>("<0.1.1>"), "\"<0.1.1>\", which can be read only in a process");
    EXPECT_EQ(value_of<pid>("undefined"), pid{});
    testing::sim_world world;
    world.run([]() -> task<> {
        EXPECT_EQ(value_of<pid>(to_string(self())), self());
        EXPECT_EQ(value_of<std::vector<pid>>(show(std::vector<pid>{self()}))[0], self());
        for (const char* wrong : {"<0.1>", "<0.1.1", "0.1.1", "<0..1>", "<0.1.>", "<1.1.1>", "<>",
                                  "<0.4294967296.1>", "<0.-1.1>"}) {
            EXPECT_FALSE(read<pid>(wrong)) << wrong;
        }
        co_return;
    });
    expect_same(ref{0x0001'0000'0000'0007ULL});
    EXPECT_FALSE(read<ref>("#Ref<65536.1>"));
    EXPECT_FALSE(read<ref>("#Ref<1.281474976710656>"));
}

std::string random_text(test::dice& luck) {
    std::string out;
    for (std::size_t i = luck.below(12); i > 0; --i) {
        static constexpr const char* parts[] = {"a",    "\"", "\\",     "n",      "\n",
                                                "\x1b", "'",  "\u00e9", "\u202e", "\xff",
                                                ", ",   "}",  ":",      "none",   " "};
        out += luck.one_of(parts);
    }
    return out;
}

shape random_shape(test::dice& luck) {
    const auto number = [&] { return static_cast<int>(luck.below(SIZE_MAX)); };
    shape out{random_text(luck), {number(), number()}, {}, {}, {}, {}, {}, {}, {}};
    if (luck.percent(50)) {
        out.to = point{number(), number()};
    }
    for (std::size_t i = luck.below(5); i > 0; --i) {
        out.colours.push_back(static_cast<colour>(luck.below(256)));
        double size = 0;
        const std::uint64_t bits = luck.below(SIZE_MAX);
        std::memcpy(&size, &bits, sizeof size);
        out.sizes[random_text(luck)] = std::isnan(size) ? 0.0 : size;
    }
    out.mark = {static_cast<char>(luck.below(256)), luck.percent(50)};
    out.pair = {static_cast<std::int8_t>(luck.below(256)), 0};
    out.age = std::chrono::milliseconds{static_cast<std::int64_t>(luck.below(SIZE_MAX))};
    return out;
}

TEST(read, restores_an_equal_value_from_the_output_of_show) {
    test::dice luck{7};
    for (int i = 0; i < 3000; ++i) {
        expect_same(random_shape(luck));
        if (::testing::Test::HasFailure()) {
            break;
        }
    }
}

TEST(read, escapes_control_characters_in_errors) {
    const std::string error = told<int>("\x1b[31m\n\u202e");
    EXPECT_EQ(printable(error), error);
}

}  // namespace
}  // namespace coppice
