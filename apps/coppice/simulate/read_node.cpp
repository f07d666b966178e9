// SPDX-License-Identifier: Apache-2.0
// Reads the nodes of a tree: workers and both kinds of supervisors.

#include "simulate/read_tree.hpp"

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
                         "stop_after_ms", "restart", "significant", "shutdown", "backoff",
                         "budget"});
    out.trap_exit = from.has("trap_exit") && from.at("trap_exit").boolean();
    if (from.has("init")) {
        const auto outcomes = from.at("init").items();
        for (const json_cursor& each : outcomes) {
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

restart_backoff read_backoff(const json_cursor& from) {
    from.require_object({"first_ms", "factor", "maximum_ms", "jitter", "reset_after_ms"});
    restart_backoff out;
    out.first = milliseconds{from.at("first_ms").integer(0, milliseconds_max)};
    if (from.has("factor")) {
        out.factor = from.at("factor").number(1, 1000);
    }
    if (from.has("maximum_ms")) {
        out.maximum = milliseconds{from.at("maximum_ms").integer(0, milliseconds_max)};
    }
    if (out.maximum < out.first) {
        from.fail(
            "has a first delay beyond the longest; raise maximum_ms, which is 60000 if left out");
    }
    if (from.has("jitter")) {
        out.jitter = from.at("jitter").number(0, 1);
    }
    if (from.has("reset_after_ms")) {
        out.reset_after = milliseconds{from.at("reset_after_ms").integer(0, milliseconds_max)};
    }
    return out;
}

restart_budget read_budget(const json_cursor& from) {
    from.require_object({"max_restarts", "max_seconds"});
    restart_budget out;
    if (from.has("max_restarts")) {
        out.max_restarts = static_cast<int>(from.at("max_restarts").integer(0, INT32_MAX));
    }
    if (from.has("max_seconds")) {
        out.max_seconds = std::chrono::seconds{from.at("max_seconds").integer(1, milliseconds_max)};
    }
    return out;
}

void read_limits(const json_cursor& from, node& out) {
    if (from.has("max_restarts")) {
        out.max_restarts = static_cast<int>(from.at("max_restarts").integer(0, INT32_MAX));
    }
    if (from.has("max_seconds")) {
        out.max_seconds = from.at("max_seconds").integer(1, milliseconds_max);
    }
    if (from.has("children_backoff")) {
        out.children_backoff = read_backoff(from.at("children_backoff"));
    }
}

std::vector<node> read_children(const json_cursor& from, auto_shutdown_mode mode) {
    std::vector<node> out;
    std::set<std::string> ids;
    for (const json_cursor& each : from.items()) {
        out.push_back(read_child(each, mode));
        if (!ids.insert(out.back().id).second) {
            each.at("id").fail("\"" + shortened(out.back().id) +
                               "\" is the id of an earlier sibling; give each child its own");
        }
    }
    return out;
}

void read_supervisor(const json_cursor& from, node& out, bool is_root) {
    std::vector<std::string_view> keys{
        "id",          "kind",          "strategy",         "max_restarts",
        "max_seconds", "auto_shutdown", "children_backoff", "children"};
    if (!is_root) {
        keys.insert(keys.end(), {"restart", "significant", "shutdown", "backoff", "budget"});
    }
    from.require_object(keys);
    if (from.has("strategy")) {
        out.strategy = static_cast<restart_strategy>(
            from.at("strategy").one_of({"one_for_one", "one_for_all", "rest_for_one"}));
    }
    read_limits(from, out);
    if (from.has("auto_shutdown")) {
        out.auto_shutdown = static_cast<auto_shutdown_mode>(
            from.at("auto_shutdown").one_of({"never", "any_significant", "all_significant"}));
    }
    out.children = read_children(from.at("children"), out.auto_shutdown);
}

void read_dynamic(const json_cursor& from, node& out) {
    from.require_object({"id", "kind", "max_restarts", "max_seconds", "max_children",
                         "children_backoff", "restart", "significant", "shutdown", "backoff",
                         "budget"});
    read_limits(from, out);
    if (from.has("max_children")) {
        out.max_children = from.at("max_children").integer(0, INT32_MAX);
    }
}

void check_significant(const json_cursor& from, restart_type restart,
                       std::optional<auto_shutdown_mode> mode_above) {
    if (restart == restart_type::permanent) {
        from.fail(
            "a permanent child cannot be significant: it is always restarted; "
            "set restart to \"transient\" or \"temporary\"");
    }
    if (mode_above == auto_shutdown_mode::never) {
        from.fail(
            "has no effect while the supervisor's auto_shutdown is \"never\"; "
            "set that to \"any_significant\" or \"all_significant\"");
    }
}

void read_as_child(const json_cursor& from, node& out,
                   std::optional<auto_shutdown_mode> mode_above) {
    if (from.has("restart")) {
        out.restart = static_cast<restart_type>(
            from.at("restart").one_of({"permanent", "transient", "temporary"}));
    }
    if (from.has("shutdown")) {
        out.shutdown = read_shutdown(from.at("shutdown"));
    }
    if (from.has("backoff")) {
        out.backoff = read_backoff(from.at("backoff"));
    }
    if (from.has("budget")) {
        out.budget = read_budget(from.at("budget"));
    }
    out.significant = from.has("significant") && from.at("significant").boolean();
    if (out.significant) {
        check_significant(from.at("significant"), out.restart, mode_above);
    }
    if (out.on_shutdown.kind == shutdown_kind::hang && out.shutdown == infinity) {
        from.at("on_shutdown")
            .fail(
                "\"hang\" with shutdown \"infinity\" would never end; give "
                "shutdown in milliseconds");
    }
}

node read_id_and_kind(const json_cursor& from) {
    node out;
    out.id = read_id(from.at("id"));
    out.kind = static_cast<node_kind>(
        from.at("kind").one_of({"worker", "supervisor", "dynamic_supervisor"}));
    return out;
}

}  // namespace

std::string read_id(const json_cursor& from) {
    std::string out = from.text_that_is_not_empty();
    if (out.find('/') != std::string::npos) {
        from.fail("contains a \"/\", which separates the ids of a path; use another character");
    }
    return out;
}

node read_root(const json_cursor& from) {
    node out = read_id_and_kind(from);
    if (out.kind != node_kind::supervisor) {
        from.at("kind").fail("the root has to be a \"supervisor\"");
    }
    read_supervisor(from, out, true);
    return out;
}

node read_child(const json_cursor& from, std::optional<auto_shutdown_mode> mode_above) {
    node out = read_id_and_kind(from);
    switch (out.kind) {
        case node_kind::worker:
            read_worker(from, out);
            break;
        case node_kind::supervisor:
            read_supervisor(from, out, false);
            break;
        case node_kind::dynamic_supervisor:
            read_dynamic(from, out);
            break;
    }
    read_as_child(from, out, mode_above);
    return out;
}

}  // namespace coppice::cli
