// SPDX-License-Identifier: Apache-2.0
// A door with a code lock, as a state machine. The door locks after ten seconds, and a wrong code too often blocks
// the lock. The table of the machine is drawn from the types of its callbacks. The state of a lamp is a value.

#include <coppice/coppice.hpp>
#include <coppice/gen_statem.hpp>
#include <coppice/state_table.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct door {
    struct locked {};
    struct open {};
    struct blocked {};

    struct code {
        int digits;
    };
    struct knock {};
    struct lock {};
    struct release {};
    using events = messages<code, knock, lock, release>;

    transition<open, blocked> handle_cast(locked, code c) {
        if (c.digits == 1234) {
            return next_state<open>();
        }
        if (++wrong < 3) {
            std::cout << "wrong code\n";
            return keep_state;
        }
        return next_state<blocked>();
    }
    void handle_cast(blocked, code) { std::cout << "no code is taken\n"; }
    void handle_cast(open, code) { std::cout << "the door is open already\n"; }

    void handle_cast(open, knock) { std::cout << "somebody comes in\n"; }
    void handle_cast(auto, knock) { postpone(); }

    void handle_enter(locked) const { std::cout << "locked\n"; }
    void handle_enter(open) {
        std::cout << "open\n";
        wrong = 0;
        state_timeout.after(this, 10s, lock{});
    }
    void handle_enter(blocked) {
        std::cout << "blocked for a minute\n";
        state_timeout.after(this, 1min, release{});
    }
    transition<locked> handle_timeout(open, lock) { return next_state<locked>(); }
    transition<locked> handle_timeout(blocked, release) {
        wrong = 0;
        return next_state<locked>();
    }

    state_functions<locked, open, blocked> machine;
    int wrong = 0;
};

struct lamp {
    enum class mode { off, on };
    struct press {};

    transition<mode> handle_cast(mode now, press) {
        return next_state(now == mode::off ? mode::on : mode::off);
    }
    void handle_enter(mode now) const {
        std::cout << "the lamp is " << (now == mode::on ? "on" : "off") << '\n';
    }

    handle_event_function<mode> machine{mode::off};
};

task<> app() {
    co_await supervisor::start_link(children(child<door>().name("door")));
    const server<door> front{"door"};

    front.cast(door::knock{});
    front.cast(door::code{1234});
    co_await sleep(11s);

    for (const int tried : {1, 2, 3, 1234}) {
        front.cast(door::code{tried});
    }
    co_await sleep(61s);

    front.cast(door::code{1234});
    co_await sleep(1s);
    std::cout << '\n' << to_text(table_of<door>()) << '\n';

    auto starting = start_link<lamp>();
    const start_result<lamp> started = co_await starting;
    started.value().cast(lamp::press{});
    co_await sleep(1s);
}

int main() {
    return coppice::run(app);
}
