// SPDX-License-Identifier: Apache-2.0
// The kind "supervision".

#include "simulate/read_tree.hpp"

#include <map>
#include <set>
#include <utility>

#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

using std::chrono::milliseconds;

/// "error:why" is {"error", "why"}.
std::pair<std::string, std::string> split(const std::string& text) {
    const std::size_t colon = text.find(':');
    return colon == std::string::npos ? std::pair{text, std::string{}}
                                      : std::pair{text.substr(0, colon), text.substr(colon + 1)};
}

init_outcome read_outcome(const json_cursor& from) {
    const auto [word, text] = split(from.text());
    if (word == "ok" && text.empty()) {
        return {outcome_kind::ok, {}};
    }
    if (word == "ignore" && text.empty()) {
        return {outcome_kind::ignore, {}};
    }
    if (word == "error" && !text.empty()) {
        return {outcome_kind::error, text};
    }
    if (word == "crash" && !text.empty()) {
        return {outcome_kind::crash, text};
    }
    from.fail("is no outcome; write \"ok\", \"ignore\", \"error:REASON\" or \"crash:MESSAGE\"");
}

milliseconds read_linger(const json_cursor& from, const std::string& text) {
    const bool digits = !text.empty() && text.size() <= 10 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoll(text) > milliseconds_max) {
        from.fail("has no usable time; write \"linger:MILLISECONDS\", as in \"linger:50\"");
    }
    return milliseconds{std::stoll(text)};
}

shutdown_action read_action(const json_cursor& from) {
    const auto [word, text] = split(from.text());
    shutdown_action out;
    out.text = text;
    if (word == "exit" && text.empty()) {
        out.kind = shutdown_kind::exit;
    } else if (word == "hang" && text.empty()) {
        out.kind = shutdown_kind::hang;
    } else if (word == "linger") {
        out.kind = shutdown_kind::linger;
        out.time = read_linger(from, text);
    } else if (word == "crash" && !text.empty()) {
        out.kind = shutdown_kind::crash;
    } else if (word == "stop" && !text.empty()) {
        out.kind = shutdown_kind::stop;
    } else {
        from.fail(
            "is no action; write \"exit\", \"hang\", \"linger:MS\", \"crash:MESSAGE\" or "
            "\"stop:REASON\"");
    }
    return out;
}

shutdown_limit read_shutdown(const json_cursor& from) {
    if (from.is_integer()) {
        return milliseconds{from.integer(0, milliseconds_max)};
    }
    try {
        return from.one_of({"brutal_kill", "infinity"}) == 0 ? brutal_kill : infinity;
    } catch (const scenario_error&) {
        from.fail("has to be milliseconds, \"brutal_kill\" or \"infinity\"");
    }
}

void read_worker(const json_cursor& from, node& out) {
    from.require_object({"id", "kind", "trap_exit", "init", "on_shutdown", "crash_after_ms",
                         "stop_after_ms", "restart", "significant", "shutdown"});
    out.trap_exit = from.has("trap_exit") && from.at("trap_exit").boolean();
    if (from.has("init")) {
        for (const json_cursor& each : from.at("init").items()) {
            out.init.push_back(read_outcome(each));
        }
        if (out.init.empty()) {
            from.at("init").fail("is empty; list at least one outcome, or leave the key out");
        }
    }
    if (from.has("on_shutdown")) {
        out.on_shutdown = read_action(from.at("on_shutdown"));
    }
    if (from.has("crash_after_ms")) {
        out.crash_after = milliseconds{from.at("crash_after_ms").integer(0, milliseconds_max)};
    }
    if (from.has("stop_after_ms")) {
        out.stop_after = milliseconds{from.at("stop_after_ms").integer(0, milliseconds_max)};
    }
}

void read_limits(const json_cursor& from, node& out) {
    if (from.has("max_restarts")) {
        out.max_restarts = static_cast<int>(from.at("max_restarts").integer(0, INT32_MAX));
    }
    if (from.has("max_seconds")) {
        out.max_seconds = from.at("max_seconds").integer(1, milliseconds_max);
    }
}

node read_node(const json_cursor& from, bool is_root, auto_shutdown_mode mode_above,
               bool knows_above);

void read_supervisor(const json_cursor& from, node& out, bool is_root) {
    if (is_root) {
        from.require_object(
            {"id", "kind", "strategy", "max_restarts", "max_seconds", "auto_shutdown", "children"});
    } else {
        from.require_object({"id", "kind", "strategy", "max_restarts", "max_seconds",
                             "auto_shutdown", "children", "restart", "significant", "shutdown"});
    }
    if (from.has("strategy")) {
        out.strategy = static_cast<restart_strategy>(
            from.at("strategy").one_of({"one_for_one", "one_for_all", "rest_for_one"}));
    }
    read_limits(from, out);
    if (from.has("auto_shutdown")) {
        out.auto_shutdown = static_cast<auto_shutdown_mode>(
            from.at("auto_shutdown").one_of({"never", "any_significant", "all_significant"}));
    }
    std::set<std::string> ids;
    for (const json_cursor& each : from.at("children").items()) {
        out.children.push_back(read_node(each, false, out.auto_shutdown, true));
        if (!ids.insert(out.children.back().id).second) {
            each.at("id").fail("\"" + shortened(out.children.back().id) +
                               "\" is the id of an earlier sibling; give each child its own");
        }
    }
}

void read_dynamic(const json_cursor& from, node& out) {
    from.require_object({"id", "kind", "max_restarts", "max_seconds", "max_children", "restart",
                         "significant", "shutdown"});
    read_limits(from, out);
    if (from.has("max_children")) {
        out.max_children = from.at("max_children").integer(0, INT32_MAX);
    }
}

void read_as_child(const json_cursor& from, node& out, auto_shutdown_mode mode_above,
                   bool knows_above) {
    if (from.has("restart")) {
        out.restart = static_cast<restart_type>(
            from.at("restart").one_of({"permanent", "transient", "temporary"}));
    }
    if (from.has("shutdown")) {
        out.shutdown = read_shutdown(from.at("shutdown"));
    }
    out.significant = from.has("significant") && from.at("significant").boolean();
    if (out.significant && out.restart == restart_type::permanent) {
        from.at("significant")
            .fail(
                "a permanent child cannot be significant: it is always restarted; "
                "set restart to \"transient\" or \"temporary\"");
    }
    if (out.significant && knows_above && mode_above == auto_shutdown_mode::never) {
        from.at("significant")
            .fail(
                "means nothing while the supervisor's auto_shutdown is "
                "\"never\"; set that to \"any_significant\" or "
                "\"all_significant\"");
    }
    if (out.on_shutdown.kind == shutdown_kind::hang && out.shutdown == infinity) {
        from.at("on_shutdown")
            .fail(
                "\"hang\" with shutdown \"infinity\" would never end; give "
                "shutdown in milliseconds");
    }
}

node read_node(const json_cursor& from, bool is_root, auto_shutdown_mode mode_above,
               bool knows_above) {
    node out;
    out.id = from.at("id").text_that_is_not_empty();
    if (out.id.find('/') != std::string::npos) {
        from.at("id").fail(
            "contains a \"/\", which separates the ids of a path; use another character");
    }
    out.kind = static_cast<node_kind>(
        from.at("kind").one_of({"worker", "supervisor", "dynamic_supervisor"}));
    if (is_root && out.kind != node_kind::supervisor) {
        from.at("kind").fail("the root has to be a \"supervisor\"");
    }
    switch (out.kind) {
        case node_kind::worker:
            read_worker(from, out);
            break;
        case node_kind::supervisor:
            read_supervisor(from, out, is_root);
            break;
        case node_kind::dynamic_supervisor:
            read_dynamic(from, out);
            break;
    }
    if (!is_root) {
        read_as_child(from, out, mode_above, knows_above);
    }
    return out;
}

/// What is known of paths before anything runs: whatever the initial tree or a step puts there.
class known_paths {
  public:
    explicit known_paths(const node& root) { learn(root, root.id, true); }

    void learn_of_step(const node& child, const std::string& above) {
        learn(child, above + "/" + child.id, false);
    }
    /// The node of the initial tree; null if it has none there.
    const node* initial(const std::string& path) const {
        const auto found = known_.find(path);
        return found == known_.end() ? nullptr : found->second.initial;
    }
    /// A dynamic supervisor is all that is ever put there.
    bool always_dynamic(const std::string& path) const {
        const auto found = known_.find(path);
        return found != known_.end() && found->second.always_dynamic;
    }

  private:
    struct knowledge {
        const node* initial = nullptr;
        bool always_dynamic = true;
    };

    void learn(const node& what, const std::string& path, bool is_initial) {
        knowledge& here = known_[path];
        here.initial = is_initial ? &what : here.initial;
        here.always_dynamic &= what.kind == node_kind::dynamic_supervisor;
        for (const node& child : what.children) {
            learn(child, path + "/" + child.id, is_initial);
        }
    }

    std::map<std::string, knowledge> known_;
};

class step_reader {
  public:
    explicit step_reader(const node& root) : paths_{root} {}

    tree_step read(const json_cursor& from) {
        tree_step out;
        out.action = static_cast<tree_action>(from.at("do").one_of(
            {"exit", "crash", "stop", "start_child", "terminate_child", "restart_child",
             "delete_child", "which_children", "count_children", "advance"}));
        out.name = from.at("do").text();
        read_arguments(from, out);
        return out;
    }

  private:
    void read_arguments(const json_cursor& from, tree_step& out) {
        switch (out.action) {
            case tree_action::exit:
            case tree_action::stop:
                from.require_object({"do", "target", "reason"});
                out.text = from.at("reason").text_that_is_not_empty();
                break;
            case tree_action::crash:
                from.require_object({"do", "target", "message"});
                out.text = from.at("message").text();
                break;
            case tree_action::start_child:
                from.require_object({"do", "target", "child"});
                break;
            case tree_action::terminate_child:
            case tree_action::restart_child:
            case tree_action::delete_child:
                from.require_object({"do", "target", "id"});
                out.text = from.at("id").text_that_is_not_empty();
                if (out.text.find('/') != std::string::npos) {
                    from.at("id").fail("contains a \"/\": give the child's id, not its path");
                }
                break;
            case tree_action::which_children:
            case tree_action::count_children:
                from.require_object({"do", "target"});
                break;
            case tree_action::advance:
                from.require_object({"do", "ms"});
                out.time = milliseconds{from.at("ms").integer(0, milliseconds_max)};
                return;
        }
        out.target = from.at("target").text_that_is_not_empty();
        if (out.action == tree_action::start_child) {
            read_child(from.at("child"), out);
        }
    }

    void read_child(const json_cursor& from, tree_step& out) {
        const node* above = paths_.initial(out.target);
        out.child = read_node(from, false,
                              above == nullptr ? auto_shutdown_mode::never : above->auto_shutdown,
                              above != nullptr && above->kind != node_kind::worker);
        if (paths_.always_dynamic(out.target) &&
            !dynamic_ids_[out.target].insert(out.child->id).second) {
            from.at("id").fail(started_twice(out.child->id));
        }
        paths_.learn_of_step(*out.child, out.target);
    }

    known_paths paths_;
    std::map<std::string, std::set<std::string>> dynamic_ids_;
};

}  // namespace

std::string started_twice(const std::string& id) {
    return "\"" + shortened(id) +
           "\" was started under this dynamic supervisor before; give each of its children an id "
           "of "
           "its own";
}

tree_scenario read_tree(const json_cursor& from) {
    tree_scenario out;
    out.root = read_node(from.at("root"), true, auto_shutdown_mode::never, false);
    step_reader reader{out.root};
    for (const json_cursor& each : from.at("steps").items()) {
        out.steps.push_back(reader.read(each));
    }
    if (from.has("seed")) {
        out.seed = static_cast<std::uint64_t>(from.at("seed").integer(INT64_MIN, INT64_MAX));
    }
    return out;
}

}  // namespace coppice::cli
