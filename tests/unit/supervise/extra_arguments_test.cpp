// SPDX-License-Identifier: Apache-2.0
// Extra arguments precede a child's own arguments at every start; otherwise the start fails with a reason.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

struct room {
    struct tell {};
    struct crash {};
    room(int seats, std::string house, std::string name)
        : told{std::to_string(seats) + " " + house + " " + name} {}
    std::string handle_call(tell) const { return told; }
    void handle_cast(crash) { throw std::runtime_error{"boom"}; }
    std::string told;
};

task<dynamic_supervisor> house() {
    auto starting = dynamic_supervisor::start_link({.name = "house"}, extra_arguments(7, "oak"));
    const auto started = co_await starting;
    co_return started.value();
}

TEST(extra_arguments, stand_in_front_of_a_childs_own_at_its_start_and_at_every_restart) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = co_await house();
        const child_spec spec = child<room>(extra<int, std::string>, "garden").name("garden");
        const pid first = (co_await d.start_child(spec)).value();
        const server<room> garden{"garden"};
        EXPECT_EQ(co_await garden.call(room::tell{}), "7 oak garden");
        const ref watching = monitor(first);
        garden.cast(room::crash{});
        EXPECT_EQ((co_await receive<down_message>()).monitor, watching);
        while (!whereis("garden")) {
            co_await yield();
        }
        EXPECT_NE(whereis("garden"), first);
        EXPECT_EQ(co_await garden.call(room::tell{}), "7 oak garden");
        co_await stop(d.whereis());
    });
}

TEST(extra_arguments, reach_functions_and_supervisor_classes) {
    struct tree {
        static supervisor_init init(int seats, std::string house, std::string name) {
            return {children(child<room>(seats, house, name).name(name)), {}};
        }
    };
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = co_await house();
        const pid me = self();
        const auto tells = [](int seats, std::string house, pid to) -> task<> {
            send(to, house + std::to_string(seats));
            co_return;
        };
        const child_spec function = child("tells", tells, extra<int, std::string>, me);
        EXPECT_TRUE((co_await d.start_child(child_spec{function}.restart(temporary))).ok());
        EXPECT_EQ(co_await receive<std::string>(), "oak7");
        const child_spec subtree = child<tree>(extra<int, std::string>, "cellar");
        EXPECT_TRUE((co_await d.start_child(subtree)).ok());
        EXPECT_EQ(co_await server<room>{"cellar"}.call(room::tell{}), "7 oak cellar");
        co_await stop(d.whereis());
    });
}

TEST(extra_arguments, that_do_not_fit_fail_the_start_and_name_both_sides) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await house();
        const child_result wrong = co_await d.start_child(
            child<room>(extra<int>, std::string{"oak"}, std::string{"garden"}));
        const std::string why = to_string(wrong.error());
        EXPECT_NE(why.find("expects the extra arguments (int), and its supervisor has (int, std::"),
                  std::string::npos)
            << why;
        co_await stop(d.whereis());
        const dynamic_supervisor none = co_await started_dynamic();
        const child_result without =
            co_await none.start_child(child<room>(extra<int, std::string>, "garden"));
        EXPECT_NE(to_string(without.error()).find("its supervisor has ()"), std::string::npos);
        co_await stop(none.whereis());
    });
}

TEST(extra_arguments, go_only_to_children_that_ask_for_them) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await house();
        EXPECT_TRUE((co_await d.start_child(child<room>(1, "elm", "attic").name("attic"))).ok());
        EXPECT_EQ(co_await server<room>{"attic"}.call(room::tell{}), "1 elm attic");
        co_await stop(d.whereis());
    });
}

TEST(extra_arguments, are_given_by_the_spec_of_a_dynamic_supervisor_too) {
    run_simulated([]() -> task<> {
        const child_spec rooms =
            child<dynamic_supervisor>({.name = "rooms"}, extra_arguments(3, "ash"));
        const supervisor s = co_await started(children(rooms));
        const dynamic_supervisor d{"rooms"};
        const child_spec hall = child<room>(extra<int, std::string>, "hall").name("hall");
        EXPECT_TRUE((co_await d.start_child(hall)).ok());
        EXPECT_EQ(co_await server<room>{"hall"}.call(room::tell{}), "3 ash hall");
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
