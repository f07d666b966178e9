// SPDX-License-Identifier: Apache-2.0
// A snapshot as an SVG picture. Pure.
//
// Each leaf has a row, and a supervisor stands in the middle of its children. Each level of the tree has a
// column as wide as the widest box. Text is monospaced, so the width is known without a font.

#include <algorithm>
#include <string_view>
#include <utility>

#include "coppice/printable.hpp"
#include "coppice/tree.hpp"
#include "observe/delay_text.hpp"

namespace coppice {
namespace {

// In pixels. Positions count in half rows, so no fractions occur.
constexpr int half_row = 25;
constexpr int box_height = 40;
constexpr int character_width = 8;  // Of 13px monospace; a little more than most fonts need.
constexpr int padding = 12;
constexpr int gap = 48;
constexpr int margin = 16;
constexpr int legend_height = 34;
constexpr std::size_t label_characters_max = 48;

struct box {
    std::string title;
    std::string facts;
    std::string_view look;
    int level = 0;
    int top = 0;
    std::vector<std::size_t> below;
};

struct picture {
    std::vector<box> boxes;
    std::vector<int> widths;  ///< Per level.
    int rows = 0;
};

std::string escaped(std::string_view text) {
    static constexpr std::string_view special = "<>&\"";
    static constexpr std::string_view names[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    std::string out;
    for (const char c : text) {
        const std::size_t which = special.find(c);
        if (which == std::string_view::npos) {
            out += c;
        } else {
            out += names[which];
        }
    }
    return out;
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string shortened(const std::string& text) {
    if (characters_of(text) <= label_characters_max) {
        return text;
    }
    std::size_t seen = 0;
    const auto end = std::ranges::find_if(
        text, [&](char c) { return begins_character(c) && ++seen == label_characters_max; });
    return std::string{text.begin(), end} + "…";
}

std::string title_of(const tree_node& node) {
    std::string out = printable(node.id);
    if (!node.name.empty() && node.name != node.id) {
        out += " \"" + printable(node.name) + "\"";
    }
    return shortened(out);
}

std::string facts_of(const tree_node& node) {
    std::vector<std::string> all;
    if (node.restarts_in) {
        all.push_back("restarting in " + observe::delay_text(*node.restarts_in));
    } else if (node.status != child_status::running) {
        all.emplace_back(node.status == child_status::stopped ? "terminated" : "restarting");
    } else if (node.process && to_string(node.process) != node.id) {
        all.push_back(to_string(node.process));
    }
    if (node.busy) {
        all.emplace_back("busy");
    }
    if (!node.strategy.empty()) {
        all.push_back(printable(node.strategy));
    }
    if (const std::int64_t count = std::max(node.restarts, node.times_restarted); count > 0) {
        all.push_back(std::to_string(count) + (count == 1 ? " restart" : " restarts"));
    }
    if (node.message_queue_len > 0) {
        all.push_back(std::to_string(node.message_queue_len) + " waiting");
    }
    std::string out;
    for (const std::string& each : all) {
        out += (out.empty() ? "" : ", ") + each;
    }
    return shortened(out);
}

std::string_view look_of(const tree_node& node) {
    if (node.status == child_status::stopped) {
        return "terminated";
    }
    if (node.status == child_status::restarting) {
        return "crashed";
    }
    return node.busy ? "busy" : node.times_restarted > 0 ? "restarted" : "quiet";
}

std::size_t place(const tree_node& node, std::size_t level, picture& into) {
    const std::size_t number = into.boxes.size();
    into.boxes.push_back(
        {title_of(node), facts_of(node), look_of(node), static_cast<int>(level), 0, {}});
    into.widths.resize(std::max(into.widths.size(), level + 1));
    const std::size_t longest =
        std::max(characters_of(into.boxes[number].title), characters_of(into.boxes[number].facts));
    into.widths[level] =
        std::max(into.widths[level], 2 * padding + character_width * static_cast<int>(longest));
    std::vector<std::size_t> below;
    for (const tree_node& child : node.children) {
        below.push_back(place(child, level + 1, into));
    }
    into.boxes[number].top =
        below.empty() ? 2 * half_row * into.rows++
                      : (into.boxes[below.front()].top + into.boxes[below.back()].top) / 2;
    into.boxes[number].below = std::move(below);
    return number;
}

std::string attribute(std::string_view name, int value) {
    return " " + std::string{name} + "=\"" + std::to_string(value) + "\"";
}

std::string text_at(int x, int y, std::string_view what, std::string_view kind) {
    return "<text" + attribute("x", x) + attribute("y", y) + " class=\"" + std::string{kind} +
           "\">" + escaped(what) + "</text>\n";
}

class painter {
  public:
    explicit painter(const picture& of) : of_{of} {
        int x = margin;
        for (const int width : of.widths) {
            lefts_.push_back(x);
            x += width + gap;
        }
        width_ = std::max(x - gap + margin, legend_width);
        height_ = 2 * margin + 2 * half_row * of.rows - (2 * half_row - box_height) + legend_height;
    }

    std::string svg() {
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + attribute("width", width_) +
               attribute("height", height_) + " viewBox=\"0 0 " + std::to_string(width_) + " " +
               std::to_string(height_) + "\" role=\"img\">\n<title>supervision tree</title>\n";
        out_ += style;
        for (const box& each : of_.boxes) {
            draw_lines(each);
        }
        for (const box& each : of_.boxes) {
            draw(each);
        }
        draw_legend();
        return out_ + "</svg>\n";
    }

  private:
    static constexpr int legend_width = 480;
    static constexpr std::string_view style =
        "<style>\n"
        "svg { font: 13px ui-monospace, monospace; background: #ffffff; }\n"
        "text { fill: #24292f; }\n"
        ".title { font-weight: bold; }\n"
        ".facts, .legend { font-size: 11px; fill: #57606a; }\n"
        "path { fill: none; stroke: #8c959f; stroke-width: 1.5; }\n"
        "rect { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5; }\n"
        ".restarted rect { stroke: #0cac08; stroke-width: 3; }\n"
        ".terminated rect { fill: #fbab04; }\n"
        ".crashed rect { fill: #fe8888; }\n"
        ".busy rect { stroke-dasharray: 5 3; }\n"
        ".terminated text, .crashed text { fill: #24292f; }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  svg { background: #0d1117; } text { fill: #e6edf3; }\n"
        "  .facts, .legend { fill: #9198a1; } rect { fill: #161b22; stroke: #656d76; }\n"
        "  path { stroke: #656d76; }\n"
        "}\n"
        "</style>\n";

    static int middle_of(const box& of) { return margin + of.top + box_height / 2; }
    int left_of(const box& of) const { return lefts_[static_cast<std::size_t>(of.level)]; }
    int width_of(const box& of) const { return of_.widths[static_cast<std::size_t>(of.level)]; }

    /// From the right side of the box, along one vertical line for all children, into each child.
    void draw_lines(const box& from) {
        if (from.below.empty()) {
            return;
        }
        const int turn = left_of(from) + width_of(from) + gap / 2;
        const auto y_of = [&](std::size_t child) { return middle_of(of_.boxes[child]); };
        std::string path = "M" + std::to_string(turn - gap / 2) + " " +
                           std::to_string(middle_of(from)) + "H" + std::to_string(turn);
        path += "M" + std::to_string(turn) + " " + std::to_string(y_of(from.below.front())) + "V" +
                std::to_string(y_of(from.below.back()));
        for (const std::size_t child : from.below) {
            path += "M" + std::to_string(turn) + " " + std::to_string(y_of(child)) + "h" +
                    std::to_string(gap / 2);
        }
        out_ += "<path d=\"" + path + "\"/>\n";
    }

    void draw(const box& drawn) {
        const int x = left_of(drawn);
        const int y = margin + drawn.top;
        out_ += "<g class=\"" + std::string{drawn.look} + "\">\n<rect" + attribute("x", x) +
                attribute("y", y) + attribute("width", width_of(drawn)) +
                attribute("height", box_height) + " rx=\"6\"/>\n";
        const bool alone = drawn.facts.empty();
        out_ += text_at(x + padding, y + (alone ? 25 : 17), drawn.title, "title");
        if (!alone) {
            out_ += text_at(x + padding, y + 32, drawn.facts, "facts");
        }
        out_ += "</g>\n";
    }

    void draw_legend() {
        int x = margin;
        const int y = height_ - margin;
        for (const std::string_view look : {"restarted", "crashed", "terminated", "busy"}) {
            out_ += "<g class=\"" + std::string{look} + "\"><rect" + attribute("x", x) +
                    attribute("y", y - 11) + " width=\"13\" height=\"13\" rx=\"3\"/></g>\n";
            out_ += text_at(x + 20, y, look, "legend");
            x += 20 + character_width * static_cast<int>(look.size()) + 20;
        }
    }

    const picture& of_;
    std::vector<int> lefts_;
    int width_ = 0;
    int height_ = 0;
    std::string out_;
};

}  // namespace

std::string to_svg(const tree_node& root) {
    picture made;
    place(root, 0, made);
    return painter{made}.svg();
}

}  // namespace coppice
