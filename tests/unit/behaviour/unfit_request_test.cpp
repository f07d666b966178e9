// SPDX-License-Identifier: Apache-2.0
// Requests through a handle of the wrong server class.

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::reports_of;
using test::run_everywhere;
using test::run_simulated;

struct asked {
    struct get {
        int number = 0;
    };
    struct later {
        using reply = int;
    };
    struct set {};
    struct note {};
    int handle_call(get) { return 1; }
    void handle_call(later, reply_to<int> to) { to(1); }
    void handle_cast(set) {}
    void handle_info(note) {}
};
std::string to_string(const asked::get& g) {
    return "get{" + std::to_string(g.number) + "}";
}

struct another {
    explicit another(pid o) : owner{o} {}
    struct get {};
    int handle_call(get) { return 2; }
    void terminate(exit_reason why) { send(owner, why); }
    pid owner;
};
struct takes_all {
    void handle_info(const any_message&) {}
};

const exit_reason no_clause_for_get = exit_reason::tuple(
    "function_clause", exit_reason::tuple("handle_call", exit_reason::symbol("get{7}")));

TEST(a_call,
     that_the_servers_class_does_not_handle_crashes_the_server_and_its_caller_hears_at_once) {
    run_everywhere([]() -> task<> {
        auto starting = start<another>(self());
        const auto s = (co_await starting).value();
        const server<asked> wrong{s.whereis()};
        auto calling = wrong.try_call(asked::get{7}, no_timeout);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error()[0], no_clause_for_get);
        EXPECT_EQ(co_await receive<exit_reason>(), no_clause_for_get);
        EXPECT_FALSE(co_await is_alive(s.whereis()));
    });
}

TEST(a_call, that_waits_for_a_reply_of_another_class_crashes_the_server_too) {
    run_everywhere([]() -> task<> {
        auto starting = start<takes_all>();
        const auto s = (co_await starting).value();
        auto calling = server<asked>{s.whereis()}.try_call(asked::later{}, no_timeout);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error()[0][0], exit_reason{"function_clause"});
    });
}

TEST(a_cast, that_the_servers_class_does_not_handle_crashes_the_server) {
    run_everywhere([]() -> task<> {
        auto starting = start<another>(self());
        const auto s = (co_await starting).value();
        const ref watching = monitor(s.whereis());
        server<asked>{s.whereis()}.cast(asked::set{});
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why[0], exit_reason{"function_clause"});
        EXPECT_EQ(down.why[1][0], exit_reason{"handle_cast"});
    });
}

TEST(an_info, of_another_class_is_dropped_as_any_message_without_a_handler) {
    run_everywhere([]() -> task<> {
        auto starting = start<another>(self());
        const auto s = (co_await starting).value();
        server<asked>{s.whereis()}.info(asked::note{});
        EXPECT_EQ(co_await s.call(another::get{}), 2);
        co_await stop(s);
    });
}

TEST(a_call, of_a_plain_process_lies_in_its_mailbox_and_its_end_answers) {
    run_everywhere([]() -> task<> {
        const pid p = spawn([]() -> task<> {
            const any_message m = co_await receive_any();
            EXPECT_EQ(m.describe(), "get{7}");
            exit("had_enough");
        });
        auto calling = server<asked>{p}.try_call(asked::get{7}, no_timeout);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error()[0], exit_reason{"had_enough"});
    });
}

}  // namespace
}  // namespace coppice
