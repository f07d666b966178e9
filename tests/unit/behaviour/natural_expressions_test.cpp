// SPDX-License-Identifier: Apache-2.0
// Natural expressions with co_await. g++ before 13 refuses some and miscompiles others, and gets the form
// described in docs/guide/gcc-12.md, with the same result.

#include <map>

#include "support/servers.hpp"

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define COPPICE_TEST_SAFE_FORMS 1
#else
#define COPPICE_TEST_SAFE_FORMS 0
#endif

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::run_everywhere;

const std::string text(60, 'x');  // too long for the small-string buffer

struct config {
    std::string name;
    int number = 0;
};
struct out {
    std::string text;
};

struct shelf {
    struct get {};
    struct put {
        std::string key, value;
    };
    struct list {
        std::vector<std::string> all;
    };
    explicit shelf(config given) : kept{std::move(given)} {}

    std::string handle_call(get) const { return kept.name; }
    std::string handle_call(put m) { return m.key + m.value; }
    std::size_t handle_call(list m) { return m.all.size(); }
    void handle_cast(put m) { kept.name = m.key + m.value; }

    config kept;
};

std::string text_of(const out& o) {
    return o.text;
}
std::string joined(std::string a, std::string b) {
    return a + b;
}
task<std::string> slow(config c) {
    co_await yield();
    co_return c.name;
}
task<std::string> slow_by_reference(const config& c) {
    co_await yield();
    co_return c.name;
}
task<std::string> slow_list(std::vector<std::string> all) {
    co_await yield();
    co_return all.at(0) + all.at(all.size() - 1);
}

/// Runs `body` with a server that keeps `text`.
template <class Body>
void with_a_shelf(Body body) {
    run_everywhere([body]() -> task<> {
        const config c{text, 1};
        auto starting = start<shelf>(named("shelf"), c);
        const start_result<shelf> started =
            co_await starting;  // g++ 12 knows no type in a template
        const server<shelf> s = started.value();
        auto running = body(s);
        co_await running;
    });
}

TEST(an_expression_with_co_await, starts_a_server) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 1};
        const auto s = (co_await start<shelf>(named("s"), c)).value();
#else
        const auto s = (co_await start<shelf>(named("s"), config{text, 1})).value();
#endif
        EXPECT_EQ(co_await s.call(shelf::get{}), text);
    });
}

TEST(an_expression_with_co_await, awaits_the_awaiter_of_a_task) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 1};
        EXPECT_EQ(co_await slow(c).operator co_await(), text);
#else
        EXPECT_EQ(co_await slow(config{text, 1}).operator co_await(), text);
#endif
    });
}

TEST(an_expression_with_co_await, awaits_a_task_that_takes_an_aggregate) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 1};
        EXPECT_EQ(co_await slow(c), text);
#else
        EXPECT_EQ(co_await slow(config{text, 1}), text);
#endif
    });
}

TEST(an_expression_with_co_await, awaits_a_task_that_takes_an_aggregate_by_reference) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 1};
        EXPECT_EQ(co_await slow_by_reference(c), text);
#else
        EXPECT_EQ(co_await slow_by_reference(config{text, 1}), text);
#endif
    });
}

TEST(an_expression_with_co_await, awaits_a_task_that_takes_a_braced_list) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const std::vector<std::string> both{text, "y"};
        EXPECT_EQ(co_await slow_list(both), text + "y");
#else
        EXPECT_EQ(co_await slow_list({text, "y"}), text + "y");
#endif
    });
}

TEST(an_expression_with_co_await, gives_an_aggregate_to_a_function) {
    with_a_shelf([](server<shelf> s) -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        EXPECT_EQ(text_of(out{answer}), text);
#else
        EXPECT_EQ(text_of(out{co_await s.call(shelf::get{})}), text);
#endif
    });
}

TEST(an_expression_with_co_await, casts_the_result_of_a_call) {
    with_a_shelf([](server<shelf> s) -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        s.cast<shelf::put>(co_await s.call(shelf::get{}), "y");
#else
        s.cast(shelf::put{co_await s.call(shelf::get{}), "y"});
#endif
        EXPECT_EQ(co_await s.call(shelf::get{}), text + "y");
    });
}

TEST(an_expression_with_co_await, sends_the_result_of_a_call) {
    with_a_shelf([](server<shelf> s) -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        send<out>(self(), co_await s.call(shelf::get{}));
#else
        send(self(), out{co_await s.call(shelf::get{})});
#endif
        EXPECT_EQ((co_await receive<out>()).text, text);
    });
}

TEST(an_expression_with_co_await, puts_the_result_of_a_call_into_a_map) {
    with_a_shelf([](server<shelf> s) -> task<> {
        std::map<std::string, out> all;
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        all.emplace("a", out{answer});
#else
        all.emplace("a", out{co_await s.call(shelf::get{})});
#endif
        EXPECT_EQ(all.at("a").text, text);
    });
}

TEST(an_expression_with_co_await, appends_the_result_of_a_call_to_a_vector) {
    with_a_shelf([](server<shelf> s) -> task<> {
        std::vector<out> all;
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        all.push_back({answer});
#else
        all.push_back({co_await s.call(shelf::get{})});
#endif
        EXPECT_EQ(all.at(0).text, text);
    });
}

TEST(an_expression_with_co_await, calls_in_place_with_a_list) {
    with_a_shelf([](server<shelf> s) -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const std::vector<std::string> both{text, text};
        EXPECT_EQ(co_await s.call<shelf::list>(both), 2U);
#else
        EXPECT_EQ(co_await s.call<shelf::list>(std::vector<std::string>{text, text}), 2U);
#endif
    });
}

TEST(an_expression_with_co_await, chooses_between_an_answer_and_a_string) {
    with_a_shelf([](server<shelf> s) -> task<> {
        for (const bool asks : {true, false}) {
#if COPPICE_TEST_SAFE_FORMS
            std::string got{"none"};
            if (asks) {
                got = co_await s.call(shelf::get{});
            }
#else
            const std::string got = asks ? co_await s.call(shelf::get{}) : std::string{"none"};
#endif
            EXPECT_EQ(got, asks ? text : "none");
        }
    });
}

TEST(an_expression_with_co_await, has_another_answer_for_the_case_of_an_error) {
    with_a_shelf([](server<shelf> s) -> task<> {
        const auto r = co_await s.try_call(shelf::get{});
        EXPECT_EQ(r.value_or(co_await s.call(shelf::get{}) + "y"), text);
    });
}

TEST(an_expression_with_co_await, starts_a_supervisor_of_a_child_with_an_argument) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 2};
        (co_await supervisor::start_link(children(child<shelf>(c).name("n")))).value();
#else
        (co_await supervisor::start_link(children(child<shelf>(config{text, 2}).name("n"))))
            .value();
#endif
        EXPECT_EQ(co_await server<shelf>{"n"}.call(shelf::get{}), text);
    });
}

TEST(an_expression_with_co_await, initialises_an_aggregate_that_has_a_name) {
    with_a_shelf([](server<shelf> s) -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        const out o{answer};
#else
        const out o{co_await s.call(shelf::get{})};
#endif
        EXPECT_EQ(o.text, text);
    });
}

TEST(an_expression_with_co_await, starts_supervisors_with_flags_in_braces) {
    run_everywhere([]() -> task<> {
        const std::string name = text;
        (co_await dynamic_supervisor::start_link({.name = name + "d"})).value();
        (co_await dynamic_supervisor::start_link({.max_restarts = 5, .name = name + "e"},
                                                 extra_arguments(name, 3)))
            .value();
        (co_await supervisor::start_link(children(), {.max_restarts = 5, .name = name + "s"}))
            .value();
        (co_await supervisor::start_link(children(
             child<dynamic_supervisor>({.name = name + "f"}),
             child_supervisor("sub", children(), {.max_restarts = 1, .name = name + "t"}))))
            .value();
        for (const char* end : {"d", "e", "s", "f", "t"}) {
            EXPECT_TRUE(static_cast<bool>(whereis(name + end))) << end;
        }
    });
}

TEST(an_expression_with_co_await, starts_a_child_of_a_dynamic_supervisor) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = (co_await dynamic_supervisor::start_link()).value();
#if COPPICE_TEST_SAFE_FORMS
        const config c{text, 3};
        (co_await d.start_child(child<shelf>(c).name("n").restart(transient))).value();
#else
        (co_await d.start_child(child<shelf>(config{text, 3}).name("n").restart(transient)))
            .value();
#endif
        EXPECT_EQ(co_await server<shelf>{"n"}.call(shelf::get{}), text);
    });
}

TEST(an_expression_with_co_await, gives_an_answer_to_a_function_of_strings) {
    with_a_shelf([](server<shelf> s) -> task<> {
        EXPECT_EQ(joined(co_await s.call(shelf::get{}), text), text + text);
    });
}

TEST(an_expression_with_co_await, calls_in_place_with_an_answer) {
    with_a_shelf([](server<shelf> s) -> task<> {
        EXPECT_EQ(co_await s.call<shelf::put>(co_await s.call(shelf::get{}), text), text + text);
    });
}

TEST(an_expression_with_co_await, spawns_with_an_answer) {
    with_a_shelf([](server<shelf> s) -> task<> {
        const pid me = self();
        const auto tells = [me](const config& c) { send(me, c.name); };
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        const config c{answer, 1};
        spawn(tells, c);
#else
        spawn(tells, config{co_await s.call(shelf::get{}), 1});
#endif
        EXPECT_EQ(co_await receive<std::string>(), text);
    });
}

TEST(an_expression_with_co_await, awaits_one_of_two_tasks) {
    run_everywhere([]() -> task<> {
        for (const bool first : {true, false}) {
            const std::string expected = first ? text + text : "c";
#if COPPICE_TEST_SAFE_FORMS
            const std::vector<std::string> one{text};
            const config c{"c", 1};
            auto chosen = first ? slow_list(one) : slow(c);
            EXPECT_EQ(co_await chosen, expected);
#else
            EXPECT_EQ(co_await (first ? slow_list({text}) : slow(config{"c", 1})), expected);
#endif
        }
    });
}

TEST(an_expression_with_co_await, is_the_range_of_a_loop) {
    with_a_shelf([](server<shelf> s) -> task<> {
        std::string all;
#if COPPICE_TEST_SAFE_FORMS
        const std::string answer = co_await s.call(shelf::get{});
        for (const auto& each : std::vector<std::string>{answer, "y"}) {
#else
        for (const auto& each : std::vector<std::string>{co_await s.call(shelf::get{}), "y"}) {
#endif
            all += each;
        }
        EXPECT_EQ(all, text + "y");
    });
}

TEST(an_expression_with_co_await, initialises_the_variable_of_a_condition) {
    with_a_shelf([](server<shelf> s) -> task<> {
        bool equal = false;
        if (const auto r = co_await s.try_call(shelf::get{}, 1s); r && *r == std::string(60, 'x')) {
            equal = true;
        }
        EXPECT_TRUE(equal);
    });
}

TEST(an_expression_with_co_await, receives_with_a_clause_that_captures) {
    run_everywhere([]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
        const auto late = after(1ms, [x = text] { return x; });
        EXPECT_EQ(co_await receive([](const out& o) { return o.text; }, late), text);
#else
        EXPECT_EQ(co_await receive([](const out& o) { return o.text; },
                                   after(1ms, [x = text] { return x; })),
                  text);
#endif
    });
}

TEST(an_expression_with_co_await, is_thrown) {
    with_a_shelf([](server<shelf> s) -> task<> {
        std::string what;
        try {
            co_await s.call(shelf::get{});
#if COPPICE_TEST_SAFE_FORMS
            const std::string answer = co_await s.call(shelf::get{});
            throw std::runtime_error{answer};
#else
            throw std::runtime_error{co_await s.call(shelf::get{})};
#endif
        } catch (const std::exception& e) {
            what = e.what();
        }
        EXPECT_EQ(what, text);
    });
}

TEST(an_expression_with_co_await, stops_a_server_with_a_reason_of_a_value) {
    with_a_shelf([](server<shelf> s) -> task<> {
        const ref watching = monitor(s.whereis());
        const pid stopper = spawn([s]() -> task<> {
#if COPPICE_TEST_SAFE_FORMS
            const out why{text};
            co_await stop(s, exit_reason::of(why));
#else
            co_await stop(s, exit_reason::of(out{text}));
#endif
        });
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why.as<out>()->text, text);
        co_await end_of(stopper);
    });
}

struct parcel {
    std::string label;
    std::unique_ptr<int> number;
};
struct postman {
    explicit postman(pid p) : owner{p} {}
    void handle_cast(parcel m) { send<parcel>(owner, m.label, std::move(m.number)); }
    void handle_info(parcel m) { send<parcel>("home", m.label, std::move(m.number)); }
    pid owner;
};

TEST(a_message, is_built_in_place_by_send_cast_and_info) {
    run_everywhere([]() -> task<> {
        register_name("home", self());
        const auto s = (co_await start<postman>(self())).value();
        for (int i = 0; i < 2; ++i) {
            if (i == 0) {
                s.cast<parcel>(text, std::make_unique<int>(i));
            } else {
                s.info<parcel>(text, std::make_unique<int>(i));
            }
            const parcel got = co_await receive<parcel>();
            EXPECT_EQ(got.label, text);
            EXPECT_EQ(*got.number, i);
        }
        send<out>(self(), out{text});  // the message as such
        EXPECT_EQ((co_await receive<out>()).text, text);
    });
}

}  // namespace
}  // namespace coppice
