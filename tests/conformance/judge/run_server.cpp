// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "server": gen_servers. A message holds the script of the callback.

#include "scripted_server.hpp"

namespace coppice::judge {
std::optional<performance> perform_common(stage& here, const json& step) {
    const std::string what = step["do"];
    if (what == "end") {
        return performance{.by_client = [&step](std::string) -> task<> {
            coppice::exit(reason_of(step));
            co_return;
        }};
    }
    if (what == "reply") {
        const auto from = here.kept<reply_to<std::string>>(step["key"]);
        if (!from) {
            return performance{.result = "error:nokey"};
        }
        return performance{.by_client = [from, &step](std::string) -> task<> {
            reply(*from, step["value"].get<std::string>());
            co_return;
        }};
    }
    if (what == "start") {
        return std::nullopt;
    }
    const std::optional<address> to = target_of(here, step);
    if (!to) {
        return performance{.result = "error:unknown"};
    }
    if (what == "exit") {
        return performance{.by_client = [to, &step](std::string) -> task<> {
            if (!to->is_name()) {
                coppice::exit(to->whereis(), reason_of(step));
            }
            co_return;
        }};
    }
    if (what == "stop") {
        return performance{.by_process = [to, &step](std::string) -> task<> {
            auto stopping =
                coppice::stop(to->whereis(), reason_of(step), limit_of(step, "timeout"));
            co_await std::move(stopping);
        }};
    }
    return std::nullopt;
}

performance perform_server(stage& here, const json& step) {
    if (auto common = perform_common(here, step)) {
        return *common;
    }
    const std::string what = step["do"];
    if (what == "start") {
        return start_scripted<scripted_server>(here, step);
    }
    const address to = *target_of(here, step);
    if (what == "call") {
        const std::string then = then_of(step["script"], "noreply");
        return then == "reply" || then == "stop_reply"
                   ? call_scripted<scripted_server, ask>(here, step, to)
                   : call_scripted<scripted_server, ask_later>(here, step, to);
    }
    return tell_scripted<scripted_server>(step, to);
}

}  // namespace coppice::judge
