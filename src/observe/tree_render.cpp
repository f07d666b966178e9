// SPDX-License-Identifier: Apache-2.0
// A snapshot as text, Mermaid, DOT and JSON. Pure.

#include <array>
#include <cstdio>
#include <string_view>

#include "coppice/printable.hpp"
#include "coppice/tree.hpp"
#include "observe/delay_text.hpp"

namespace coppice {
namespace {

std::string status_of(const tree_node& node) {
    if (node.busy) {
        return "busy";
    }
    if (node.restarts_in) {
        return "restarting in " + observe::delay_text(*node.restarts_in);
    }
    if (node.status != child_status::running) {
        return std::string{to_string(node.status)};
    }
    // Empty pid: the node joins several trees.
    return node.process ? to_string(node.process) : std::string{};
}

std::string label_of(const tree_node& node) {
    std::string out = printable(node.id);
    if (!node.name.empty() && node.name != node.id) {
        out += " \"" + printable(node.name) + "\"";
    }
    if (const std::string status = status_of(node); !status.empty() && status != node.id) {
        out += " " + status;
    }
    if (!node.strategy.empty()) {
        out += " " + printable(node.strategy);
    }
    if (node.restarts > 0) {
        out +=
            ", " + std::to_string(node.restarts) + (node.restarts == 1 ? " restart" : " restarts");
    }
    if (node.message_queue_len > 0) {
        out += ", " + std::to_string(node.message_queue_len) + " waiting";
    }
    return out;
}

void add_text(const tree_node& node, const std::string& indent, std::string& out) {
    out += label_of(node) + "\n";
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const bool last = i + 1 == node.children.size();
        out += indent + (last ? "└─ " : "├─ ");
        add_text(node.children[i], indent + (last ? "   " : "│  "), out);
    }
}

/// Escaped for use between quotation marks.
std::string quotable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

/// JSON has no raw bytes: a byte that is not UTF-8 becomes the replacement character.
void escape_as_json(std::string_view bytes, std::string& out) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]) & 0x3FU; };
    unsigned code = 0xFFFD;
    if (bytes.size() == 1 && static_cast<unsigned char>(bytes[0]) < 0x80U) {
        code = static_cast<unsigned char>(bytes[0]);
    } else if (bytes.size() == 2) {
        code = (at(0) & 0x1FU) << 6U | at(1);
    } else if (bytes.size() == 3) {
        code = (at(0) & 0x0FU) << 12U | at(1) << 6U | at(2);
    }
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x", code & 0xFFFFU);
    out += text.data();
}

std::string escaped(std::string_view text) {
    return printable(quotable(text), &escape_as_json);
}

std::string without_quotes(std::string text) {
    for (char& c : text) {
        c = c == '"' || c == '<' || c == '>' ? '\'' : c;
    }
    return text;
}

/// Draws nodes and arrows under numbers: ids come from the user and may contain any character.
template <class Node, class Arrow>
int walk(const tree_node& node, int& next, Node draw, Arrow connect) {
    const int number = next++;
    draw(number, node);
    for (const tree_node& child : node.children) {
        const int below = walk(child, next, draw, connect);
        connect(number, below);
    }
    return number;
}

void add_json(const tree_node& node, std::string& out) {
    out += "{\"id\":\"" + escaped(node.id) + "\",\"pid\":\"" + to_string(node.process) +
           "\",\"name\":\"" + escaped(node.name) + "\",\"type\":\"" +
           std::string{to_string(node.type)} + "\",\"state\":\"" +
           (node.busy ? "busy" : std::string{to_string(node.status)}) + "\",\"strategy\":\"" +
           escaped(node.strategy) + "\",\"restarts\":" + std::to_string(node.restarts) +
           ",\"message_queue_len\":" + std::to_string(node.message_queue_len) + ",\"children\":[";
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        out += i == 0 ? "" : ",";
        add_json(node.children[i], out);
    }
    out += "]}";
}

}  // namespace

std::string to_text(const tree_node& root) {
    std::string out;
    add_text(root, "", out);
    return out;
}

std::string to_mermaid(const tree_node& root) {
    std::string out = "flowchart TD\n";
    int next = 0;
    walk(
        root, next,
        [&](int number, const tree_node& node) {
            const bool round = node.type == child_type::worker;
            out += "    n" + std::to_string(number) + (round ? "([\"" : "[\"") +
                   without_quotes(label_of(node)) + (round ? "\"])\n" : "\"]\n");
        },
        [&](int from, int to) {
            out += "    n" + std::to_string(from) + " --> n" + std::to_string(to) + "\n";
        });
    return out;
}

std::string to_dot(const tree_node& root) {
    std::string out = "digraph tree {\n";
    int next = 0;
    walk(
        root, next,
        [&](int number, const tree_node& node) {
            out += "    n" + std::to_string(number) +
                   " [shape=" + (node.type == child_type::worker ? "ellipse" : "box") +
                   ", label=\"" + quotable(label_of(node)) + "\"];\n";
        },
        [&](int from, int to) {
            out += "    n" + std::to_string(from) + " -> n" + std::to_string(to) + ";\n";
        });
    return out + "}\n";
}

std::string to_json(const tree_node& root) {
    std::string out;
    add_json(root, out);
    return out;
}

}  // namespace coppice
