// SPDX-License-Identifier: Apache-2.0
// Every public function that acts for the process that calls it, done to bystanders: for tests of
// callers that may act no more. tools/check_deeds compares the names with those in the headers.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"

namespace coppice::test {

struct go_home {};

/// What can be done something to. All of it belongs to the living.
struct stage {
    pid bystander;  ///< Its name is "bystander". It reads nothing but `go_home`.
    pid nameless;
    timer armed;  ///< To the bystander, in an hour.
    reply_to<int> owed;
};

/// A process that is there until it is sent home.
inline task<> stay() {
    co_await receive<go_home>();
}

struct idler {
    struct nudge {};
    int handle_call(nudge) const { return 1; }
    void handle_cast(nudge) {}
    void handle_info(nudge) {}
    void handle_continue(nudge) {}
};

struct deed {
    const char* name;
    /// Whether a process in its turn changes something that `look` sees.
    bool shows;
    /// True: the answer was more than an empty one.
    std::function<bool(const stage&)> run;
};

namespace deed_parts {

inline bool answered(const pid& who) {
    return static_cast<bool>(who);
}
inline bool nothing() {
    return false;
}

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
    // What has to be awaited: making it does nothing, and nothing happens when it goes.
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
    unused("sleep", [](const stage&) { return sleep(1ms); });
    unused("yield", [](const stage&) { return yield(); });
    unused("yield_if_due", [](const stage&) { return yield_if_due(); });
    unused("receive", [](const stage&) { return receive<int>(); });
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
}

inline void add_looks(std::vector<deed>& out) {
    // These only read. A dead process may be told the truth.
    const auto look = [&out](const char* name, auto read) {
        out.push_back({name, false, [read](const stage& s) {
                           static_cast<void>(read(s));
                           return nothing();
                       }});
    };
    look("self", [](const stage&) { return self(); });
    look("whereis", [](const stage&) { return whereis("bystander"); });
    look("registered", [](const stage&) { return registered(); });
    look("processes", [](const stage&) { return processes(); });
    look("request_stop", [](const stage&) {
        request_stop();
        return 0;
    });
    look("monotonic_time", [](const stage&) { return monotonic_time(); });
}

}  // namespace deed_parts

/// What a function of a process may do. The last one ends the bystander.
inline std::vector<deed> deeds_of_a_process() {
    std::vector<deed> out;
    deed_parts::add_messages(out);
    deed_parts::add_relations(out);
    deed_parts::add_starts(out);
    deed_parts::add_looks(out);
    out.push_back({"exit", true, [](const stage& s) {
                       exit(s.bystander, reason::kill);
                       return deed_parts::nothing();
                   }});
    return out;
}

/// And what only a gen_server may do.
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

/// What there is to see of the stage. Everything that a deed may change is in it.
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
