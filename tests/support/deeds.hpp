// SPDX-License-Identifier: Apache-2.0
// Every public function with effects through the calling process, applied to bystanders: for tests of callers
// that may no longer act. tools/check_deeds compares the names with the headers.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/blocking.hpp"
#include "coppice/coppice.hpp"
#include "coppice/gen_statem.hpp"
#include "coppice/health_check.hpp"
#include "coppice/interval.hpp"
#include "coppice/requests.hpp"
#include "coppice/task_stream.hpp"
#include "coppice/tasks.hpp"
#include "coppice/telemetry.hpp"
#include "support/deed.hpp"
#include "support/deeds_of_helpers.hpp"

namespace coppice::test {

struct idle_machine {
    struct only {};
    struct nudge {};
    using info_messages = messages<nudge>;
    int handle_call(only, nudge) const { return 1; }
    void handle_cast(only, nudge) {}
    void handle_info(only, nudge) {}
    void handle_internal(only, nudge) {}
    void handle_timeout(only, nudge) {}
    state_functions<only> machine;
};

namespace deed_parts {

inline void add_messages(std::vector<deed>& out) {
    using namespace std::chrono_literals;
    out.push_back({"send", true, [](const stage& s) {
                       send(s.bystander, 1);
                       return nothing();
                   }});
    out.push_back({"send", true, [](const stage&) {
                       send("bystander", 1);
                       return nothing();
                   }});
    out.push_back({"send", false, [](const stage&) {
                       try {
                           send("nobody at all", 1);
                       } catch (const badarg_error&) {
                           return true;
                       }
                       return nothing();
                   }});
    out.push_back({"try_send", true,
                   [](const stage& s) { return try_send(s.bystander, 1) == send_status::sent; }});
    out.push_back({"try_cast", true, [](const stage&) {
                       const server<idler> bystander{"bystander"};
                       return bystander.try_cast(idler::nudge{}) == send_status::sent;
                   }});
    out.push_back({"cast", true, [](const stage&) {
                       server<idler>{"bystander"}.cast(idler::nudge{});
                       return nothing();
                   }});
    out.push_back({"info", true, [](const stage& s) {
                       server<idler>{s.bystander}.info(idler::nudge{});
                       return nothing();
                   }});
    out.push_back({"reply", false, [](const stage& s) {
                       reply(s.owed, 1);
                       return nothing();
                   }});
    out.push_back({"send_after", true, [](const stage& s) {
                       return static_cast<bool>(send_after(0ms, s.bystander, 1));
                   }});
    out.push_back({"send_after", true, [](const stage&) {
                       return static_cast<bool>(send_after(0ms, "bystander", 1));
                   }});
    out.push_back({"send_after", false, [](const stage& s) {
                       return static_cast<bool>(
                           send_after(1h, server<idler>{s.bystander}, idler::nudge{}));
                   }});
    out.push_back({"start_timer", true, [](const stage& s) {
                       return static_cast<bool>(start_timer(0ms, s.bystander, 1));
                   }});
    out.push_back(
        {"read_timer", false, [](const stage& s) { return read_timer(s.armed).has_value(); }});
    out.push_back(
        {"cancel_timer", true, [](const stage& s) { return cancel_timer(s.armed).has_value(); }});
    out.push_back({"log", true, [](const stage&) {
                       log(report_level::error, "a deed");
                       return nothing();
                   }});
}

inline void add_relations(std::vector<deed>& out) {
    out.push_back({"link", true, [](const stage& s) {
                       link(s.bystander);
                       return nothing();
                   }});
    out.push_back({"unlink", false, [](const stage& s) {
                       unlink(s.bystander);
                       return nothing();
                   }});
    out.push_back({"monitor", true, [](const stage& s) { return monitor(s.bystander) != ref{}; }});
    out.push_back({"monitor", true, [](const stage&) { return monitor("bystander") != ref{}; }});
    out.push_back({"demonitor", false,
                   [](const stage&) { return demonitor(ref{1}, demonitor_option::flush); }});
    out.push_back({"trap_exit", false, [](const stage&) {
                       trap_exit(true);
                       return trap_exit(false);
                   }});
    out.push_back({"priority", false, [](const stage&) {
                       priority(priority_level::low);
                       return priority(priority_level::normal) != priority_level::normal;
                   }});
    out.push_back({"unregister_name", true, [](const stage&) {
                       unregister_name("bystander");
                       return nothing();
                   }});
    out.push_back({"register_name", true, [](const stage& s) {
                       register_name("bystander", s.bystander);
                       return nothing();
                   }});
    out.push_back({"register_name", true, [](const stage& s) {
                       register_name("named by a deed", s.nameless);
                       return nothing();
                   }});
    out.push_back({"register_name", false, [](const stage&) {
                       try {
                           register_name("", pid{});
                       } catch (const badarg_error&) {
                           return true;
                       }
                       return nothing();
                   }});
}

inline void add_starts(std::vector<deed>& out) {
    using namespace std::chrono_literals;
    out.push_back({"spawn", true, [](const stage&) { return answered(spawn(stay)); }});
    out.push_back({"spawn_link", true, [](const stage&) { return answered(spawn_link(stay)); }});
    out.push_back({"spawn_monitor", true, [](const stage&) {
                       const monitored_process started = spawn_monitor(stay);
                       return started.process || started.monitor != ref{};
                   }});
    // Awaitables: neither construction nor destruction has an effect.
    const auto unused = [&out](const char* name, auto make) {
        out.push_back({name, false, [make](const stage& s) {
                           static_cast<void>(make(s));
                           return nothing();
                       }});
    };
    unused("start", [](const stage&) { return start<idler>(); });
    unused("start_link", [](const stage&) { return start_link<idler>(); });
    unused("start_monitor", [](const stage&) { return start_monitor<idler>(); });
    unused("start_link", [](const stage&) { return supervisor::start_link({}); });
    unused("start_link", [](const stage&) { return dynamic_supervisor::start_link(); });
    unused("call", [](const stage& s) { return server<idler>{s.bystander}.call(idler::nudge{}); });
    unused("try_call",
           [](const stage&) { return server<idler>{"bystander"}.try_call(idler::nudge{}); });
    unused("stop", [](const stage& s) { return stop(s.bystander); });
    unused("is_alive", [](const stage& s) { return is_alive(s.bystander); });
    unused("process_info", [](const stage& s) { return process_info(s.bystander); });
    unused("snapshot", [](const stage& s) { return snapshot(s.bystander); });
    unused("explain", [](const stage& s) { return explain(s.bystander, "why"); });
    unused("suspend", [](const stage& s) { return sys::suspend(s.bystander); });
    unused("resume", [](const stage& s) { return sys::resume(s.bystander); });
    unused("get_status", [](const stage& s) { return sys::get_status(s.bystander); });
    unused("change_code", [](const stage& s) { return sys::change_code(s.bystander); });
    unused("get_statistics", [](const stage& s) { return sys::get_statistics(s.bystander); });
    unused("get_log", [](const stage& s) { return sys::get_log(s.bystander); });
    unused("no_debug", [](const stage& s) { return sys::no_debug(s.bystander); });
    unused("get_state", [](const stage& s) { return sys::get_state(s.bystander); });
    unused("terminate", [](const stage& s) { return sys::terminate(s.bystander, "why"); });
    unused("statistics", [](const stage& s) { return sys::statistics(s.bystander, true); });
    unused("log", [](const stage& s) { return sys::log(s.bystander, true); });
    unused("trace", [](const stage& s) { return sys::trace(s.bystander, true); });
    unused("log_to_file", [](const stage& s) { return sys::log_to_file(s.bystander, false); });
    unused("remove", [](const stage& s) { return sys::remove(s.bystander, "id"); });
    unused("install", [](const stage& s) {
        return sys::install(s.bystander, "id", [](const sys::event&) {});
    });
    unused("replace_state", [](const stage& s) {
        return sys::replace_state(server<idler>{s.bystander}, [](idler was) { return was; });
    });
    unused("try_log_to_file",
           [](const stage& s) { return sys::try_log_to_file(s.bystander, false); });
    unused("try_suspend", [](const stage& s) { return sys::try_suspend(s.bystander); });
    unused("try_resume", [](const stage& s) { return sys::try_resume(s.bystander); });
    unused("try_get_status", [](const stage& s) { return sys::try_get_status(s.bystander); });
    unused("try_change_code", [](const stage& s) { return sys::try_change_code(s.bystander); });
    unused("try_get_statistics",
           [](const stage& s) { return sys::try_get_statistics(s.bystander); });
    unused("try_get_log", [](const stage& s) { return sys::try_get_log(s.bystander); });
    unused("try_no_debug", [](const stage& s) { return sys::try_no_debug(s.bystander); });
    unused("try_get_state", [](const stage& s) { return sys::try_get_state(s.bystander); });
    unused("try_terminate", [](const stage& s) { return sys::try_terminate(s.bystander, "why"); });
    unused("try_statistics", [](const stage& s) { return sys::try_statistics(s.bystander, true); });
    unused("try_log", [](const stage& s) { return sys::try_log(s.bystander, true); });
    unused("try_trace", [](const stage& s) { return sys::try_trace(s.bystander, true); });
    unused("try_remove", [](const stage& s) { return sys::try_remove(s.bystander, "id"); });
    unused("try_install", [](const stage& s) {
        return sys::try_install(s.bystander, "id", [](const sys::event&) {});
    });
    unused("try_replace_state", [](const stage& s) {
        return sys::try_replace_state(server<idler>{s.bystander}, [](idler was) { return was; });
    });
    unused("console_messages", [](const stage& s) { return console_messages(s.bystander); });
    unused("call_by_text", [](const stage& s) { return call_by_text(s.bystander, "nudge", {}); });
    unused("cast_by_text", [](const stage& s) { return cast_by_text(s.bystander, "nudge", {}); });
    unused("send_by_text", [](const stage& s) { return send_by_text(s.bystander, "nudge", {}); });
    unused("sleep", [](const stage&) { return sleep(1ms); });
    unused("yield", [](const stage&) { return yield(); });
    unused("yield_if_due", [](const stage&) { return yield_if_due(); });
    unused("visit_processes_in_turns",
           [](const stage&) { return visit_processes_in_turns([](const process_glance&) {}); });
    unused("receive", [](const stage&) { return receive<int>(); });
    unused("blocking", [](const stage&) { return blocking([] { return 1; }); });
    unused("receive_for", [](const stage&) { return receive_for<int>(1ms); });
    unused("receive_any", [](const stage&) { return receive_any(); });
    unused("start_child",
           [](const stage& s) { return supervisor{s.bystander}.start_child(child<idler>()); });
    unused("terminate_child",
           [](const stage& s) { return supervisor{s.bystander}.terminate_child("a"); });
    unused("restart_child",
           [](const stage& s) { return supervisor{s.bystander}.restart_child("a"); });
    unused("delete_child",
           [](const stage& s) { return supervisor{s.bystander}.delete_child("a"); });
    unused("which_children",
           [](const stage& s) { return supervisor{s.bystander}.which_children(); });
    unused("count_children",
           [](const stage&) { return dynamic_supervisor{"bystander"}.count_children(); });
    unused("get_childspec",
           [](const stage& s) { return supervisor{s.bystander}.get_childspec("a"); });
    unused("await_many", [](const stage&) { return tasks::await_many<int>({}); });
    unused("yield_many", [](const stage&) { return tasks::yield_many<int>({}); });
    unused("async_stream", [](const stage&) {
        return tasks::async_stream(std::vector<int>{1}, [](int n) { return n; });
    });
    out.push_back({"report_ready", false, [](const stage&) {
                       report_ready();
                       return nothing();
                   }});
}

inline void add_looks(std::vector<deed>& out) {
    // Functions that only read. An ended process may get the true answer.
    const auto look = [&out](const char* name, auto read) {
        out.push_back({name, false, [read](const stage& s) {
                           static_cast<void>(read(s));
                           return nothing();
                       }});
    };
    look("self", [](const stage&) { return self(); });
    look("async", [](const stage&) { return tasks::async([] { return 1; }); });
    look("completed", [](const stage&) { return tasks::completed(1); });
    look("whereis", [](const stage&) { return whereis("bystander"); });
    look("registered", [](const stage&) { return registered(); });
    look("processes", [](const stage&) { return processes(); });
    look("request_stop", [](const stage&) {
        request_stop();
        return 0;
    });
    look("monotonic_time", [](const stage&) { return monotonic_time(); });
    look("statistics", [](const stage&) { return statistics(); });
    look("visit_processes", [](const stage&) {
        visit_processes([](const process_glance&) {});
        return 0;
    });
    look("process_glances", [](const stage&) { return process_glances(); });
    look("timer_glances", [](const stage&) { return timer_glances(1); });
    look("recent", [](const stage&) { return events::recent(); });
    look("write", [](const stage&) { return events::write(std::string{"/dev/null"}); });
    look("attach", [](const stage&) {
        telemetry::attach("a deed", [](const go_home&) {});
        return telemetry::detach("a deed");
    });
    look("detach", [](const stage&) { return telemetry::detach("nothing"); });
    look("attached", [](const stage&) { return telemetry::attached(); });
    look("execute", [](const stage&) {
        telemetry::execute(go_home{});
        return 0;
    });
    look("span", [](const stage&) { return telemetry::span("a deed", [] { return 0; }); });
    look("sample_period", [](const stage&) {
        telemetry::sample_period(std::chrono::seconds{1});
        return 0;
    });
    look("new_trace", [](const stage&) { return telemetry::new_trace(); });
    look("current_context", [](const stage&) {
        const telemetry::with_context here{telemetry::new_trace()};
        return telemetry::current_context();
    });
    look("set_report_level", [](const stage&) { return set_report_level(report_level::off); });
}

}  // namespace deed_parts

/// All functions of a process. The last deed ends the bystander.
inline std::vector<deed> deeds_of_a_process() {
    std::vector<deed> out;
    deed_parts::add_messages(out);
    deed_parts::add_relations(out);
    deed_parts::add_starts(out);
    deed_parts::add_requests(out);
    deed_parts::add_looks(out);
    deed_parts::add_logging(out);
    out.push_back({"exit", true, [](const stage& s) {
                       exit(s.bystander, reason::kill);
                       return deed_parts::nothing();
                   }});
    return out;
}

/// Plus the functions of a gen_statem.
inline std::vector<deed> deeds_of_a_machine() {
    using namespace std::chrono_literals;
    std::vector<deed> out = deeds_of_a_process();
    constexpr idle_machine* me = nullptr;
    const auto add = [&out](const char* name, std::function<void(const stage&)> ask) {
        out.push_back({name, false, [ask = std::move(ask)](const stage& s) {
                           ask(s);
                           return deed_parts::nothing();
                       }});
    };
    add("stop_with", [](const stage&) { stop_with("a deed"); });
    add("postpone", [](const stage&) { postpone(); });
    add("hibernate", [](const stage&) { hibernate(); });
    add("next_event", [](const stage&) { next_event(me, idle_machine::nudge{}); });
    add("next_cast", [](const stage&) { next_cast(me, idle_machine::nudge{}); });
    add("next_info", [](const stage&) { next_info(me, idle_machine::nudge{}); });
    add("next_timeout", [](const stage&) { next_timeout(me, idle_machine::nudge{}); });
    add("next_call", [](const stage& s) { next_call(me, s.owed, idle_machine::nudge{}); });
    add("then_reply", [](const stage& s) { then_reply(s.owed, 1); });
    add("event_timeout", [](const stage&) { event_timeout.after(me, 0ms, idle_machine::nudge{}); });
    add("state_timeout", [](const stage&) { state_timeout.update(me, idle_machine::nudge{}); });
    add("generic_timeout", [](const stage&) {
        generic_timeout("a").at(me, 0ms, idle_machine::nudge{});
        generic_timeout("b").cancel();
    });
    return out;
}

/// Plus the functions of a gen_server.
inline std::vector<deed> deeds_of_a_server() {
    using namespace std::chrono_literals;
    std::vector<deed> out = deeds_of_a_process();
    const auto add = [&out](const char* name, std::function<void()> ask) {
        out.push_back({name, false, [ask = std::move(ask)](const stage&) {
                           ask();
                           return deed_parts::nothing();
                       }});
    };
    add("stop_with", [] { stop_with("a deed"); });
    add("timeout_after", [] { timeout_after(0ms); });
    add("continue_with", [] { continue_with<idler>(nullptr, idler::nudge{}); });
    return out;
}

/// The visible state of the stage. Contains every possible change by a deed.
inline task<std::string> look(stage on) {
    std::string out;
    for (const std::string& name : registered()) {
        out += name + " = " + to_string(whereis(name)) + "\n";
    }
    out += std::to_string(processes().size()) + " processes\n";
    for (const pid& each : {on.bystander, on.nameless}) {
        const auto found = co_await process_info(each);
        if (found.empty()) {
            out += "gone\n";
            continue;
        }
        const process_information& seen = found[0];
        out += std::to_string(seen.message_queue_len) + " messages, " +
               std::to_string(seen.links.size()) + " links, " +
               std::to_string(seen.monitored_by.size()) + " monitors\n";
    }
    out += read_timer(on.armed) ? "armed\n" : "not armed\n";
    co_return out;
}

}  // namespace coppice::test
