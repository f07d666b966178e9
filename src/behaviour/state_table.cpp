// SPDX-License-Identifier: Apache-2.0
// The texts of a machine's table.

#include "coppice/state_table.hpp"

#include <algorithm>
#include <cstddef>

namespace coppice {
namespace {

/// Mermaid's names of states have no spaces.
std::string node_of(const state_table& table, const std::string& state) {
    const auto at = std::ranges::find(table.states, state);
    return "s" + std::to_string(at - table.states.begin());
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& each : words) {
        out += (out.empty() ? "" : ", ") + each;
    }
    return out;
}

std::string cell(const state_table& table, const state_row& of, const std::string& state) {
    const auto row = std::ranges::find_if(table.rows, [&](const state_row& each) {
        return each.state == state && each.sort == of.sort && each.event == of.event;
    });
    if (row == table.rows.end()) {
        return "";
    }
    return row->next.empty() ? "stays" : "→ " + joined(row->next);
}

std::string line_of_cells(const std::string& first, const std::vector<std::string>& cells) {
    std::string out = "| " + first + " |";
    for (const std::string& each : cells) {
        out += each.empty() ? " |" : " " + each + " |";
    }
    return out + "\n";
}

bool begins_event(const std::vector<state_row>& rows, std::size_t at) {
    return at == 0 || rows[at - 1].sort != rows[at].sort || rows[at - 1].event != rows[at].event;
}

}  // namespace

std::string to_mermaid(const state_table& table) {
    std::string out = "stateDiagram-v2\n";
    for (const std::string& each : table.states) {
        out += "    state \"" + each + "\" as " + node_of(table, each) + "\n";
    }
    if (!table.states.empty()) {
        out += "    [*] --> " + node_of(table, table.states.front()) + "\n";
    }
    for (const state_row& row : table.rows) {
        const std::vector<std::string> stays{row.state};
        for (const std::string& to : row.next.empty() ? stays : row.next) {
            out += "    " + node_of(table, row.state) + " --> " + node_of(table, to) + " : " +
                   row.sort + " " + row.event + "\n";
        }
    }
    return out;
}

std::string to_text(const state_table& table) {
    std::string out = line_of_cells(table.machine, table.states);
    out += line_of_cells("---", std::vector<std::string>(table.states.size(), "---"));
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const state_row& row = table.rows[i];
        if (begins_event(table.rows, i)) {
            std::vector<std::string> cells;
            for (const std::string& state : table.states) {
                cells.push_back(cell(table, row, state));
            }
            out += line_of_cells(row.sort + " " + row.event, cells);
        }
    }
    if (!table.enters.empty()) {
        std::vector<std::string> cells;
        for (const std::string& state : table.states) {
            cells.emplace_back(
                std::ranges::find(table.enters, state) == table.enters.end() ? "" : "runs");
        }
        out += line_of_cells("enter", cells);
    }
    return out;
}

}  // namespace coppice
