// SPDX-License-Identifier: Apache-2.0
// The kind "processes".

#include <set>

#include "simulate/printable.hpp"
#include "simulate/read_tree.hpp"

namespace coppice::cli {
namespace {

class step_reader {
  public:
    process_step read(const json_cursor& from) {
        process_step out;
        out.action = static_cast<process_action>(
            from.at("do").one_of({"spawn", "trap_exit", "link", "unlink", "monitor", "monitor_name",
                                  "demonitor", "exit_signal", "exit", "raise", "return", "send",
                                  "send_name", "register", "unregister", "whereis"}));
        out.action_name = from.at("do").text();
        read_arguments(from, out);
        out.by = from.at("by").text_that_is_not_empty();
        return out;
    }

  private:
    void read_arguments(const json_cursor& from, process_step& out) {
        switch (out.action) {
            case process_action::spawn:
                read_spawn(from, out);
                return;
            case process_action::trap_exit:
                from.require_object({"do", "by", "flag"});
                out.flag = from.at("flag").boolean();
                return;
            case process_action::link:
            case process_action::unlink:
                from.require_object({"do", "by", "to"});
                read_to(from, out);
                return;
            case process_action::monitor:
                from.require_object({"do", "by", "to", "ref"});
                read_to(from, out);
                read_new_ref(from, out);
                return;
            case process_action::monitor_name:
                from.require_object({"do", "by", "name", "ref"});
                read_name(from, out);
                read_new_ref(from, out);
                return;
            case process_action::demonitor:
                from.require_object({"do", "by", "ref", "flush"});
                out.ref = from.at("ref").text_that_is_not_empty();
                out.flag = from.at("flush").boolean();
                return;
            case process_action::exit_signal:
                from.require_object({"do", "by", "to", "reason"});
                read_to(from, out);
                out.text = from.at("reason").text_that_is_not_empty();
                return;
            case process_action::exit:
                from.require_object({"do", "by", "reason"});
                out.text = from.at("reason").text_that_is_not_empty();
                return;
            case process_action::raise:
                from.require_object({"do", "by", "message"});
                out.text = from.at("message").text();
                return;
            case process_action::finish:
                from.require_object({"do", "by"});
                return;
            case process_action::send:
                from.require_object({"do", "by", "to", "message"});
                read_to(from, out);
                out.text = from.at("message").text();
                return;
            case process_action::send_name:
                from.require_object({"do", "by", "name", "message"});
                read_name(from, out);
                out.text = from.at("message").text();
                return;
            case process_action::register_name:
                from.require_object({"do", "by", "name", "to"});
                read_name(from, out);
                read_to(from, out);
                return;
            case process_action::unregister_name:
            case process_action::whereis:
                from.require_object({"do", "by", "name"});
                read_name(from, out);
                return;
        }
    }

    void read_spawn(const json_cursor& from, process_step& out) {
        from.require_object({"do", "by", "id", "link", "monitor", "trap_exit"});
        out.id = from.at("id").text_that_is_not_empty();
        if (out.id.find('/') != std::string::npos) {
            from.at("id").fail("contains a \"/\"; use another character");
        }
        if (!ids_.insert(out.id).second) {
            from.at("id").fail("\"" + shortened(out.id) +
                               "\" is the id of an earlier process; use another");
        }
        out.link = from.at("link").boolean();
        out.monitor = from.at("monitor").boolean();
        out.flag = from.at("trap_exit").boolean();
        if (out.monitor && !refs_.insert(out.id).second) {
            from.at("id").fail("\"" + shortened(out.id) +
                               "\" is also the name of an earlier ref; use another");
        }
    }
    static void read_to(const json_cursor& from, process_step& out) {
        out.to = from.at("to").text_that_is_not_empty();
    }
    static void read_name(const json_cursor& from, process_step& out) {
        out.name = from.at("name").text_that_is_not_empty();
    }
    void read_new_ref(const json_cursor& from, process_step& out) {
        out.ref = from.at("ref").text_that_is_not_empty();
        if (!refs_.insert(out.ref).second) {
            from.at("ref").fail("\"" + shortened(out.ref) +
                                "\" was made by an earlier step; use another");
        }
    }

    std::set<std::string> ids_{"p0"};
    std::set<std::string> refs_;
};

}  // namespace

process_scenario read_processes(const json_cursor& from) {
    process_scenario out;
    if (from.has("root")) {
        from.at("root").fail("belongs to scenarios of kind \"supervision\"; remove it");
    }
    if (from.has("seed")) {
        from.at("seed").fail("belongs to scenarios of kind \"supervision\"; remove it");
    }
    step_reader reader;
    for (const json_cursor& each : from.at("steps").items()) {
        out.steps.push_back(reader.read(each));
    }
    return out;
}

}  // namespace coppice::cli
