// SPDX-License-Identifier: Apache-2.0
// A gen_server whose handlers run the code in each message, and helpers for tests of servers.

#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/worlds.hpp"

namespace coppice::test {

/// A message from a scripted server to its owner.
struct word {
    std::string text;
};

/// A function as a message. A class with constructors counts as sharing nothing.
template <class Signature>
class code {
  public:
    code() = default;
    template <class F>
        requires(!std::derived_from<F, code> &&
                 std::constructible_from<std::function<Signature>, F>)
    code(F f) : run{std::move(f)} {}  // NOLINT(google-explicit-constructor): written as a lambda

    std::function<Signature> run;
};

struct scripted {
    struct get {};
    struct note {
        std::string text;
    };
    /// A call; the reply is the result of the function.
    struct ask : code<int(scripted&)> {
        using code::code;
    };
    struct ask_task : code<task<int>(scripted&)> {
        using code::code;
    };
    /// A call that is answered later.
    struct ask_later : code<void(scripted&, reply_to<int>)> {
        using code::code;
        using reply = int;
    };
    /// A cast.
    struct tell : code<void(scripted&)> {
        using code::code;
    };
    struct tell_task : code<task<>(scripted&)> {
        using code::code;
    };
    /// A plain message.
    struct poke : code<void(scripted&)> {
        using code::code;
    };
    /// For handle_continue.
    struct go_on : code<void(scripted&)> {
        using code::code;
    };
    struct go_on_task : code<task<>(scripted&)> {
        using code::code;
    };

    /// The scripts for the start and the end. Without a script `terminate` sends the reason to the owner.
    struct options {
        explicit options(const pid& to, bool traps_exits = false) : owner{to}, traps{traps_exits} {}
        pid owner;
        bool traps;
        code<void(scripted&)> construct;
        code<task<>(scripted&)> init;
        code<task<>(scripted&, const exit_reason&)> terminate;
    };

    using info_messages = messages<note, poke>;

    explicit scripted(options how) : chosen{std::move(how)} {
        trap_exit(chosen.traps);
        if (chosen.construct.run) {
            chosen.construct.run(*this);
        }
    }
    task<> init() {
        if (chosen.init.run) {
            auto running = chosen.init.run(*this);
            co_await running;
        }
    }

    int handle_call(get) const { return value; }
    int handle_call(ask m) { return m.run(*this); }
    task<int> handle_call(ask_task m) {
        auto running = m.run(*this);
        co_return co_await running;
    }
    void handle_call(ask_later m, reply_to<int> to) { m.run(*this, to); }
    void handle_cast(tell m) { m.run(*this); }
    task<> handle_cast(tell_task m) {
        auto running = m.run(*this);
        co_await running;
    }
    void handle_info(note m) { say(m.text); }
    void handle_info(poke m) { m.run(*this); }
    void handle_info(timeout) { say("timeout"); }
    void handle_info(exit_message m) { say("exit " + to_string(m.why)); }
    void handle_info(down_message m) { say("down " + to_string(m.why)); }
    void handle_continue(go_on m) { m.run(*this); }
    task<> handle_continue(go_on_task m) {
        auto running = m.run(*this);
        co_await running;
    }
    task<> terminate(exit_reason why) {
        if (chosen.terminate.run) {
            auto running = chosen.terminate.run(*this, why);
            co_await running;
        } else {
            say("terminate " + to_string(why));
        }
    }

    void say(std::string text) const { send(chosen.owner, word{std::move(text)}); }

    options chosen;
    int value = 0;
    reply_to<int> pending;
};
inline std::string to_string(const scripted& s) {
    return "value " + std::to_string(s.value);
}
inline std::string to_string(const scripted::note& n) {
    return "note " + n.text;
}

/// A server without a parent.
inline task<server<scripted>> fresh(scripted::options how) {
    auto starting = start<scripted>(std::move(how));
    const start_result<scripted> started = co_await starting;
    co_return started.value();
}
inline task<server<scripted>> fresh() {
    return fresh(scripted::options{self()});
}
/// A server whose parent is the caller.
inline task<server<scripted>> fresh_child(scripted::options how) {
    auto starting = start_link<scripted>(std::move(how));
    const start_result<scripted> started = co_await starting;
    co_return started.value();
}

inline task<std::string> next_word() {
    const word heard = co_await receive<word>();
    co_return heard.text;
}

/// A list for comparisons: g++ 12 accepts no braces beside co_await.
template <class... Texts>
std::vector<std::string> words(Texts... each) {
    return {std::string{each}...};
}

/// The words in the mailbox.
inline task<std::vector<std::string>> words_so_far() {
    std::vector<std::string> out;
    for (;;) {
        auto next = receive_for<word>(std::chrono::nanoseconds{0});
        const std::optional<word> heard = co_await next;
        if (!heard) {
            break;
        }
        out.push_back(heard->text);
    }
    co_return out;
}

/// All messages in the mailbox as readable text; empty for an empty mailbox.
inline task<std::string> rest_of_mailbox() {
    std::string out;
    for (bool more = true; more;) {
        auto next = receive([&](const any_message& m) { out += m.describe() + ";"; },
                            after(std::chrono::nanoseconds{0}, [&] { more = false; }));
        co_await next;
    }
    co_return out;
}

/// The reason of a failed call; `answered` for a successful call.
template <class M>
task<exit_reason> failure_of(server<scripted> s, M m,
                             std::chrono::nanoseconds time = default_call_timeout) {
    auto calling = s.try_call(m, time);
    const auto result = co_await calling;
    co_return result ? exit_reason{"answered"} : result.error();
}

/// The exit reason of a new process that runs `f`.
template <class F>
task<exit_reason> end_of_new(F f) {
    const monitored_process started = spawn_monitor(std::move(f));
    const ref watching = started.monitor;
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message& m) { return m.why; }));
    co_return co_await waiting;
}

/// The reports made while a simulated process runs `body`.
template <class Body>
std::vector<report> reports_of(Body body, report_level level = report_level::warning) {
    std::vector<report> out;
    {
        runtime_options chosen;
        chosen.level = level;
        chosen.on_report = [&](const report& r) { out.push_back(r); };
        testing::sim_world world{1, chosen};
        const std::optional<exit_reason> ended = world.run(body);
        EXPECT_TRUE(ended.has_value());
        EXPECT_EQ(ended.value_or(reason::timeout), reason::normal);
    }
    return out;
}

template <class Report>
std::vector<Report> only(const std::vector<report>& all) {
    std::vector<Report> out;
    for (const report& each : all) {
        if (const auto* found = std::get_if<Report>(&each.body)) {
            out.push_back(*found);
        }
    }
    return out;
}

}  // namespace coppice::test
