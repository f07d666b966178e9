// SPDX-License-Identifier: Apache-2.0
// The text of a report has all the lines made by Coppice and no others, for any content of the report.

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "coppice/runtime.hpp"
#include "coppice/tree.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

/// A forged log line, control characters of terminals, and characters that reverse the text direction.
const std::string forged =
    "x\n2026-01-01 00:00:00.000Z [error] forged\r\x1b[2J\xC2\x9B\u202E\xFF\x7f\u2028";

/// Checks that no byte ends a line or controls a terminal, except the line feeds of the report.
void expect_harmless(const std::string& text) {
    for (const std::string bad : {"\r", "\x1b", "\xC2\x9B", "\u202E", "\xFF", "\x7f", "\u2028"}) {
        EXPECT_EQ(text.find(bad), std::string::npos) << text;
    }
    EXPECT_EQ(text.find("\n2026-01-01"), std::string::npos) << text;
    EXPECT_EQ(text.find("[error] forged\n"), std::string::npos) << text;
}

child_summary forged_child() {
    child_summary out;
    out.id = forged;
    out.start = forged;
    return out;
}

std::vector<exit_reason> forged_reasons() {
    error_info error;
    error.type = forged;
    error.what = forged;
    return {exit_reason::symbol(forged), exit_reason::text(forged), exit_reason::error(error),
            exit_reason::tuple(exit_reason::symbol(forged), exit_reason::text(forged))};
}

std::vector<report::body_type> forged_bodies() {
    std::vector<report::body_type> out;
    for (const exit_reason& why : forged_reasons()) {
        crash_report crash;
        crash.initial_call = crash.registered_name = crash.last_message = crash.state = forged;
        crash.child_id = forged;
        crash.ancestors = {forged, forged};
        crash.why = why;
        out.emplace_back(crash);
        out.emplace_back(server_report{forged, forged, forged, why, {}});
        out.emplace_back(
            supervisor_report{forged, supervisor_context::shutdown, why, forged_child()});
    }
    out.emplace_back(progress_report{forged, forged_child()});
    out.emplace_back(text_report{forged});
    out.emplace_back(application_progress_report{forged});
    out.emplace_back(application_exit_report{forged, exit_reason::symbol(forged), permanent});
    stuck_report stuck;
    stuck.stuck.registered_name = stuck.stuck.initial_call = stuck.stuck.message = forged;
    out.emplace_back(stuck);
    return out;
}

TEST(report_text, cannot_be_forged_by_any_field) {
    for (const report::body_type& body : forged_bodies()) {
        report made;
        made.body = body;
        expect_harmless(to_string(made));
        expect_harmless(format_line(made));
        EXPECT_NE(to_string(made).find("forged"), std::string::npos);
        EXPECT_EQ(std::ranges::count(format_line(made), '\n'),
                  std::ranges::count(to_string(made), '\n') + 1);
    }
    for (const exit_reason& why : forged_reasons()) {
        expect_harmless(to_string(why));
        EXPECT_EQ(to_string(why).find('\n'), std::string::npos);
    }
    blocking_process blocking;
    blocking.registered_name = forged;
    expect_harmless(to_string(blocking));
}

TEST(report_text, keeps_the_lines_of_a_report_of_several) {
    report made;
    made.body = server_report{"s", "m", "st", "why", {}};
    EXPECT_EQ(to_string(made),
              "gen_server s terminating\n    last message: m\n    state: st\n    reason: why");
}

TEST(tree_text, cannot_be_forged_by_ids_names_and_strategies) {
    tree_node root;
    root.id = root.name = root.strategy = forged;
    root.name += "!";
    root.children = {root, root};
    for (const std::string& drawn :
         {to_text(root), to_mermaid(root), to_dot(root), to_json(root)}) {
        expect_harmless(drawn);
    }
    EXPECT_EQ(std::ranges::count(to_text(root), '\n'), 3);
    EXPECT_EQ(std::ranges::count(to_json(root), '\n'), 0);
    const auto parsed = nlohmann::json::parse(to_json(root));
    const auto id = parsed["id"].get<std::string>();
    EXPECT_EQ(id.substr(0, 2), "x\n");
    EXPECT_NE(id.find("\xC2\x9B\u202E\uFFFD\x7f\u2028"), std::string::npos);
}

struct bad_reason {
    int number = 0;
    friend std::string to_string(const bad_reason&) { throw std::runtime_error{"printer"}; }
};

/// Every printable part throws.
struct speechless {
    struct boom {
        friend std::string to_string(const boom&) { throw 1; }
    };
    struct convertible {
        operator std::string() const { throw 2; }
    };
    void handle_cast(const boom&) { exit(exit_reason::of(bad_reason{1})); }
    void handle_cast(const convertible&) { exit(exit_reason::of(bad_reason{2})); }
    friend std::string to_string(const speechless&) { throw std::runtime_error{"printer"}; }
};

template <class Message>
std::vector<std::string> reports_of_a_crash_by(const Message& message) {
    std::vector<std::string> texts;
    runtime_options options;
    options.on_report = [&](const report& made) { texts.push_back(format_line(made)); };
    testing::sim_world world{1, std::move(options)};
    world.run([message]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link(children(child<speechless>().name("mute")));
        co_await starting;
        server<speechless>{"mute"}.cast(message);
        co_await sleep(1s);
    });
    EXPECT_EQ(world.system().reports_lost(), 0U);
    return texts;
}

TEST(reports, of_a_crash_are_delivered_with_a_note_for_unprintable_values) {
    for (const auto& texts : {reports_of_a_crash_by(speechless::boom{}),
                              reports_of_a_crash_by(speechless::convertible{})}) {
        const auto some = [&](const std::string& words) {
            return std::ranges::any_of(texts, [&](const std::string& each) {
                return each.find(words) != std::string::npos &&
                       each.find("could not be printed") != std::string::npos;
            });
        };
        EXPECT_TRUE(some("gen_server mute terminating"));
        EXPECT_TRUE(some("CRASH REPORT"));
        EXPECT_TRUE(some("child_terminated"));
    }
}

TEST(a_reason, with_a_throwing_printer_contains_a_note) {
    EXPECT_NE(to_string(exit_reason::of(bad_reason{})).find("could not be printed"),
              std::string::npos);
    const exit_reason both = exit_reason::tuple("before", exit_reason::of(bad_reason{}), "behind");
    EXPECT_EQ(to_string(both).find("{before,(could not be printed"), 0U);
    EXPECT_TRUE(to_string(both).ends_with(",behind}"));
}

struct wordless : std::exception {
    const char* what() const noexcept override { return nullptr; }
};

TEST(an_error, with_a_null_text_has_an_empty_text) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        spawn_link([]() -> task<> {
            throw wordless{};
            co_return;
        });
        const exit_message heard = co_await receive<exit_message>();
        EXPECT_NE(heard.why.as_error(), nullptr);
        EXPECT_EQ(heard.why.as_error()->what, "");
    });
}

task<int> inner_most() {
    co_await yield();
    throw std::runtime_error{"deep"};
}
task<int> in_between() {
    auto asked = inner_most();
    co_return co_await asked;
}
task<> outer_most() {
    auto asked = in_between();
    co_await asked;
}

TEST(an_error, names_the_coroutines_that_awaited_the_one_that_threw) {
    if (test::under_asan) {
        GTEST_SKIP() << "the sanitizer sees throws first";
    }
    runtime_options options = testing::sim_world::quiet();
    options.capture_stacks = true;
    testing::sim_world world{1, options};
    const pid ended = world.spawn([]() -> task<> { co_await outer_most(); });
    world.run_until_idle();
    const auto why = world.ended_with(ended);
    ASSERT_TRUE(why && why->as_error() != nullptr);
    EXPECT_GE(why->as_error()->waiting.size(), 2U);
    const std::vector<std::string> lines = symbolised_waiting(*why);
    ASSERT_GE(lines.size(), 2U);
    EXPECT_NE(lines[0].find("in_between"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("outer_most"), std::string::npos) << lines[1];
    report made;
    made.body = crash_report{.initial_call = {}, .why = *why};
    EXPECT_NE(to_string(made).find("\n        awaited by "), std::string::npos);
}

}  // namespace
}  // namespace coppice
