// SPDX-License-Identifier: Apache-2.0
// Comparison of traces: the order of events counts, except where OTP leaves the order open.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;
using events = std::vector<json>;

bool is_below(const std::string& path, const std::string& above) {
    return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

/// The node at each path of a tree, at each moment of a trace. A path may belong to a worker now and to a
/// dynamic supervisor later: steps delete children and start others in their place, and a restarted
/// supervisor has its initial children again.
class tree_history {
  public:
    explicit tree_history(const tree_scenario& given) : given_{given} {
        nodes_.emplace(given.root.id, &given.root);
    }

    /// Processes a line. Queries about single events come afterwards.
    void go_through(const json& line) {
        const tree_step* step = step_of(line);
        for (const json& event : line["events"]) {
            if (event["event"] != "start") {
                continue;
            }
            const auto path = event["path"].get<std::string>();
            if (step != nullptr && path == step->target + "/" + step->child->id) {
                nodes_.insert_or_assign(path, &*step->child);
                // Further starts are restarts.
                step = nullptr;
            }
            start(path, event["n"].get<int>());
        }
    }

    bool is_below_dynamic(const json& event) const { return known(event).below_dynamic; }
    bool is_supervisor(const json& event) const {
        const node* what = known(event).what;
        return what != nullptr && what->kind != node_kind::worker;
    }

  private:
    struct started {
        const node* what = nullptr;
        bool below_dynamic = false;
    };

    /// The step of the line, if the step started a new child.
    const tree_step* step_of(const json& line) const {
        const auto number = line["step"].get<std::size_t>();
        if (number == 0 || number > given_.steps.size() || !given_.steps[number - 1].child ||
            line["result"] == "error:already_started" ||
            line["result"] == "error:already_present") {
            return nullptr;
        }
        return &given_.steps[number - 1];
    }

    void start(const std::string& path, int n) {
        const auto found = nodes_.find(path);
        const node* what = found == nodes_.end() ? nullptr : found->second;
        started_[{path, n}] = {what, is_below_dynamic(path)};
        std::erase_if(nodes_, [&](const auto& each) { return is_below(each.first, path); });
        if (what != nullptr) {
            for (const node& child : what->children) {
                nodes_.emplace(path + "/" + child.id, &child);
            }
        }
    }

    bool is_below_dynamic(const std::string& path) const {
        return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& each) {
            return each.second->kind == node_kind::dynamic_supervisor && is_below(path, each.first);
        });
    }

    started known(const json& event) const {
        const auto found = started_.find({event["path"].get<std::string>(), event["n"].get<int>()});
        return found == started_.end() ? started{} : found->second;
    }

    const tree_scenario& given_;
    /// Nodes of the present paths.
    std::map<std::string, const node*> nodes_;
    std::map<std::pair<std::string, int>, started> started_;
};

/// Decides which events of a trace may come in any order. Takes the lines one after another.
class open_order {
  public:
    explicit open_order(const scenario& ran) {
        if (const auto* tree = std::get_if<tree_scenario>(&ran)) {
            history_.emplace(*tree);
        }
    }

    /// The events in order, and the events in any order, sorted.
    std::pair<events, events> split(const json& line) {
        std::set<std::string> killed;
        if (history_) {
            history_->go_through(line);
            killed = killed_supervisors(line);
        }
        std::pair<events, events> out;
        for (const json& each : line["events"]) {
            (is_open(each, killed) ? out.second : out.first).push_back(each);
        }
        std::sort(out.second.begin(), out.second.end());
        return out;
    }

  private:
    std::set<std::string> killed_supervisors(const json& line) const {
        std::set<std::string> out;
        for (const json& each : line["events"]) {
            if (each["event"] == "exit" && each["reason"] == "killed" &&
                history_->is_supervisor(each)) {
                out.insert(each["path"].get<std::string>());
            }
        }
        return out;
    }

    bool is_open(const json& event, const std::set<std::string>& killed) const {
        if (!history_ || history_->is_below_dynamic(event)) {
            return true;
        }
        const auto path = event["path"].get<std::string>();
        return event["event"] != "start" &&
               std::any_of(killed.begin(), killed.end(),
                           [&](const std::string& above) { return is_below(path, above); });
    }

    /// Empty for a scenario of processes, where any order is allowed.
    std::optional<tree_history> history_;
};

std::string first_difference(const events& expected, const events& actual, const char* order) {
    for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
        const std::string wanted = i < expected.size() ? expected[i].dump() : "nothing more";
        const std::string got = i < actual.size() ? actual[i].dump() : "nothing more";
        if (wanted != got) {
            return std::string{"event "} + std::to_string(i + 1) + " of those " + order +
                   ": expected " + wanted + ", got " + got;
        }
    }
    return {};
}

struct both_orders {
    open_order expected;
    open_order actual;
};

std::string line_difference(both_orders& open, const json& expected, const json& actual) {
    for (const char* key : {"step", "do", "result"}) {
        if (expected[key] != actual[key]) {
            return std::string{key} + ": expected " + expected[key].dump() + ", got " +
                   actual[key].dump();
        }
    }
    const auto [wanted, wanted_any] = open.expected.split(expected);
    const auto [got, got_any] = open.actual.split(actual);
    const std::string ordered = first_difference(wanted, got, "in order");
    return ordered.empty() ? first_difference(wanted_any, got_any, "in any order") : ordered;
}

}  // namespace

std::string difference(const scenario& ran, const trace& expected, const trace& actual) {
    both_orders open{open_order{ran}, open_order{ran}};
    for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
        if (i >= expected.size() || i >= actual.size()) {
            return "expected " + std::to_string(expected.size()) + " lines, got " +
                   std::to_string(actual.size());
        }
        const std::string found = line_difference(open, expected[i], actual[i]);
        if (!found.empty()) {
            return "line " + std::to_string(i) + ": " + found;
        }
    }
    return {};
}

}  // namespace coppice::cli
