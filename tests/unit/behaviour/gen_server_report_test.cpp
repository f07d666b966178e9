// SPDX-License-Identifier: Apache-2.0
// The reports, or their absence, at the end of a gen_server.

#include <stdexcept>
#include <utility>
#include <vector>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::failure_of;
using test::fresh;
using test::fresh_child;
using test::only;
using test::reports_of;
using test::scripted;

/// The reports after a server does `f` in a cast.
std::vector<report> reports_of_cast(void (*f)(scripted&), bool traps = false) {
    return reports_of([f, traps]() -> task<> {
        const server<scripted> s = co_await fresh(scripted::options{self(), traps});
        s.cast(scripted::tell{f});
        co_await sleep(1s);
    });
}

TEST(server_report, is_not_made_for_a_quiet_end) {
    EXPECT_TRUE(reports_of_cast([](scripted&) { stop_with(); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { stop_with(reason::shutdown); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { stop_with(reason::shutdown_with("x")); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(reason::normal); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(reason::shutdown); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(reason::shutdown_with("x")); }).empty());
    const auto stopped = reports_of([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await stop(s, reason::shutdown_with("x"));
    });
    EXPECT_TRUE(stopped.empty());
}

TEST(server_report, is_not_made_for_an_end_by_a_signal) {
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(self(), "signal"); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(self(), reason::kill); }).empty());
    EXPECT_TRUE(reports_of_cast([](scripted&) { exit(self(), reason::kill); }, true).empty());
}

TEST(server_report, and_one_crash_report_are_made_for_an_abnormal_end_in_this_order) {
    for (const auto f : {+[](scripted&) { stop_with("bad"); }, +[](scripted&) { exit("bad"); },
                         +[](scripted&) { exit(reason::kill); },
                         +[](scripted&) { throw std::runtime_error{"bad"}; }}) {
        const auto all = reports_of_cast(f);
        ASSERT_EQ(all.size(), 2U);
        const auto* server = std::get_if<server_report>(&all[0].body);
        const auto* crash = std::get_if<crash_report>(&all[1].body);
        ASSERT_NE(server, nullptr);
        ASSERT_NE(crash, nullptr);
        EXPECT_EQ(server->why, crash->why);
        EXPECT_EQ(all[0].level, report_level::error);
        EXPECT_EQ(all[1].level, report_level::error);
        EXPECT_EQ(all[0].process, all[1].process);
    }
}

TEST(server_report, of_a_supervised_server_is_followed_by_its_supervisors) {
    const auto all = reports_of([]() -> task<> {
        auto specs =
            children(child<scripted>(scripted::options{self()}).id("s").name("supervised"));
        const supervisor_flags flags{};
        auto starting = supervisor::start_link(specs, flags);
        co_await starting;
        server<scripted>{"supervised"}.cast(scripted::tell{[](scripted&) { exit("bad"); }});
        co_await sleep(1s);
    });
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<server_report>(all[0].body));
    EXPECT_TRUE(std::holds_alternative<crash_report>(all[1].body));
    ASSERT_TRUE(std::holds_alternative<supervisor_report>(all[2].body));
    const auto& told = std::get<supervisor_report>(all[2].body);
    EXPECT_EQ(told.context, supervisor_context::child_terminated);
    EXPECT_EQ(told.why, "bad");
    EXPECT_EQ(told.offender.id, "s");
}

TEST(server_report, names_server_message_state_reason_and_client) {
    pid client;
    const auto all = reports_of([&]() -> task<> {
        client = self();
        auto starting = start<scripted>(named("broken"), scripted::options{self()});
        const start_result<scripted> started = co_await starting;
        const scripted::ask request{[](scripted& s) -> int {
            s.value = 4;
            throw std::runtime_error{"boom"};
        }};
        EXPECT_NE(co_await failure_of(started.value(), request), "answered");
    });
    const auto servers = only<server_report>(all);
    ASSERT_EQ(servers.size(), 1U);
    EXPECT_EQ(servers[0].name, "broken");
    EXPECT_EQ(servers[0].state, "value 4");
    EXPECT_EQ(servers[0].last_message, "coppice::test::scripted::ask");
    EXPECT_EQ(to_string(servers[0].why), "{std::runtime_error,\"boom\"}");
    EXPECT_EQ(servers[0].client, client);
}

TEST(server_report, names_no_client_when_the_last_message_was_no_call) {
    pid server_pid;
    const auto by_info = reports_of([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        server_pid = s.whereis();
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        send(s.whereis(), scripted::poke{[](scripted&) { exit("bad"); }});
        co_await sleep(1s);
    });
    ASSERT_EQ(only<server_report>(by_info).size(), 1U);
    EXPECT_EQ(only<server_report>(by_info)[0].client, pid{});
    EXPECT_EQ(only<server_report>(by_info)[0].name, to_string(server_pid));

    const auto by_continue = reports_of([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const scripted::ask request{[](scripted& t) {
            continue_with(&t, scripted::go_on{[](scripted&) { exit("bad"); }});
            return 1;
        }};
        EXPECT_EQ(co_await s.call(request), 1);
        co_await sleep(1s);
    });
    ASSERT_EQ(only<server_report>(by_continue).size(), 1U);
    EXPECT_EQ(only<server_report>(by_continue)[0].client, pid{});
    EXPECT_EQ(only<server_report>(by_continue)[0].last_message, "coppice::test::scripted::go_on");
}

TEST(server_report, tells_the_parents_exit_as_the_last_message) {
    pid parent;
    const auto all = reports_of([&]() -> task<> {
        trap_exit(true);
        parent = self();
        const server<scripted> s = co_await fresh_child(scripted::options{self(), true});
        exit(s.whereis(), "angry");
        EXPECT_EQ((co_await receive<exit_message>()).why, "angry");
    });
    ASSERT_EQ(only<server_report>(all).size(), 1U);
    EXPECT_EQ(only<server_report>(all)[0].last_message, "{'EXIT'," + to_string(parent) + ",angry}");
}

TEST(server_report, shows_the_exception_of_terminate_instead_of_the_first_reason) {
    const auto all = reports_of([]() -> task<> {
        scripted::options how{self()};
        how.terminate = [](scripted&, const exit_reason&) -> task<> {
            throw std::runtime_error{"in terminate"};
            co_return;
        };
        const server<scripted> s = co_await fresh(how);
        s.cast(scripted::tell{[](scripted&) { stop_with(reason::normal); }});
        co_await sleep(1s);
    });
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(to_string(std::get<server_report>(all[0].body).why),
              "{std::runtime_error,\"in terminate\"}");
    EXPECT_EQ(to_string(std::get<crash_report>(all[1].body).why),
              "{std::runtime_error,\"in terminate\"}");
}

TEST(crash_report, of_a_plain_process_is_made_for_exceptions_and_abnormal_exits_only) {
    const auto why_of = [](void (*f)()) {
        std::vector<std::string> out;
        for (const auto& each : only<crash_report>(reports_of([f]() -> task<> {
                 spawn(f);
                 co_await sleep(1s);
             }))) {
            out.push_back(to_string(each.why));
        }
        return out;
    };
    using texts = std::vector<std::string>;
    EXPECT_EQ(why_of([] { throw std::logic_error{"e"}; }), texts{"{std::logic_error,\"e\"}"});
    EXPECT_EQ(why_of([] { throw 3; }), texts{"{int,\"\"}"});
    EXPECT_EQ(why_of([] { exit("q"); }), texts{"q"});
    EXPECT_EQ(why_of([] { exit(reason::shutdown_with("z")); }), texts{});
    EXPECT_EQ(why_of([] { exit(reason::normal); }), texts{});
    EXPECT_EQ(why_of([] { exit(self(), "signal"); }), texts{});
}

/// Stops in its constructor, before serving.
struct stops_in_init {
    explicit stops_in_init(exit_reason why) { stop_with(std::move(why)); }
};

std::vector<crash_report> reports_of_a_stop_in_init(const exit_reason& why) {
    return only<crash_report>(reports_of([why]() -> task<> {
        auto starting = start<stops_in_init>(why);
        const auto started = co_await starting;
        EXPECT_FALSE(started.ok());
        EXPECT_EQ(started.error(), why);
    }));
}

TEST(crash_report, of_a_stop_in_init_is_made_unless_the_stop_is_quiet) {
    EXPECT_EQ(reports_of_a_stop_in_init("bad").size(), 1U);
    EXPECT_TRUE(reports_of_a_stop_in_init(reason::normal).empty());
    EXPECT_TRUE(reports_of_a_stop_in_init(reason::shutdown).empty());
}

TEST(crash_report, shows_no_link_that_was_ended_just_before) {
    const auto reports = only<crash_report>(reports_of([]() -> task<> {
        const pid peer = spawn([]() -> task<> { co_await receive<int>(); });
        const auto crashes = [peer] {
            link(peer);
            unlink(peer);  // the peer has yet to acknowledge the unlink
            throw std::runtime_error{"bad"};
        };
        spawn(crashes);
        co_await sleep(1s);
        exit(peer, reason::kill);
    }));
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_TRUE(reports[0].links.empty());
}

TEST(crash_report, names_the_process_its_ancestors_and_its_links) {
    pid me;
    const auto all = reports_of([&]() -> task<> {
        me = self();
        trap_exit(true);
        register_name("top", self());
        auto starting = start_link<scripted>(named("child"), scripted::options{self(), true});
        const start_result<scripted> started = co_await starting;
        started.value().cast(scripted::tell{[](scripted&) {
            send(self(), scripted::note{"waits"});
            exit("bad");
        }});
        co_await receive<exit_message>();
    });
    const auto crashes = only<crash_report>(all);
    ASSERT_EQ(crashes.size(), 1U);
    EXPECT_EQ(crashes[0].initial_call, "coppice::test::scripted::init");
    EXPECT_EQ(crashes[0].registered_name, "child");
    EXPECT_EQ(crashes[0].child_id, "") << "it is no supervisor's";
    EXPECT_EQ(crashes[0].ancestors, std::vector<std::string>{"top"});
    EXPECT_EQ(crashes[0].links, std::vector<pid>{me});
    EXPECT_TRUE(crashes[0].trap_exit);
    EXPECT_EQ(crashes[0].why, "bad");
}

}  // namespace
}  // namespace coppice
