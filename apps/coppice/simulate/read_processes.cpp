// SPDX-License-Identifier: Apache-2.0
// The kind "processes".

#include <set>

#include "simulate/printable.hpp"
#include "simulate/read_tree.hpp"

namespace coppice::cli {
namespace {

struct step_form {
    std::string_view name;
    process_action action;
    std::vector<std::string_view> keys;
};

const std::vector<step_form>& step_forms() {
    using enum process_action;
    static const std::vector<step_form> forms{
        {"spawn", spawn, {"id", "link", "monitor", "trap_exit"}},
        {"trap_exit", trap_exit, {"flag"}},
        {"link", link, {"to"}},
        {"unlink", unlink, {"to"}},
        {"monitor", monitor, {"to", "ref"}},
        {"monitor_name", monitor_name, {"name", "ref"}},
        {"demonitor", demonitor, {"ref", "flush"}},
        {"exit_signal", exit_signal, {"to", "reason"}},
        {"exit", exit, {"reason"}},
        {"raise", raise, {"message"}},
        {"return", finish, {}},
        {"send", send, {"to", "message"}},
        {"send_name", send_name, {"name", "message"}},
        {"register", register_name, {"name", "to"}},
        {"unregister", unregister_name, {"name"}},
        {"whereis", whereis, {"name"}},
    };
    return forms;
}

class step_reader {
  public:
    process_step read(const json_cursor& from) {
        const step_form& form = form_of(from, step_forms(), {"by"});
        process_step out;
        out.action = form.action;
        out.action_name = form.name;
        for (const std::string_view key : form.keys) {
            read_value(key, from.at(key), out);
        }
        check_new_names(from, out);
        out.by = from.at("by").text_that_is_not_empty();
        return out;
    }

  private:
    static void read_value(std::string_view key, const json_cursor& from, process_step& out) {
        if (key == "link") {
            out.link = from.boolean();
        } else if (key == "monitor") {
            out.monitor = from.boolean();
        } else if (key == "flag" || key == "flush" || key == "trap_exit") {
            out.flag = from.boolean();
        } else if (key == "message") {
            out.text = from.text();
        } else if (key == "id") {
            out.id = read_id(from);
        } else {
            std::string& value = key == "to"     ? out.to
                                 : key == "name" ? out.name
                                 : key == "ref"  ? out.ref
                                                 : out.text;  // A reason.
            value = from.text_that_is_not_empty();
        }
    }

    /// Checks that ids of processes and names of monitors are new. A monitor made by
    /// `spawn` has the id of its process.
    void check_new_names(const json_cursor& from, const process_step& step) {
        if (step.action == process_action::spawn) {
            require_new(from.at("id"), ids_, step.id, "is the id of an earlier process");
            if (step.monitor) {
                require_new(from.at("id"), refs_, step.id, "is also the name of an earlier ref");
            }
        } else if (step.action == process_action::monitor ||
                   step.action == process_action::monitor_name) {
            require_new(from.at("ref"), refs_, step.ref, "was made by an earlier step");
        }
    }
    static void require_new(const json_cursor& from, std::set<std::string>& known,
                            const std::string& name, const char* why_not) {
        if (!known.insert(name).second) {
            from.fail("\"" + shortened(name) + "\" " + why_not + "; use another");
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
    const auto steps = from.at("steps").items();
    for (const json_cursor& each : steps) {
        out.steps.push_back(reader.read(each));
    }
    return out;
}

}  // namespace coppice::cli
