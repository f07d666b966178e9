// SPDX-License-Identifier: Apache-2.0
// A gen_statem with the states a, b and c. The callbacks run the code in each event.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coppice/gen_statem.hpp"
#include "support/servers.hpp"

namespace coppice::test {

/// The decision of a script.
enum class move { stay, repeat, to_a, to_b, to_c };

struct scripted_machine {
    struct a {};
    struct b {};
    struct c {};
    using any_move = transition<a, b, c>;

    /// An event with a text. By default the owner of the machine receives the line "state sort text".
    struct note {
        explicit note(std::string t) : text{std::move(t)} {}  // no aggregate: g++ 12, in coroutines
        friend std::string to_string(const note& n) { return n.text; }
        std::string text;
    };
    /// A cast.
    struct tell : code<move(scripted_machine&)> {
        using code::code;
    };
    struct tell_task : code<task<move>(scripted_machine&)> {
        using code::code;
    };
    /// A call.
    struct ask : code<move(scripted_machine&, reply_to<int>)> {
        using code::code;
        using reply = int;
    };
    struct get {};
    /// An inserted event whose callback throws.
    struct crash {};

    /// Without a script, `enter` and `note` tell the line, and `terminate` tells the reason.
    struct options {
        explicit options(const pid& to) : owner{to} {}
        pid owner;
        bool traps = false;
        code<task<>(scripted_machine&)> init;
        code<move(scripted_machine&, const std::string&)> hear;   ///< For notes.
        code<move(scripted_machine&, const std::string&)> enter;  ///< `stay` or `repeat`.
    };

    using info_messages = messages<note>;

    explicit scripted_machine(options how) : chosen{std::move(how)} { trap_exit(chosen.traps); }
    task<> init() {
        if (chosen.init.run) {
            auto running = chosen.init.run(*this);
            co_await running;
        }
    }

    any_move handle_cast(auto, tell& m) { return go(m.run(*this)); }
    task<any_move> handle_cast(auto, tell_task& m) {
        auto running = m.run(*this);
        const move chosen_move = co_await running;
        co_return go(chosen_move);
    }
    any_move handle_call(auto, ask& m, const reply_to<int>& to) { return go(m.run(*this, to)); }
    int handle_call(auto, get) const { return value; }
    any_move handle_cast(auto, const note& m) { return hear("cast", m); }
    any_move handle_info(auto, const note& m) { return hear("info", m); }
    any_move handle_internal(auto, const note& m) { return hear("internal", m); }
    void handle_internal(auto, crash) { throw std::runtime_error{"broken"}; }
    any_move handle_timeout(auto, const note& m) { return hear("timeout", m); }
    void handle_info(auto, const exit_message& m) { say("exit " + to_string(m.why)); }
    void handle_info(auto, const down_message& m) { say("down " + to_string(m.why)); }
    transition<> handle_enter(auto, auto before) {
        const std::string line =
            machine.name() + " from " + detail::state_name_of<decltype(before)>();
        if (!chosen.enter.run) {
            return keep_state;
        }
        if (chosen.enter.run(*this, line) == move::repeat) {
            return repeat_state;
        }
        return keep_state;
    }
    void terminate(const exit_reason& why) const {
        say(machine.name() + " terminate " + to_string(why));
    }

    any_move hear(const char* sort, const note& m) {
        const std::string line = machine.name() + " " + sort + " " + m.text;
        if (chosen.hear.run) {
            return go(chosen.hear.run(*this, line));
        }
        say(line);
        return keep_state;
    }
    static any_move go(move where) {
        switch (where) {
            case move::stay:
                break;
            case move::repeat:
                return repeat_state;
            case move::to_a:
                return next_state<a>();
            case move::to_b:
                return next_state<b>();
            case move::to_c:
                return next_state<c>();
        }
        return keep_state;
    }
    void say(std::string text) const { send(chosen.owner, word{std::move(text)}); }

    state_functions<a, b, c> machine;
    options chosen;
    int value = 0;
};

/// A machine whose parent is the caller.
inline task<server<scripted_machine>> fresh_machine(scripted_machine::options how) {
    auto starting = start_link<scripted_machine>(std::move(how));
    const start_result<scripted_machine> started = co_await starting;
    co_return started.value();
}
inline task<server<scripted_machine>> fresh_machine() {
    return fresh_machine(scripted_machine::options{self()});
}

/// Waits until the machine has handled all events of its mailbox.
inline task<> settle(server<scripted_machine> m) {
    const scripted_machine::get asked;
    auto calling = m.call(asked);
    co_await calling;
}

}  // namespace coppice::test
