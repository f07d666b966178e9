// SPDX-License-Identifier: Apache-2.0
// Comparing traces: order counts but where OTP leaves it open.

#include <algorithm>
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

void collect_dynamic(const node& from, const std::string& path, std::set<std::string>& out) {
    if (from.kind == node_kind::dynamic_supervisor) {
        out.insert(path);
    }
    for (const node& child : from.children) {
        collect_dynamic(child, path + "/" + child.id, out);
    }
}

std::set<std::string> dynamic_paths(const tree_scenario& given) {
    std::set<std::string> out;
    collect_dynamic(given.root, given.root.id, out);
    for (const tree_step& step : given.steps) {
        if (step.child) {
            collect_dynamic(*step.child, step.target + "/" + step.child->id, out);
        }
    }
    return out;
}

/// Which events of a line may come in any order.
class open_order {
  public:
    explicit open_order(const scenario& ran) {
        if (const auto* tree = std::get_if<tree_scenario>(&ran)) {
            dynamic_ = dynamic_paths(*tree);
        } else {
            all_ = true;
        }
    }

    /// The events in order, and those without, sorted.
    std::pair<events, events> split(const json& line) const {
        std::set<std::string> killed;
        for (const json& each : line["events"]) {
            if (each["event"] == "exit" && each["reason"] == "killed") {
                killed.insert(each["path"].get<std::string>());
            }
        }
        std::pair<events, events> out;
        for (const json& each : line["events"]) {
            (is_open(each, killed) ? out.second : out.first).push_back(each);
        }
        std::sort(out.second.begin(), out.second.end());
        return out;
    }

  private:
    bool is_open(const json& event, const std::set<std::string>& killed) const {
        if (all_) {
            return true;
        }
        const auto path = event["path"].get<std::string>();
        const auto below = [&](const std::string& above) { return is_below(path, above); };
        return std::any_of(dynamic_.begin(), dynamic_.end(), below) ||
               (event["event"] != "start" && std::any_of(killed.begin(), killed.end(), below));
    }

    std::set<std::string> dynamic_;
    bool all_ = false;
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

std::string line_difference(const open_order& open, const json& expected, const json& actual) {
    for (const char* key : {"step", "do", "result"}) {
        if (expected[key] != actual[key]) {
            return std::string{key} + ": expected " + expected[key].dump() + ", got " +
                   actual[key].dump();
        }
    }
    const auto [wanted, wanted_any] = open.split(expected);
    const auto [got, got_any] = open.split(actual);
    const std::string ordered = first_difference(wanted, got, "in order");
    return ordered.empty() ? first_difference(wanted_any, got_any, "in any order") : ordered;
}

}  // namespace

std::string difference(const scenario& ran, const trace& expected, const trace& actual) {
    const open_order open{ran};
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
