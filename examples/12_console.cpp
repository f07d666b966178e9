// SPDX-License-Identifier: Apache-2.0
// A program for the console. Run the program with --inspect, and type in another terminal
//
//     coppice console lessons -c 'cast counter increment 10' -c 'call counter get'
//     coppice console lessons -c 'exit counter kill' -c tree
//
// or start `coppice console lessons` and type the commands there.

#include <coppice/coppice.hpp>
#include <coppice/program.hpp>
#include <stdexcept>

using namespace coppice;

struct counter {
    struct increment {
        int by = 1;
    };
    struct get {};
    using console_messages = messages<increment, get>;  // Messages that the console may send.

    explicit counter(int initial) : count{initial} {}
    void handle_cast(increment m) { count += m.by; }
    int handle_call(get) const { return count; }

    int count;
};

struct cache {
    struct save {
        std::string value;
    };
    struct get {};
    using console_messages = messages<save, get>;

    void handle_cast(save m) { value = std::move(m.value); }
    std::string handle_call(get) const { return value; }

    std::string value = "empty";
};

const dynamic_supervisor matches{"football_match_supervisor"};

struct football_match {
    struct event {
        std::string what;
    };
    struct score {
        int home = 0;
        int away = 0;
    };
    struct get_score {};
    using console_messages = messages<event, get_score>;

    static constexpr child_defaults as_child{.restart = transient};

    task<> handle_cast(event e) {
        if (e.what == "home_goal") {
            ++now.home;
        } else if (e.what == "away_goal") {
            ++now.away;
        } else if (e.what == "end") {
            co_await matches.terminate_child(self());  // Asks its own supervisor to terminate it.
        } else {
            throw std::invalid_argument{"no such event: " + e.what};
        }
    }
    score handle_call(get_score) const { return now; }

    score now;
};

/// Starts matches by name.
struct tournament {
    struct start_match {
        std::string name;
    };
    using console_messages = messages<start_match>;

    task<pid> handle_call(start_match m) {
        const child_spec match = child<football_match>().name(m.name);
        const child_result started = co_await matches.start_child(match);
        co_return started.value();
    }
};

struct session {
    explicit session(std::string user) : user{std::move(user)} {}

    std::string user;
};

const dynamic_supervisor sessions{"sessions"};

/// Starts a session for each user.
struct reception {
    struct start_session {
        std::string user;
    };
    using console_messages = messages<start_session>;

    task<pid> handle_call(start_session m) {
        const child_spec one = child<session>(m.user);
        const child_result started = co_await sessions.start_child(one);
        co_return started.value();
    }
};

struct lessons {
    static constexpr std::string_view name = "lessons";
    static constexpr std::string_view version = "1.0";
    static constexpr std::string_view description = "Something to talk with by coppice console.";

    auto start() {
        // How `start_child` in the console makes a child, per supervisor name.
        console_child("sessions", [](std::string user) { return child<session>(user); });
        console_child("football_match_supervisor",
                      [](std::string name) { return child<football_match>().name(name); });
        console_child("lessons", [](std::string name, int initial) {
            return child<counter>(initial).id(name).name(name);
        });
        return supervisor::start_link(
            children(child<counter>(0).name("counter"), child<cache>().name("cache"),
                     child<dynamic_supervisor>({.name = "football_match_supervisor"}),
                     child<tournament>().name("tournament"),
                     child<dynamic_supervisor>({.name = "sessions"}),
                     child<reception>().name("reception")),
            {.strategy = one_for_one, .max_restarts = 100, .name = "lessons"});
    }
};

int main(int count, char** words) {
    return application::run<lessons>(count, words);
}
