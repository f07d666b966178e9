// SPDX-License-Identifier: Apache-2.0
// A gen_server whose callbacks do what the messages say.

#pragma once

#include "scripted.hpp"

namespace coppice::judge {

/// The message of a continue.
struct go_on {
    std::string script;
};

class scripted_server : scripted {
  public:
    using info_messages = messages<tell, timeout, exit_message>;

    scripted_server(stage_access access, const std::string& given) : scripted{access, given} {}

    task<> init() {
        co_await begin_life();
        use_options(given_["init"]);
    }

    task<std::string> handle_call(ask asked) {
        const json script = json::parse(asked.script);
        co_await begin("call", script);
        if (then_of(script, "reply") == "stop_reply") {
            stop_with(reason_of(script));
        }
        use_options(script);
        co_return script["value"].get<std::string>();
    }
    task<> handle_call(ask_later asked, reply_to<std::string> from) {
        const json script = json::parse(asked.script);
        here_->keep(script["tag"], from);
        co_await begin("call", script);
        end(script);
    }
    task<> handle_cast(tell told) {
        const json script = json::parse(told.script);
        co_await begin("cast", script);
        end(script);
    }
    task<> handle_info(tell told) {
        const json script = json::parse(told.script);
        co_await begin("info", script);
        end(script);
    }
    void handle_info(timeout) { here_->event(label_, "timeout"); }
    void handle_info(exit_message m) { here_->got(label_, m); }
    task<> handle_continue(go_on next) {
        const json script = json::parse(next.script);
        co_await begin("continue", script);
        end(script);
    }

    task<> terminate(exit_reason why) {
        here_->event(label_, "terminate", {{"reason", cli::shown_reason(why)}});
        const json script = given_.value("terminate", json::object());
        co_await pause(script);
        const std::string then = then_of(script, "ok");
        if (then != "ok") {
            fail(then, script);
        }
    }

  private:
    task<> begin(const char* kind, const json& script) {
        here_->event(label_, kind, {{"tag", script["tag"]}});
        co_await pause(script);
    }
    void end(const json& script) {
        const std::string then = then_of(script, "noreply");
        if (then == "stop") {
            stop_with(reason_of(script));
        } else if (then != "noreply") {
            fail(then, script);
        }
        use_options(script);
    }
    void use_options(const json& script) {
        if (script.contains("continue")) {
            continue_with(this, go_on{script["continue"].dump()});
        } else if (script.contains("timeout")) {
            timeout_after(time_of(script["timeout"]));
        }
    }
};

}  // namespace coppice::judge
