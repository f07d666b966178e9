// SPDX-License-Identifier: Apache-2.0
#include "coppice/exit_reason.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coppice {
namespace {

struct disk_full {
    int device;
    bool operator==(const disk_full&) const = default;
};
std::string to_string(const disk_full& d) {
    return "disk_full(" + std::to_string(d.device) + ")";
}

struct opaque {
    int value;
};

/// One reason of each kind, all different.
std::vector<exit_reason> one_of_each() {
    return {
        reason::normal,
        reason::shutdown,
        reason::kill,
        reason::killed,
        reason::noproc,
        reason::timeout,
        reason::calling_self,
        reason::badarg,
        reason::noconnection,
        exit_reason{"ignore"},
        exit_reason{"disk_full"},
        exit_reason::text("disk_full"),
        exit_reason::integer(0),
        exit_reason::integer(1),
        exit_reason::process(pid{1, 2, 3}),
        exit_reason::error({"std::runtime_error", "boom", {}}),
        exit_reason::error({"std::logic_error", "boom", {}}),
        exit_reason::tuple_of({}),
        exit_reason::tuple("a"),
        exit_reason::tuple("a", "b"),
        reason::shutdown_with("a"),
        exit_reason::of(disk_full{1}),
        exit_reason::of(disk_full{2}),
        exit_reason::of(std::string{"disk_full"}),
        exit_reason::of(opaque{1}),
    };
}

TEST(exit_reason, is_normal_by_default) {
    EXPECT_EQ(exit_reason{}, reason::normal);
}

TEST(exit_reason, prints_known_reasons_and_symbols_bare) {
    EXPECT_EQ(to_string(reason::normal), "normal");
    EXPECT_EQ(to_string(reason::shutdown), "shutdown");
    EXPECT_EQ(to_string(reason::kill), "kill");
    EXPECT_EQ(to_string(reason::killed), "killed");
    EXPECT_EQ(to_string(reason::noproc), "noproc");
    EXPECT_EQ(to_string(reason::timeout), "timeout");
    EXPECT_EQ(to_string(reason::calling_self), "calling_self");
    EXPECT_EQ(to_string(reason::badarg), "badarg");
    EXPECT_EQ(to_string(reason::noconnection), "noconnection");
    EXPECT_EQ(to_string(exit_reason{"ignore"}), "ignore");
    EXPECT_EQ(to_string(exit_reason{"disk_full"}), "disk_full");
    EXPECT_EQ(to_string(exit_reason::symbol("")), "");
}

TEST(exit_reason, prints_terms_as_erlang_does) {
    EXPECT_EQ(to_string(exit_reason::integer(-42)), "-42");
    EXPECT_EQ(to_string(exit_reason::integer(std::numeric_limits<std::int64_t>::min())),
              "-9223372036854775808");
    EXPECT_EQ(to_string(exit_reason::process(pid{9, 4, 2})), "<0.4.2>");
    EXPECT_EQ(to_string(exit_reason::tuple_of({})), "{}");
    EXPECT_EQ(to_string(exit_reason::tuple("a")), "{a}");
    EXPECT_EQ(to_string(exit_reason::tuple("a", exit_reason::tuple("b", exit_reason::integer(1)))),
              "{a,{b,1}}");
    EXPECT_EQ(to_string(reason::shutdown_with("done")), "{shutdown,done}");
    EXPECT_EQ(to_string(exit_reason::error({"std::runtime_error", "no \"luck\"", {}})),
              "{std::runtime_error,\"no \\\"luck\\\"\"}");
}

TEST(exit_reason, prints_text_in_quotes_with_quotes_backslashes_and_newlines_escaped) {
    EXPECT_EQ(to_string(exit_reason::text("")), "\"\"");
    EXPECT_EQ(to_string(exit_reason::text("plain")), "\"plain\"");
    EXPECT_EQ(to_string(exit_reason::text("a\"b\\c\nd")), R"("a\"b\\c\nd")");
    EXPECT_EQ(to_string(exit_reason::text("größe")), "\"größe\"");
}

template <char... Letters>
struct with_letters {};
using short_name = with_letters<'a'>;
using long_name =
    with_letters<'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p'>;

TEST(a_readable_type_name, is_right_however_often_and_in_whichever_order_types_are_asked_for) {
    const std::string prefix = "coppice::(anonymous namespace)::with_letters<(char)97";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(detail::readable_type_name(typeid(short_name)), prefix + ">");
        EXPECT_EQ(detail::readable_type_name(typeid(short_name)), prefix + ">");
        EXPECT_EQ(detail::readable_type_name(typeid(int)), "int");
        const std::string name = detail::readable_type_name(typeid(long_name));
        EXPECT_TRUE(name.starts_with(prefix) && name.ends_with("(char)112>")) << name;
        EXPECT_EQ(detail::readable_type_name(typeid(long_name)), name);
    }
}

TEST(exit_reason, prints_a_users_value_by_its_to_string_or_its_type) {
    EXPECT_EQ(to_string(exit_reason::of(disk_full{7})), "disk_full(7)");
    const std::string shown = to_string(exit_reason::of(opaque{7}));
    EXPECT_EQ(shown.front(), '#');
    EXPECT_NE(shown.find("opaque"), std::string::npos);
}

TEST(exit_reason, streams_its_printed_text) {
    for (const exit_reason& each : one_of_each()) {
        std::ostringstream out;
        out << each;
        EXPECT_EQ(out.str(), to_string(each));
    }
}

TEST(exit_reason, equals_itself_and_its_copy_and_no_other_kind) {
    const std::vector<exit_reason> all = one_of_each();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const exit_reason copy = all[i];  // NOLINT(performance-unnecessary-copy-initialization)
        for (std::size_t j = 0; j < all.size(); ++j) {
            EXPECT_EQ(copy == all[j], i == j) << to_string(all[i]) << " and " << to_string(all[j]);
        }
    }
}

TEST(exit_reason, equals_a_separately_made_reason_with_the_same_content) {
    const std::vector<exit_reason> left = one_of_each();
    const std::vector<exit_reason> right = one_of_each();
    for (std::size_t i = 0; i + 1 < left.size(); ++i) {
        EXPECT_EQ(left[i], right[i]) << to_string(left[i]);
    }
    // The last reason holds a value without ==: only its own copies are equal.
    EXPECT_NE(left.back(), right.back());
}

TEST(exit_reason, spells_a_known_reason_as_the_same_reason) {
    EXPECT_EQ(exit_reason{"normal"}, reason::normal);
    EXPECT_EQ(exit_reason::symbol("killed"), reason::killed);
    EXPECT_NE(exit_reason::text("normal"), reason::normal);
    EXPECT_NE(exit_reason{"Normal"}, reason::normal);
}

TEST(exit_reason, compares_errors_by_type_and_message_but_not_by_stack) {
    int here = 0;
    const exit_reason with = exit_reason::error({"e", "m", {&here}});
    EXPECT_EQ(with, exit_reason::error({"e", "m", {}}));
    EXPECT_NE(with, exit_reason::error({"e", "n", {&here}}));
    EXPECT_NE(with, exit_reason::error({"f", "m", {&here}}));
}

TEST(exit_reason, is_quiet_for_normal_and_shutdown_only) {
    EXPECT_TRUE(reason::normal.is_quiet());
    EXPECT_FALSE(reason::normal.is_shutdown());
    EXPECT_TRUE(reason::shutdown.is_quiet());
    EXPECT_TRUE(reason::shutdown.is_shutdown());
    EXPECT_TRUE(reason::shutdown_with(exit_reason::integer(1)).is_quiet());
    EXPECT_TRUE(reason::shutdown_with(exit_reason::integer(1)).is_shutdown());
    for (const exit_reason& loud :
         {exit_reason::tuple("shutdown"), exit_reason::tuple("shutdown", "a", "b"),
          exit_reason::tuple("a", "shutdown"), exit_reason::tuple("normal", "a"), reason::killed,
          exit_reason::text("shutdown"), exit_reason{"noproc"}}) {
        EXPECT_FALSE(loud.is_quiet()) << to_string(loud);
        EXPECT_FALSE(loud.is_shutdown()) << to_string(loud);
    }
}

TEST(exit_reason, answers_each_question_only_for_its_own_kind) {
    for (const exit_reason& each : one_of_each()) {
        const int answers = (each.as_symbol().empty() ? 0 : 1) + (each.as_text() ? 1 : 0) +
                            (each.as_process() ? 1 : 0) + (each.as_error() ? 1 : 0) +
                            (each.size() > 0 ? 1 : 0) + (each.as<disk_full>() ? 1 : 0) +
                            (each.as<std::string>() ? 1 : 0) + (each.as<opaque>() ? 1 : 0);
        const std::string shown = to_string(each);
        const bool unasked =
            shown == "{}" || shown == "0" || shown == "1";  // empty tuple, integers
        EXPECT_EQ(answers, unasked ? 0 : 1) << shown;
    }
}

TEST(exit_reason, returns_its_content) {
    EXPECT_EQ(exit_reason{"disk_full"}.as_symbol(), "disk_full");
    EXPECT_EQ(reason::noproc.as_symbol(), "noproc");
    EXPECT_EQ(*exit_reason::text("t").as_text(), "t");
    EXPECT_EQ(exit_reason::process(pid{1, 2, 3}).as_process(), (pid{1, 2, 3}));
    EXPECT_EQ(exit_reason::of(disk_full{5}).as<disk_full>()->device, 5);
    EXPECT_EQ(exit_reason::error({"e", "m", {}}).as_error()->what, "m");
    const exit_reason pair = exit_reason::tuple("a", exit_reason::integer(2));
    ASSERT_EQ(pair.size(), 2U);
    EXPECT_EQ(pair[0], exit_reason{"a"});
    EXPECT_EQ(pair[1], exit_reason::integer(2));
}

TEST(exit_reason, is_normal_after_a_move) {
    exit_reason from = exit_reason::text("gone");
    const exit_reason to = std::move(from);
    EXPECT_EQ(to, exit_reason::text("gone"));
    EXPECT_EQ(from, reason::normal);  // NOLINT(bugprone-use-after-move)
}

TEST(exit_reason, survives_assignment_to_itself_and_swaps) {
    exit_reason one = exit_reason::text("one");
    exit_reason two = exit_reason::tuple("two");
    const exit_reason& same = one;
    one = same;
    EXPECT_EQ(one, exit_reason::text("one"));
    one.swap(two);
    EXPECT_EQ(one, exit_reason::tuple("two"));
    EXPECT_EQ(two, exit_reason::text("one"));
    one = two;
    EXPECT_EQ(one, two);
    two = reason::kill;
    EXPECT_EQ(one, exit_reason::text("one"));
}

struct counted {
    explicit counted(std::shared_ptr<int> c) : count{std::move(c)} {}
    std::shared_ptr<int> count;
};

TEST(exit_reason, destroys_its_value_with_the_last_copy) {
    const auto count = std::make_shared<int>(0);
    {
        const exit_reason first = exit_reason::of(counted{count});
        exit_reason second = first;
        const exit_reason inside = exit_reason::tuple("wrapped", first);
        EXPECT_EQ(count.use_count(), 2);  // one value for any number of reasons
        second = reason::normal;
        EXPECT_EQ(count.use_count(), 2);
    }
    EXPECT_EQ(count.use_count(), 1);
}

TEST(exit_reason, may_be_copied_and_dropped_on_several_threads_at_once) {
    const auto count = std::make_shared<int>(0);
    {
        const exit_reason shared = exit_reason::tuple("shared", exit_reason::of(counted{count}));
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([copy = shared] {
                for (int i = 0; i < 5000; ++i) {
                    const exit_reason mine = copy;
                    const exit_reason term = mine[1];
                    ASSERT_NE(term.as<counted>(), nullptr);
                }
            });
        }
        for (std::thread& each : threads) {
            each.join();
        }
    }
    EXPECT_EQ(count.use_count(), 1);
}

exit_reason nested(int levels, const char* innermost) {
    exit_reason out{innermost};
    for (int i = 0; i < levels; ++i) {
        out = exit_reason::tuple(std::move(out), "outer");
    }
    return out;
}

/// A user-defined value with a reason inside, like a report of a cause.
struct caused_by {
    exit_reason cause;
    bool operator==(const caused_by&) const = default;
};
std::string to_string(const caused_by& c) {
    return "caused by " + to_string(c.cause);
}

constexpr int very_deep = 100'000;

TEST(exit_reason, that_nests_very_deep_is_released_without_recursion) {
    exit_reason in_tuples = nested(very_deep, "innermost");
    in_tuples = reason::normal;
    exit_reason in_values{"innermost"};
    for (int i = 0; i < very_deep; ++i) {
        const caused_by cause{std::move(in_values)};
        in_values = exit_reason::of(cause);
    }
    in_values = reason::normal;
    EXPECT_EQ(in_tuples, in_values);
}

TEST(exit_reason, that_nests_very_deep_is_compared_without_recursion) {
    EXPECT_EQ(nested(very_deep, "a"), nested(very_deep, "a"));
    EXPECT_NE(nested(very_deep, "a"), nested(very_deep, "b"));
    EXPECT_NE(nested(very_deep, "a"), nested(very_deep - 1, "a"));
}

TEST(exit_reason, is_printed_down_to_a_depth) {
    EXPECT_EQ(to_string(nested(2, "a")), "{{a,outer},outer}");
    EXPECT_NE(to_string(nested(16, "deep")).find("deep"), std::string::npos);
    const std::string cut = to_string(nested(17, "deep"));
    EXPECT_EQ(cut.find("deep"), std::string::npos);
    EXPECT_NE(cut.find("{{...},outer}"), std::string::npos);
    EXPECT_EQ(to_string(nested(very_deep, "deep")), cut);
    exit_reason in_values{"innermost"};
    for (int i = 0; i < very_deep; ++i) {
        const caused_by cause{std::move(in_values)};
        in_values = exit_reason::of(cause);
    }
    EXPECT_LT(to_string(in_values).size(), 1000U);
}

TEST(exit_reason, is_printed_up_to_a_length) {
    const std::string long_text(10'000, 'x');
    EXPECT_EQ(to_string(exit_reason::text(long_text)).size(), long_text.size() + 2);
    const exit_reason twice =
        exit_reason::tuple(exit_reason::text(long_text), exit_reason::text(long_text));
    const std::string cut = to_string(twice);
    EXPECT_LT(cut.size(), 20'000U);
    EXPECT_TRUE(cut.ends_with("..."));
}

}  // namespace
}  // namespace coppice
