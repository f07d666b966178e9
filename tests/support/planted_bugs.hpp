// SPDX-License-Identifier: Apache-2.0
// Bodies for explorations: right ones, and ones with a bug of a known shortest plan.

#pragma once

#include "coppice/coppice.hpp"
#include "coppice/testing/start_supervised.hpp"

namespace coppice::test {

using namespace std::chrono_literals;

struct read_cell {
    pid from;
};
struct write_cell {
    int value = 0;
};
struct add_to_cell {
    int amount = 0;
};
struct done {};

/// A variable in a process.
inline task<> cell() {
    int value = 0;
    for (;;) {
        auto waiting = receive([&](read_cell m) { send(m.from, value); },
                               [&](write_cell m) { value = m.value; },
                               [&](add_to_cell m) { value += m.amount; });
        co_await waiting;
    }
}

/// Reads, then writes: another process may write between.
inline task<> increments_in_two_steps(pid in, pid tells) {
    send(in, read_cell{self()});
    const int seen = co_await receive<int>();
    send(in, write_cell{seen + 1});
    send(tells, done{});
}

inline task<> increments_at_once(pid in, pid tells) {
    send(in, add_to_cell{1});
    send(tells, done{});
    co_return;
}

/// Two increments by two processes, one process after the other in the plain run.
template <class Increment>
task<> two_increments(Increment increment) {
    const pid counter = spawn_link(cell);
    const pid me = self();
    const auto later = [increment, counter, me]() -> task<> {
        for (int i = 0; i < 10; ++i) {
            co_await yield();
        }
        auto work = increment(counter, me);
        co_await work;
    };
    spawn_link(increment, counter, me);
    spawn_link(later);
    co_await receive<done>();
    co_await receive<done>();
    send(counter, read_cell{me});
    const int sum = co_await receive<int>();
    unlink(counter);
    exit(counter, reason::kill);
    if (sum != 2) {
        throw std::runtime_error{"an increment is lost"};
    }
}
inline task<> lost_update() {
    return two_increments(increments_in_two_steps);
}
inline task<> no_lost_update() {
    return two_increments(increments_at_once);
}

/// A server whose answers need no state.
struct doubles {
    struct of {
        int n = 0;
    };
    int handle_call(of m) const { return 2 * m.n; }
};

/// Asks until there is an answer, at most ten times.
template <class Server>
task<int> ask_patiently(Server whom) {
    for (int i = 0; i < 10; ++i) {
        auto asking = whom.try_call(doubles::of{4}, 2s);
        const auto answer = co_await asking;
        if (answer) {
            co_return *answer;
        }
        co_await sleep(1s);
    }
    throw std::runtime_error{"no answer"};
}

/// Keeps the pid of a supervised server: after a restart nobody has this pid.
inline task<> keeps_a_pid() {
    auto starting = testing::start_supervised(child<doubles>().name("doubles"));
    const pid kept = co_await starting;
    for (int i = 0; i < 3; ++i) {
        auto asking = ask_patiently(server<doubles>{kept});
        co_await asking;
    }
}
/// Finds the server by its name each time.
inline task<> asks_by_name() {
    auto starting = testing::start_supervised(child<doubles>().name("doubles"));
    co_await starting;
    for (int i = 0; i < 3; ++i) {
        auto asking = ask_patiently(server<doubles>{"doubles"});
        co_await asking;
    }
}

struct tick {};
/// Ticks for itself three times, and counts if told where.
inline task<> ticks_thrice(unsigned* in) {
    for (int i = 0; i < 3; ++i) {
        send_after(1s, self(), tick{});
        co_await receive<tick>();
        if (in != nullptr) {
            ++*in;
        }
    }
}

/// Rings for a process, after a second.
struct bell {
    using info_messages = messages<tick>;
    explicit bell(pid rung) : rung_{rung} { send_after(1s, coppice::self(), tick{}); }
    void handle_info(tick) { send(rung_, done{}); }

  private:
    pid rung_;
};

/// Waits for a bell, without a limit.
inline task<> waits_for_ever() {
    auto starting = testing::start_supervised(child<bell>(self()));
    co_await starting;
    co_await receive<done>();
}
/// Starts another bell if the first does not ring.
inline task<> waits_with_a_limit() {
    auto starting = testing::start_supervised(child<bell>(self()));
    co_await starting;
    for (;;) {
        auto waiting = receive_for<done>(3s);
        const bool rang = (co_await waiting).has_value();
        if (rang) {
            co_return;
        }
        auto stopping = testing::stop_supervised("bell");
        co_await stopping;
        auto again = testing::start_supervised(child<bell>(self()));
        co_await again;
    }
}

}  // namespace coppice::test
