// SPDX-License-Identifier: Apache-2.0
// The common part of scripted servers and machines: messages hold scripts, and a script tells the actions of a callback.

#pragma once

#include <stdexcept>
#include <string>

#include "coppice/registry.hpp"
#include "simulate/trace.hpp"
#include "stage.hpp"

namespace coppice::judge {

/// Messages with a script as JSON text. The reply of the second call comes later, or never.
struct ask {
    std::string script;
};
struct ask_later {
    using reply = std::string;
    std::string script;
};
struct tell {
    std::string script;
};

inline std::string then_of(const json& script, const char* otherwise) {
    return script.value("then", otherwise);
}
inline exit_reason reason_of(const json& script) {
    return cli::reason_from(script["reason"]);
}
inline std::chrono::milliseconds time_of(const json& given) {
    return std::chrono::milliseconds{given.get<int>()};
}
inline time_span limit_of(const json& step, const char* key) {
    return step.contains(key) ? time_span{time_of(step[key])} : time_span{no_timeout};
}

inline restart_type restart_of(const json& step) {
    const std::string name = step["restart"];
    return name == "permanent"   ? restart_type::permanent
           : name == "transient" ? restart_type::transient
                                 : restart_type::temporary;
}

/// "crash" and "exit".
[[noreturn]] inline void fail(const std::string& how, const json& script) {
    if (how == "crash") {
        throw std::runtime_error{script["message"].get<std::string>()};
    }
    coppice::exit(reason_of(script));
}

/// The registry of scenarios of the kind "registry".
using judged_registry = registry<std::string, std::string>;
inline judged_registry the_registry() {
    return judged_registry{"registry"};
}

/// A scripted server or machine: its place on the stage, the step that has started it, and its label.
class scripted {
  protected:
    scripted(stage_access access, const std::string& given)
        : here_{access.here}, given_(json::parse(given)), label_(given_["id"].get<std::string>()) {
        trap_exit(given_.value("trap_exit", false));
    }

    /// The script of init, up to the options.
    task<> begin_life() {
        label_ = co_await here_->watch(label_);
        here_->event(label_, "init");
        const json& script = given_["init"];
        co_await pause(script);
        const std::string then = then_of(script, "ok");
        if (then == "ignore") {
            ignore();
        } else if (then == "stop") {
            stop_with(reason_of(script));
        } else if (then != "ok") {
            fail(then, script);
        }
    }
    static task<> pause(const json& script) {
        if (script.contains("sleep")) {
            co_await sleep(time_of(script["sleep"]));
        }
    }

    stage* here_;
    json given_;
    std::string label_;
};

/// The address of a step: "name:NAME", "via:KEY", or a label. Nothing for a label that no process ever had.
inline std::optional<address> target_of(const stage& here, const json& step) {
    const std::string to = step["to"];
    if (to.starts_with("name:")) {
        return address{to.substr(5)};
    }
    if (to.starts_with("via:")) {
        return the_registry().via(to.substr(4));
    }
    const std::optional<pid> known = here.find(to);
    return known ? std::optional{address{*known}} : std::nullopt;
}

/// Steps of servers and machines alike. Nothing for "start" and "call".
std::optional<performance> perform_common(stage& here, const json& step);

inline std::string shown_start(bool ok, bool ignored, const exit_reason& why) {
    return ok ? "ok" : ignored ? "ignore" : "error:" + cli::shown_start_error(why);
}

inline start_options options_of(const json& step) {
    start_options options;
    if (step.contains("name")) {
        options.name = step["name"];
    }
    if (step.contains("via")) {
        options.register_as(the_registry().via(step["via"], step["value"]));
    }
    options.timeout = limit_of(step, "within");
    return options;
}

/// A client shows the value that the function gives.
inline performance shown(stage& here, std::function<json()> value) {
    return {.by_client = [&here, value = std::move(value)](std::string label) -> task<> {
        json out;
        try {
            out = value();
        } catch (const badarg_error&) {
            out = "badarg";
        }
        here.event(label, "result", {{"value", out}});
        co_return;
    }};
}

/// Starts a T in the client.
template <class T>
performance start_scripted(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        const start_options options = options_of(step);
        const std::string how = step["how"];
        const stage_access access{&here};
        start_result<T> result;
        const std::string given = step.dump();
        if (how == "link") {
            auto starting = start_link<T>(options, access, given);
            result = co_await starting;
        } else if (how == "alone") {
            auto starting = coppice::start<T>(options, access, given);
            result = co_await starting;
        } else {
            auto starting = start_monitor<T>(options, access, given);
            result = co_await starting;
        }
        const exit_reason why = result.ok() || result.ignored() ? exit_reason{} : result.error();
        here.event(
            label, "started",
            {{"id", step["id"]}, {"result", shown_start(result.ok(), result.ignored(), why)}});
    }};
}

/// Casts the script of the step, or sends it as plain information.
template <class T>
performance tell_scripted(const json& step, const address& to) {
    return {.by_client = [to, &step](std::string) -> task<> {
        const server<T> target{to};
        tell told{step["script"].dump()};
        if (step["do"] == "cast") {
            target.cast(told);
        } else {
            target.info(told);
        }
        co_return;
    }};
}

/// Calls in a separate process. Afterwards the process shows each reply after a time-out.
template <class T, class M>
performance call_scripted(stage& here, const json& step, const address& to) {
    return {.by_process = [&here, &step, to](std::string label) -> task<> {
        const server<T> target{to};
        M asked{step["script"].dump()};
        auto calling = target.try_call(asked, limit_of(step, "timeout"));
        const auto answer = co_await calling;
        if (answer) {
            here.event(label, "reply", {{"value", *answer}});
        } else {
            // {why, {gen_server, call, …}}
            here.event(label, "failed", {{"reason", cli::shown_reason(answer.error()[0])}});
        }
        const bool has_failed = !answer;
        for (;;) {
            co_await receive([&](const any_message&) {
                // A second reply is a message in OTP.
                if (has_failed) {
                    here.event(label, "stray");
                }
            });
        }
    }};
}

}  // namespace coppice::judge
