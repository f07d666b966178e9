// SPDX-License-Identifier: Apache-2.0
// Addresses, and the handles and functions with an address as argument: a pid means one process, a name is
// looked up at each use.

#include "coppice/address.hpp"

#include <array>
#include <sstream>
#include <unordered_set>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::run_everywhere;
using test::run_simulated;

struct go {};
/// A server that answers with the pid of its process.
struct echo {
    struct where {};
    pid handle_call(where) const { return self(); }
    void handle_info(go) {}
};

task<> waits() {
    co_await receive<go>();
}

/// Kills the process and waits for the end of the process, which frees the registered name.
task<> ended(pid who) {
    exit(who, reason::kill);
    co_await end_of(who);
}

struct converts_to_pid {
    operator pid() const { return who; }  // NOLINT(google-explicit-constructor)
    pid who;
};

TEST(address, by_pid_is_the_same_process_alive_or_dead) {
    run_everywhere([]() -> task<> {
        const pid who = spawn(waits);
        const address to = who;
        EXPECT_FALSE(to.is_name());
        EXPECT_EQ(to.whereis(), who);
        EXPECT_EQ(to.who(), who);
        EXPECT_EQ(to.name(), "");
        co_await ended(who);
        EXPECT_EQ(to.whereis(), who);
    });
}

TEST(address, by_name_is_the_process_that_has_the_name_at_each_use) {
    run_everywhere([]() -> task<> {
        const address to = "pulse";
        EXPECT_TRUE(to.is_name());
        EXPECT_EQ(to.whereis(), pid{});
        EXPECT_EQ(to.who(), pid{});
        const pid first = spawn(waits);
        register_name("pulse", first);
        EXPECT_EQ(to.whereis(), first);
        co_await ended(first);
        EXPECT_EQ(to.whereis(), pid{});
        const pid second = spawn(waits);
        register_name("pulse", second);
        EXPECT_EQ(to.whereis(), second);
        EXPECT_EQ(to.name(), "pulse");
        unregister_name("pulse");
        EXPECT_EQ(to.whereis(), pid{});
        co_await ended(second);
    });
}

TEST(address, of_no_process_or_of_the_empty_name_finds_no_process) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(address{}.whereis(), pid{});
        EXPECT_EQ(address{pid{}}.whereis(), pid{});
        EXPECT_EQ(address{""}.whereis(), pid{});
        EXPECT_TRUE(address{""}.is_name());
        EXPECT_FALSE(address{}.is_name());
        co_return;
    });
}

TEST(address, prints_the_name_or_the_pid) {
    const pid who{1, 12, 3};
    EXPECT_EQ(to_string(address{"cache"}), "cache");
    EXPECT_EQ(to_string(address{who}), to_string(who));
    EXPECT_EQ(to_string(address{}), "undefined");
    std::ostringstream out;
    out << address{"cache"} << ' ' << address{who};
    EXPECT_EQ(out.str(), "cache " + to_string(who));
}

TEST(address, equals_an_address_of_the_same_pid_or_the_same_name) {
    const pid who{1, 12, 3};
    const pid other{1, 12, 4};
    EXPECT_EQ(address{who}, address{who});
    EXPECT_NE(address{who}, address{other});
    EXPECT_EQ(address{"a"}, address{std::string{"a"}});
    EXPECT_NE(address{"a"}, address{"b"});
    EXPECT_NE(address{}, address{""});
    EXPECT_EQ(address{}, address{pid{}});
    EXPECT_EQ(address{"a"}, "a");
    EXPECT_EQ(address{who}, who);
}

TEST(address, sorts_pids_before_names) {
    const pid who{1, 12, 3};
    EXPECT_LT(address{who}, address{"a"});
    EXPECT_LT(address{"a"}, address{"b"});
    EXPECT_LT(address{who}, (address{pid{1, 12, 4}}));
}

TEST(address, that_equals_another_has_the_same_hash) {
    const pid who{1, 12, 3};
    std::unordered_set<address> seen{who, "a"};
    EXPECT_TRUE(seen.contains(who));
    EXPECT_TRUE(seen.contains("a"));
    EXPECT_FALSE(seen.contains("b"));
    EXPECT_FALSE(seen.contains(pid{}));
    EXPECT_EQ(std::hash<address>{}(who), std::hash<pid>{}(who));
}

TEST(address, leaves_the_text_forms_of_texts_and_pids_alone) {
    EXPECT_EQ(detail::describe_value(std::string{"a"}), "\"a\"");
    EXPECT_EQ(detail::describe_value(pid{1, 12, 3}), to_string(pid{1, 12, 3}));
    EXPECT_EQ(detail::describe_value(address{"a"}), "a");
}

struct pair_of_numbers {
    int a;
    int b;
};

TEST(address, travels_in_a_message) {
    run_everywhere([]() -> task<> {
        send(self(), address{"cache"});
        const address got = co_await receive<address>();
        EXPECT_EQ(got, "cache");
        const address me = self();
        send<address>(self(), "shop");  // built in place
        const address built = co_await receive<address>();
        EXPECT_EQ(built, "shop");
        send<pair_of_numbers>(me, 1, 2);
        send<pair_of_numbers>(me, pair_of_numbers{3, 4});
        const pair_of_numbers first = co_await receive<pair_of_numbers>();
        const pair_of_numbers second = co_await receive<pair_of_numbers>();
        EXPECT_EQ(first.a + first.b, 3);
        EXPECT_EQ(second.a + second.b, 7);
    });
}

template <class Handle>
class a_handle : public ::testing::Test {};
using handles = ::testing::Types<server<echo>, supervisor, dynamic_supervisor>;
TYPED_TEST_SUITE(a_handle, handles);

TYPED_TEST(a_handle, is_made_from_all_that_names_a_process) {
    const pid who{1, 12, 3};
    const std::string text = "cache";
    const std::array<char, 6> chars{"cache"};
    const flag_name flag{"cache"};
    for (const TypeParam& by_name :
         {TypeParam{"cache"}, TypeParam{text}, TypeParam{std::string{"cache"}},
          TypeParam{std::string_view{text}}, TypeParam{text.c_str()}, TypeParam{chars.data()},
          TypeParam{flag}, TypeParam{address{"cache"}}, TypeParam("cache")}) {
        EXPECT_EQ(by_name.name(), "cache");
        EXPECT_EQ(by_name.where(), address{"cache"});
    }
    for (const TypeParam& by_pid :
         {TypeParam{who}, TypeParam{converts_to_pid{who}}, TypeParam{{1, 12, 3}},
          TypeParam{address{who}}, TypeParam(who)}) {
        EXPECT_EQ(by_pid.name(), "");
        EXPECT_EQ(by_pid.whereis(), who);
    }
}

TYPED_TEST(a_handle, of_no_name_is_a_handle_of_no_process) {
    EXPECT_EQ(TypeParam{""}.where(), TypeParam{}.where());
    EXPECT_EQ(TypeParam{""}.whereis(), pid{});
    EXPECT_EQ(TypeParam{pid{}}.where(), TypeParam{}.where());
}

TYPED_TEST(a_handle, is_never_made_by_an_implicit_conversion) {
    EXPECT_FALSE((std::is_convertible_v<pid, TypeParam>));
    EXPECT_FALSE((std::is_convertible_v<std::string, TypeParam>));
    EXPECT_FALSE((std::is_convertible_v<const char*, TypeParam>));
    EXPECT_FALSE((std::is_convertible_v<address, TypeParam>));
    EXPECT_TRUE(std::is_nothrow_move_constructible_v<TypeParam>);
}

TEST(a_server_handle, calls_the_process_that_has_the_name_now) {
    run_everywhere([]() -> task<> {
        const server<echo> by_name{address{"echo"}};
        auto starting = start<echo>(named("echo"));
        const pid first = (co_await starting).process();
        const server<echo> by_pid{address{first}};
        EXPECT_EQ(co_await by_name.call<echo::where>(), first);
        EXPECT_EQ(co_await by_pid.call<echo::where>(), first);
        co_await ended(first);
        auto again = start<echo>(named("echo"));
        const pid second = (co_await again).process();
        EXPECT_EQ(co_await by_name.call<echo::where>(), second);
        const auto refused = co_await by_pid.try_call<echo::where>();
        EXPECT_FALSE(refused.has_value());
        co_await ended(second);
    });
}

TEST(a_timer, takes_all_that_names_a_process) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        const std::string text = "me";
        const flag_name flag{"me"};
        send_after(0ms, self(), 1);
        send_after(0ms, converts_to_pid{self()}, 2);
        send_after(0ms, "me", 3);
        send_after(0ms, text, 4);
        send_after(0ms, std::string_view{text}, 5);
        send_after(0ms, text.c_str(), 6);
        send_after(0ms, flag, 7);
        send_after(0ms, address{"me"}, 8);
        send_after(0ms, address{self()}, 9);
        for (int next = 1; next <= 9; ++next) {
            auto waiting = receive<int>();
            const int got = co_await waiting;
            EXPECT_EQ(got, next);
        }
        unregister_name("me");
    });
}

TEST(a_timer, for_the_address_of_a_dead_process_is_empty) {
    run_everywhere([]() -> task<> {
        const pid dead = spawn(waits);
        co_await ended(dead);
        EXPECT_FALSE(static_cast<bool>(send_after(0ms, address{dead}, 1)));
        EXPECT_FALSE(static_cast<bool>(send_after(0ms, address{}, 1)));
    });
}

TEST(a_timer, for_the_address_of_a_name_looks_the_name_up_when_due) {
    run_simulated([]() -> task<> {
        EXPECT_TRUE(static_cast<bool>(send_after(1ms, address{"late"}, 1)));
        register_name("late", self());
        EXPECT_EQ(co_await receive<int>(), 1);
        unregister_name("late");
    });
}

TEST(a_message, to_an_address_goes_as_to_a_pid_or_as_to_a_name) {
    run_everywhere([]() -> task<> {
        EXPECT_THROW(send(address{"nobody"}, 1), badarg_error);
        EXPECT_NO_THROW(send(address{}, 1));
        register_name("me", self());
        send(address{"me"}, 1);
        send(address{self()}, 2);
        EXPECT_EQ(co_await receive<int>(), 1);
        EXPECT_EQ(co_await receive<int>(), 2);
        unregister_name("me");
    });
}

TEST(a_monitor, of_an_address_tells_the_name_if_set_by_name) {
    run_everywhere([]() -> task<> {
        const pid who = spawn(waits);
        register_name("watched", who);
        const ref by_name = monitor(address{"watched"});
        const ref by_pid = monitor(address{who});
        exit(who, reason::kill);
        for (int n = 0; n < 2; ++n) {
            auto waiting = receive<down_message>();
            const down_message told = co_await waiting;
            EXPECT_EQ(told.process, who);
            EXPECT_EQ(told.name, told.monitor == by_name ? "watched" : "");
            EXPECT_TRUE(told.monitor == by_name || told.monitor == by_pid);
        }
        monitor(address{"watched"});
        EXPECT_EQ((co_await receive<down_message>()).why, reason::noproc);
    });
}

TEST(sys_requests, to_an_address_find_the_server) {
    run_everywhere([]() -> task<> {
        auto starting = start<echo>(named("echo"));
        const pid who = (co_await starting).process();
        auto by_name = sys::get_status(address{"echo"});
        EXPECT_EQ((co_await by_name).process, who);
        auto by_pid = sys::get_status(address{who});
        EXPECT_EQ((co_await by_pid).process, who);
        co_await ended(who);
        auto refused = sys::try_get_status(address{"echo"});
        EXPECT_FALSE((co_await refused).has_value());
    });
}

}  // namespace
}  // namespace coppice
