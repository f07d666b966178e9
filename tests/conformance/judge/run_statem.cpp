// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "statem": gen_statems. An event holds a script for each state.

#include "coppice/gen_statem.hpp"
#include "scripted.hpp"

namespace coppice::judge {
namespace {

enum class place : std::uint8_t { a, b, c };

std::string shown(place state) {
    return std::string(1, static_cast<char>('a' + static_cast<int>(state)));
}

struct inner {
    std::string script;
};
struct over {
    std::string script;
};

class scripted_machine : scripted {
  public:
    using info_messages = messages<tell, exit_message>;
    using decision = transition<place>;
    handle_event_function<place> machine{place::a};

    scripted_machine(stage_access access, const std::string& given) : scripted{access, given} {}

    task<> init() {
        co_await begin_life();
        act(given_["init"], nullptr);
    }

    void handle_enter(place now, place before) {
        here_->event(label_, "enter", {{"state", shown(now)}, {"before", shown(before)}});
        const json all = given_.value("enter", json::object());
        act(all.value(shown(now), json::object()), nullptr);
    }
    decision handle_call(place now, ask_later asked, reply_to<std::string> from) {
        const json script = json::parse(asked.script);
        here_->keep(script["tag"], from);
        return event("call", now, script, &from);
    }
    decision handle_cast(place now, tell told) {
        return event("cast", now, json::parse(told.script), nullptr);
    }
    decision handle_info(place now, tell told) {
        return event("info", now, json::parse(told.script), nullptr);
    }
    void handle_info(place, exit_message m) { here_->got(label_, m); }
    decision handle_internal(place now, inner told) {
        return event("internal", now, json::parse(told.script), nullptr);
    }
    decision handle_timeout(place now, over told) {
        return event("timeout", now, json::parse(told.script), nullptr);
    }
    void terminate(exit_reason why) {
        here_->event(label_, "terminate",
                     {{"reason", cli::shown_reason(why)}, {"state", machine_state()}});
    }

  private:
    std::string machine_state() const { return shown(machine.state()); }

    decision event(const char* kind, place now, const json& script,
                   const reply_to<std::string>* from) {
        here_->event(label_, kind, {{"tag", script["tag"]}, {"state", shown(now)}});
        const json all = script.value("in", json::object());
        return decide(all.value(shown(now), json::object()), from);
    }

    decision decide(const json& script, const reply_to<std::string>* from) {
        const std::string then = then_of(script, "keep");
        if (then == "crash" || then == "exit") {
            fail(then, script);
        }
        if (then == "stop") {
            stop_with(reason_of(script));
            return keep_state;
        }
        act(script, from);
        if (then == "stop_reply") {
            stop_with(reason_of(script));
            return keep_state;
        }
        if (then == "next") {
            const std::string to = script["state"];
            return next_state(static_cast<place>(to.front() - 'a'));
        }
        return then == "repeat" ? decision{repeat_state} : decision{keep_state};
    }

    void act(const json& script, const reply_to<std::string>* from) {
        for (const json& each : script.value("actions", json::array())) {
            const std::string what = each["act"];
            if (what == "postpone") {
                postpone();
            } else if (what == "reply" && from != nullptr) {
                then_reply(*from, each["value"].get<std::string>());
            } else if (what == "next_event") {
                insert(each["sort"], each["script"].dump());
            } else if (what != "reply") {
                time(what, each);
            }
        }
    }

    void insert(const std::string& sort, std::string script) {
        if (sort == "internal") {
            next_event(this, inner{std::move(script)});
        } else if (sort == "cast") {
            next_cast(this, tell{std::move(script)});
        } else if (sort == "info") {
            next_info(this, tell{std::move(script)});
        } else {
            next_timeout(this, over{std::move(script)});
        }
    }

    void time(const std::string& what, const json& asked) {
        const std::string name = asked["timer"];
        const machine_timeout timer = name == "state"   ? state_timeout
                                      : name == "event" ? event_timeout
                                                        : generic_timeout(name);
        if (what == "cancel") {
            timer.cancel();
        } else if (what == "update") {
            timer.update(this, over{asked["script"].dump()});
        } else {
            timer.after(this, time_of(asked["ms"]), over{asked["script"].dump()});
        }
    }
};

}  // namespace

performance perform_statem(stage& here, const json& step) {
    if (auto common = perform_common(here, step)) {
        return *common;
    }
    const std::string what = step["do"];
    if (what == "start") {
        return start_scripted<scripted_machine>(here, step);
    }
    const address to = *target_of(here, step);
    if (what == "call") {
        return call_scripted<scripted_machine, ask_later>(here, step, to);
    }
    return tell_scripted<scripted_machine>(step, to);
}

}  // namespace coppice::judge
