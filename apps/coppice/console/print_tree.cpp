// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "console/layout.hpp"
#include "console/printers.hpp"
#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

std::string restarts_of(const json& node) {
    const auto count = std::llround(number_at(node, "restarts"));
    if (count == 0) {
        return {};
    }
    return ", " + std::to_string(count) + (count == 1 ? " restart" : " restarts");
}

/// The used share of a supervisor's restart intensity.
std::string budget_of(const json& node) {
    const json& window = at(node, "window");
    if (number_at(window, "used") == 0) {
        return {};
    }
    return ", " + text_at(window, "used") + " of " + text_at(window, "max") + " restarts in " +
           text_at(window, "seconds") + " s";
}

std::string label_of(const json& node) {
    const std::string id = text_at(node, "id");
    const std::string name = text_at(node, "name");
    std::string out = id;
    if (!name.empty() && name != id) {
        out += " \"" + name + "\"";
    }
    if (const std::string place = place_of(node); place != id) {
        out += " " + place;
    }
    if (const std::string strategy = text_at(node, "strategy"); !strategy.empty()) {
        out += " " + strategy;
    }
    out += restarts_of(node) + budget_of(node);
    if (const std::string last = text_at(node, "last_exit"); !last.empty()) {
        out += ", last exit " + last;
    }
    if (number_at(node, "queue") > 0) {
        out += ", " + text_at(node, "queue") + " waiting";
    }
    out += flag_at(node, "busy") ? ", busy" : "";
    out += flag_at(node, "stuck") ? ", stuck" : "";
    return printable(out);
}

void add_lines(const json& node, const std::string& first, const std::string& next,
               std::vector<tree_line>& into) {
    into.push_back({first, label_of(node), &node});
    const json& children = list_at(node, "children");
    const auto shown = static_cast<double>(children.size());
    const double hidden = number_at(node, "children_count") - shown;
    for (std::size_t i = 0; i < children.size(); ++i) {
        const bool last = i + 1 == children.size() && hidden <= 0;
        add_lines(children[i], next + (last ? "└─ " : "├─ "), next + (last ? "   " : "│  "), into);
    }
    if (hidden > 0) {
        into.push_back(
            {next + "└─ ", "… " + std::to_string(std::llround(hidden)) + " more", nullptr});
    }
}

colour colour_of(const json* node) {
    if (node == nullptr) {
        return colour::faint;
    }
    const std::string status = text_at(*node, "status");
    if (status == "restarting" || flag_at(*node, "stuck")) {
        return colour::red;
    }
    if (status == "terminated") {
        return colour::orange;
    }
    return number_at(*node, "restarts") > 0 ? colour::green : colour::none;
}

}  // namespace

std::string place_of(const json& child) {
    if (const std::string pid = text_at(child, "pid"); !pid.empty()) {
        return pid;
    }
    const double left = number_at(child, "restarts_in");
    return text_at(child, "status") + (left > 0 ? " in " + duration_text(left) : std::string{});
}

std::vector<tree_line> lines_of_tree(const json& roots) {
    std::vector<tree_line> out;
    for (const json& root : roots) {
        add_lines(root, "", "", out);
    }
    return out;
}

std::string print_tree(const json& result, bool colours) {
    std::string out;
    for (const tree_line& each : lines_of_tree(list_at(result, "roots"))) {
        out += painted(each.branches, colour::faint, colours) +
               painted(each.text, colour_of(each.node), colours) + "\n";
    }
    return out.empty() ? "there is no tree\n" : out;
}

}  // namespace coppice::cli
