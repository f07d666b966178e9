// SPDX-License-Identifier: Apache-2.0
// Children made from text: the conversion that a program provides, the
// resulting child, and the answers to wrong texts.

#include "coppice/console_child.hpp"

#include <stdexcept>

#include "coppice/dynamic_supervisor.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using test::run_everywhere;
using texts = std::vector<std::string>;

struct guest {
    struct whose {};
    guest(std::string user, int room) : name{std::move(user)}, number{room} {}
    std::string handle_call(whose) const { return name + " in " + std::to_string(number); }

    std::string name;
    int number;
};

enum class floor : std::uint8_t { ground, attic };
struct place {
    floor level = floor::ground;
    int room = 0;
};

child_spec guest_of(const std::string& user, int room) {
    return child<guest>(user, room);
}

/// The reason and the text of a refusal; "made" if a child was made.
std::string refusal(std::string_view supervisor, const texts& arguments) {
    const auto made = child_by_text(supervisor, arguments);
    return made ? "made" : to_string(made.error().why) + ": " + made.error().text;
}

TEST(a_child_by_text, is_started_under_a_dynamic_supervisor) {
    run_everywhere([]() -> task<> {
        console_child("guests", &guest_of);
        co_await dynamic_supervisor::start_link({.name = "guests"});
        const texts said{"ada", "7"};
        auto spec = child_by_text("guests", said);
        EXPECT_TRUE(spec.has_value());
        const child_result started =
            co_await dynamic_supervisor{"guests"}.start_child(std::move(*spec));
        EXPECT_TRUE(started.ok());
        const server<guest> one{started.process()};
        const std::string answer = co_await one.call(guest::whose{});
        EXPECT_EQ(answer, "ada in 7");
    });
}

TEST(a_child_by_text, is_started_under_a_static_supervisor_by_its_id) {
    run_everywhere([]() -> task<> {
        console_child("house",
                      [](std::string user) { return child<guest>(user, 1).id(user).name(user); });
        co_await supervisor::start_link(children(), {.name = "house"});
        for (const char* expected : {"ok", "already_started"}) {
            const texts said{"bob"};
            auto spec = child_by_text("house", said);
            EXPECT_TRUE(spec.has_value());
            const child_result started = co_await supervisor{"house"}.start_child(std::move(*spec));
            EXPECT_EQ(started.ok() ? "ok" : to_string(started.error()[0]), expected);
        }
        EXPECT_TRUE(whereis("bob"));
    });
}

TEST(a_child_by_text, has_arguments_of_all_types_that_are_read) {
    run_everywhere([]() -> task<> {
        console_child("guests", [](place where, std::vector<std::string> names, floor other) {
            return child<guest>(names.at(0), where.room).id(other == floor::attic ? "a" : "g");
        });
        const texts said{"{attic, room: 3}", "[ada, bob]", "attic"};
        const auto spec = child_by_text("guests", said);
        EXPECT_TRUE(spec.has_value()) << spec.error().text;
        EXPECT_EQ(spec->id(), "a");
        console_child("guests", [] { return child<guest>("nobody", 0).id("replaced"); });
        const auto later = child_by_text("guests", {});
        EXPECT_EQ(later->id(), "replaced");
        co_return;
    });
}

TEST(a_child_by_text, is_refused_with_a_hint_of_the_valid_usage) {
    run_everywhere([]() -> task<> {
        console_child("guests", &guest_of);
        console_child("idlers", [] { return child<guest>("nobody", 0); });
        EXPECT_EQ(refusal("others", {"x"}),
                  "undef: no function makes a child of others from texts; add to the program "
                  "console_child(\"others\", [](std::string name) { … })");
        EXPECT_EQ(refusal("guests", {"ada"}),
                  "badarg: a child of guests takes the arguments string, int, and not 1");
        EXPECT_EQ(refusal("guests", {"ada", "1", "2"}),
                  "badarg: a child of guests takes the arguments string, int, and not 3");
        EXPECT_EQ(refusal("idlers", {"x"}),
                  "badarg: a child of idlers takes no arguments, and not 1");
        const std::string wrong = refusal("guests", {"ada", "seven"});
        EXPECT_TRUE(
            wrong.starts_with("badarg: a child of guests takes the arguments string, int; "
                              "argument 2 takes a whole number"))
            << wrong;
        console_child("guests", [](place where) { return child<guest>("x", where.room); });
        const std::string inside = refusal("guests", {"{room: x}"});
        EXPECT_NE(inside.find("argument 1, room, takes a whole number"), std::string::npos)
            << inside;
        co_return;
    });
}

TEST(a_child_by_text, is_refused_with_the_message_that_the_function_throws) {
    run_everywhere([]() -> task<> {
        console_child("guests", [](std::string user) {
            if (user.empty()) {
                throw std::invalid_argument{"a guest has a name"};
            }
            return child<guest>(user, 1);
        });
        const std::string told = refusal("guests", {""});
        EXPECT_NE(told.find("the child of guests cannot be made: "), std::string::npos) << told;
        EXPECT_NE(told.find("a guest has a name"), std::string::npos) << told;
        co_return;
    });
}

TEST(a_child_by_text, needs_a_supervisor_with_a_name) {
    run_everywhere([]() -> task<> {
        EXPECT_THROW(console_child("", &guest_of), badarg_error);
        co_return;
    });
}

TEST(a_child_by_text, is_unknown_to_another_runtime) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 1;
    runtime one{options};
    runtime other{options};
    one.start();
    other.start();
    one.run([]() -> task<> {
        console_child("guests", &guest_of);
        co_return;
    });
    other.run([]() -> task<> {
        EXPECT_EQ(refusal("guests", {"ada", "1"}).substr(0, 5), "undef");
        co_return;
    });
}

}  // namespace
}  // namespace coppice
