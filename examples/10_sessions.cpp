// SPDX-License-Identifier: Apache-2.0
// A session for each user, started and stopped on demand.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;

struct session {
    struct whose {};
    using console_messages = messages<whose>;

    explicit session(std::string user) : user{std::move(user)} {}
    std::string handle_call(whose) const { return user; }

    std::string user;
};

const dynamic_supervisor sessions{"sessions"};

task<pid> start_session(std::string user) {
    const child_result started = co_await sessions.start_child(child<session>(user));
    co_return started.value();
}

task<> show_counts() {
    const child_counts now = co_await sessions.count_children();
    std::cout << "specs " << now.specs << ", active " << now.active << ", supervisors "
              << now.supervisors << ", workers " << now.workers << '\n';
}

task<> app() {
    co_await dynamic_supervisor::start_link({.name = "sessions"});
    co_await show_counts();
    const pid first = co_await start_session("user_1");
    const pid second = co_await start_session("user_2");
    std::cout << co_await server<session>{second}.call(session::whose{}) << " is here\n";
    co_await show_counts();

    const void_result stopped = co_await sessions.terminate_child(first);
    std::cout << (stopped ? "the first session is stopped" : to_string(stopped.error())) << '\n';
    co_await show_counts();
    const void_result again = co_await sessions.terminate_child(first);
    std::cout << "again: " << (again ? "ok" : to_string(again.error())) << '\n';
}

int main() {
    return coppice::run(app);
}
