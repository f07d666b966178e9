// SPDX-License-Identifier: Apache-2.0
// One process per football match, started on demand. A transient child restarts after a crash, but
// not after the end of the match.

#include <coppice/coppice.hpp>

#include <iostream>
#include <stdexcept>

using namespace coppice;
using namespace std::chrono_literals;

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
            // Asks the supervisor to terminate this match.
            co_await matches.terminate_child(self());
        } else {
            throw std::invalid_argument{"no such event: " + e.what};
        }
    }
    score handle_call(get_score) const { return now; }

    score now;
};

task<> print_score(server<football_match> match) {
    const football_match::score now = co_await match.call(football_match::get_score{});
    std::cout << match.name() << ": " << now.home << ':' << now.away << '\n';
}

task<> app() {
    co_await dynamic_supervisor::start_link({.name = "football_match_supervisor"});
    co_await matches.start_child(child<football_match>().name("match_123"));
    const server<football_match> match{"match_123"};
    co_await print_score(match);

    match.cast(football_match::event{"home_goal"});
    co_await print_score(match);

    match.cast(football_match::event{"goal"});  // An unknown event crashes the match.
    co_await sleep(10ms);
    co_await print_score(match);

    match.cast(football_match::event{"end"});
    co_await sleep(10ms);
    std::cout << (match.whereis() ? "still playing" : "the match has ended") << '\n';
}

int main() {
    return coppice::run(app);
}
