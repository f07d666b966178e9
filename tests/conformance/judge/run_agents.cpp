// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "agents". The state is a number; a function adds a number, or fails.

#include "coppice/agent.hpp"
#include "coppice/sys.hpp"
#include "scripted.hpp"

namespace coppice::judge {
namespace {

/// The number of a script, unless the script says to fail.
int number_of(const std::string& given) {
    const json script = json::parse(given);
    const std::string then = then_of(script, "value");
    if (then != "value") {
        fail(then, script);
    }
    return script["value"];
}

/// The first state. A failed start has a label, and no end.
struct first_state {
    int operator()() const {
        const json step = json::parse(given);
        const json script = step["script"];
        if (then_of(script, "value") == "value") {
            access.here->watch(self(), step["id"]);
        } else {
            access.here->name(self(), step["id"]);
        }
        return number_of(script.dump());
    }
    stage_access access;
    std::string given;
};

struct sum {
    int operator()(const int& state) const { return state + number_of(script); }
    std::string script;
};
struct exchange {
    std::pair<int, int> operator()(int state) const { return {state, state + number_of(script)}; }
    std::string script;
};

performance start_agent(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        const start_options options = options_of(step);
        const first_state make{{&here}, step.dump()};
        start_result<agent<int>> result;
        if (step["how"] == "link") {
            auto starting = agent<int>::start_link(options, make);
            result = co_await starting;
        } else {
            auto starting = agent<int>::start(options, make);
            result = co_await starting;
        }
        const exit_reason why = result.ok() ? exit_reason{} : result.error();
        here.event(label, "started",
                   {{"id", step["id"]}, {"result", shown_start(result.ok(), false, why)}});
    }};
}

/// After a time-out the process shows each reply that comes.
task<> show(stage* here, std::string label, json value, std::optional<exit_reason> failure) {
    if (!failure) {
        here->event(label, "result", {{"value", std::move(value)}});
        co_return;
    }
    // {why, {gen_server, call, …}}
    here->event(label, "failed", {{"reason", cli::shown_reason((*failure)[0])}});
    for (;;) {
        co_await receive([&](const any_message&) { here->event(label, "stray"); });
    }
}

template <class Answer>
std::optional<exit_reason> failure_of(const Answer& answer) {
    return answer ? std::nullopt : std::optional{answer.error()};
}

performance ask_agent(stage& here, const json& step, const address& to) {
    return {.by_process = [&here, &step, to](std::string label) -> task<> {
        const agent<int> target{to};
        const std::string script = step["script"].dump();
        const std::string what = step["do"];
        const time_span limit = limit_of(step, "timeout");
        const sum adding{script};
        const exchange exchanging{script};
        json value;
        std::optional<exit_reason> failure;
        if (what == "update") {
            auto asking = target.try_update(adding, limit);
            const auto answer = co_await asking;
            failure = failure_of(answer);
            value = "ok";
        } else if (what == "get") {
            auto asking = target.try_get(adding, limit);
            const auto answer = co_await asking;
            failure = failure_of(answer);
            value = answer ? json(*answer) : json();
        } else {
            auto asking = target.try_get_and_update(exchanging, limit);
            const auto answer = co_await asking;
            failure = failure_of(answer);
            value = answer ? json(*answer) : json();
        }
        auto showing = show(&here, label, value, failure);
        co_await showing;
    }};
}

performance suspend_agent(stage& here, const json& step, const address& to) {
    return {.by_process = [&here, &step, to](std::string label) -> task<> {
        const agent<int> target{to};
        std::optional<exit_reason> failure;
        if (step["do"] == "suspend") {
            auto asking = sys::try_suspend(target);
            const auto answer = co_await asking;
            failure = failure_of(answer);
        } else {
            auto asking = sys::try_resume(target);
            const auto answer = co_await asking;
            failure = failure_of(answer);
        }
        auto showing = show(&here, label, "ok", failure);
        co_await showing;
    }};
}

}  // namespace

performance perform_agents(stage& here, const json& step) {
    const std::string what = step["do"];
    if (what == "start") {
        return start_agent(here, step);
    }
    if (auto common = perform_common(here, step)) {
        return *common;
    }
    const address to = *target_of(here, step);
    if (what == "suspend" || what == "resume") {
        return suspend_agent(here, step, to);
    }
    if (what == "cast") {
        return {.by_client = [to, &step](std::string) -> task<> {
            const agent<int> target{to};
            target.cast(sum{step["script"].dump()});
            co_return;
        }};
    }
    return ask_agent(here, step, to);
}

}  // namespace coppice::judge
