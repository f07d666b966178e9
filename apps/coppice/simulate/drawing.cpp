// SPDX-License-Identifier: Apache-2.0

#include "simulate/drawing.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

// In pixels.
constexpr int row_height = 30;
constexpr int bar_height = 18;
constexpr int column_width = 92;
constexpr int head_height = 58;
constexpr int character_width = 8;
constexpr int margin = 12;
constexpr int text_baseline = row_height / 2 + 4;
constexpr std::size_t path_characters_max = 60;

constexpr const char* crashed_colour = "#fe8888";
constexpr const char* terminated_colour = "#fbab04";
constexpr const char* restarted_colour = "#0cac08";
constexpr const char* first_colour = "#9db7d5";

std::string number(std::size_t value) {
    return std::to_string(value);
}

std::string xml(std::string_view text) {
    std::string out;
    for (const char c : printable(std::string{text})) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// Cuts the text to the width of a column.
std::string shortened(const std::string& text, std::size_t most) {
    if (text.size() <= most) {
        return text;
    }
    std::size_t end = most - 1;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        // Step back to the start of the UTF-8 character.
        --end;
    }
    return text.substr(0, end) + "…";
}

std::string text_at(int x, int y, const std::string& what, const char* more = "") {
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\"" + more + ">" +
           xml(what) + "</text>\n";
}

std::string seconds(std::int64_t ms) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
    return text;
}

std::string string_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_asked_for(const std::string& why) {
    return why == "normal" || why.starts_with("shutdown");
}

constexpr const char* style =
    "<style>\n"
    "svg { font: 12px ui-monospace, monospace; background: #ffffff; }\n"
    "text { fill: #24292f; }\n"
    ".faint { fill: #6e7781; }\n"
    ".failed { fill: #d1242f; font-weight: bold; }\n"
    "line { stroke: #d0d7de; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  svg { background: #0d1117; } text { fill: #e6edf3; } .faint { fill: #8d96a0; }\n"
    "  line { stroke: #30363d; } .on_bar { fill: #24292f; }\n"
    "}\n"
    "</style>\n";

std::string legend(int y) {
    std::string out;
    int x = margin;
    for (const auto& [colour, meaning] :
         {std::pair{first_colour, "first life"}, std::pair{restarted_colour, "restarted"},
          std::pair{crashed_colour, "crashed"}, std::pair{terminated_colour, "terminated"}}) {
        out += "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y - 10) +
               "\" width=\"12\" height=\"12\" rx=\"3\" fill=\"" + colour + "\"/>\n";
        out += text_at(x + 18, y, meaning, " class=\"faint\"");
        x += 18 + character_width * static_cast<int>(std::string_view{meaning}.size()) + 20;
    }
    return out;
}

}  // namespace

std::optional<std::size_t> drawing::moment_of(const trace_line& line, const json& event) {
    moment at;
    at.step = line["step"].get<std::int64_t>();
    if (event.contains("at_ms")) {
        at.at_ms = event["at_ms"].get<std::int64_t>();
    }
    if (moments_.empty() || moments_.back().step != at.step || moments_.back().at_ms != at.at_ms) {
        if (moments_.size() == moments_max) {
            return std::nullopt;
        }
        at.label = line["do"].get<std::string>() + subject(ran_, at.step);
        moments_.push_back(std::move(at));
    }
    return moments_.size() - 1;
}

drawing::lane* drawing::lane_of(const std::string& path) {
    const auto found = lane_numbers_.find(path);
    if (found != lane_numbers_.end()) {
        return &lanes_[found->second];
    }
    if (lanes_.size() == lanes_max) {
        return nullptr;
    }
    lane_numbers_.emplace(path, lanes_.size());
    return &lanes_.emplace_back(lane{path, {}, {}});
}

void drawing::start(lane& in, const json& event, std::size_t at) {
    if (event["outcome"] == "ok") {
        in.lives.push_back({event["n"].get<std::int64_t>(), at, at, ending::alive, {}});
    } else {
        in.failed.push_back({at, string_of(event["outcome"])});
    }
}

void drawing::end(lane& in, const json& event, std::size_t at) {
    if (in.lives.empty() || in.lives.back().how != ending::alive) {
        return;
    }
    life& over = in.lives.back();
    over.end = at;
    over.why = string_of(event["reason"]);
    over.how = is_asked_for(over.why) ? ending::terminated : ending::crashed;
}

void drawing::add(const trace_line& line) {
    for (const json& event : line["events"]) {
        const auto at = moment_of(line, event);
        lane* const in = at ? lane_of(event["path"].get<std::string>()) : nullptr;
        if (in == nullptr) {
            (at ? too_many_lanes_ : too_many_moments_) = true;
            return;
        }
        if (event["event"] == "start") {
            start(*in, event, *at);
        } else if (event["event"] == "exit") {
            end(*in, event, *at);
        }
    }
}

std::optional<std::string> drawing::problem() const {
    if (too_many_moments_ || too_many_lanes_) {
        return std::string{"the scenario is too large for a picture: more than "} +
               (too_many_moments_ ? number(moments_max) + " moments"
                                  : number(lanes_max) + " children") +
               "; use --format text";
    }
    return std::nullopt;
}

int drawing::label_width() const {
    std::size_t longest = 0;
    for (const lane& each : lanes_) {
        longest = std::max(longest, printable(each.path).size());
    }
    return 2 * margin + character_width * static_cast<int>(std::min(longest, path_characters_max));
}

int drawing::x_of(std::size_t moment_number) const {
    return label_width() + column_width * static_cast<int>(moment_number);
}

void drawing::draw_moments(std::string& out) const {
    const int bottom = head_height + row_height * static_cast<int>(lanes_.size());
    for (std::size_t i = 0; i < moments_.size(); ++i) {
        const moment& each = moments_[i];
        const int x = x_of(i);
        const std::string when =
            each.at_ms ? seconds(*each.at_ms) : "step " + std::to_string(each.step);
        out += "<g><title>" + xml(std::to_string(each.step) + ". " + each.label) + "</title>\n";
        out += "<line x1=\"" + std::to_string(x) + "\" y1=\"22\" x2=\"" + std::to_string(x) +
               "\" y2=\"" + std::to_string(bottom) + "\"/>\n";
        out += text_at(x + 4, 32, when);
        if (i == 0 || moments_[i - 1].step != each.step) {
            out += text_at(x + 4, 48, shortened(each.label, 12), " class=\"faint\"");
        }
        out += "</g>\n";
    }
}

void drawing::draw_life(const lane& of, const life& drawn, int top, std::string& out) const {
    const bool lives = drawn.how == ending::alive;
    const int begin = x_of(drawn.begin);
    const int width = std::max(x_of(lives ? moments_.size() : drawn.end) - begin, 3);
    const std::string name = "#" + std::to_string(drawn.number);
    out += "<g><title>" + xml(of.path + " " + name + (lives ? " lives" : " ended: " + drawn.why)) +
           "</title>\n";
    out += "<rect x=\"" + std::to_string(begin) + "\" y=\"" +
           std::to_string(top + (row_height - bar_height) / 2) + "\" width=\"" +
           std::to_string(width) + "\" height=\"" + std::to_string(bar_height) +
           "\" rx=\"4\" fill=\"" + (drawn.number == 1 ? first_colour : restarted_colour) + "\"/>\n";
    if (width > 3 * character_width) {
        out += text_at(begin + 12, top + text_baseline, name, " class=\"on_bar\"");
    }
    out += "</g>\n";
}

/// Marks are drawn over the bars. Crashes are drawn over terminations, because a crash causes terminations.
void drawing::draw_ends(const lane& of, ending how, int top, std::string& out) const {
    const char* colour = how == ending::crashed ? crashed_colour : terminated_colour;
    for (const life& each : of.lives) {
        if (each.how == how) {
            out += "<circle cx=\"" + std::to_string(x_of(each.end)) + "\" cy=\"" +
                   std::to_string(top + row_height / 2) + "\" r=\"7\" fill=\"" + colour +
                   "\"><title>" +
                   xml(of.path + " #" + std::to_string(each.number) + " ended: " + each.why) +
                   "</title></circle>\n";
        }
    }
}

void drawing::draw_lane(const lane& drawn, std::size_t row, std::string& out) const {
    const int top = head_height + row_height * static_cast<int>(row);
    out += text_at(margin, top + text_baseline, shortened(drawn.path, path_characters_max));
    for (const life& each : drawn.lives) {
        draw_life(drawn, each, top, out);
    }
    draw_ends(drawn, ending::terminated, top, out);
    draw_ends(drawn, ending::crashed, top, out);
    for (const failed_start& each : drawn.failed) {
        out += "<g><title>" + xml(drawn.path + " did not start: " + each.why) + "</title>\n" +
               text_at(x_of(each.at) + 10, top + text_baseline, "×", " class=\"failed\"") +
               "</g>\n";
    }
}

std::string drawing::svg() const {
    const int width = x_of(moments_.size()) + margin;
    const int height = head_height + row_height * static_cast<int>(lanes_.size()) + 36;
    const std::string size =
        "width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) + "\"";
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + " viewBox=\"0 0 " +
                      std::to_string(width) + " " + std::to_string(height) + "\">\n";
    out += style;
    draw_moments(out);
    for (std::size_t row = 0; row < lanes_.size(); ++row) {
        draw_lane(lanes_[row], row, out);
    }
    out += legend(height - 12);
    return out + "</svg>\n";
}

}  // namespace coppice::cli
