// SPDX-License-Identifier: Apache-2.0
// A trace as a person reads it.

#include <cstdio>

#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string seconds(const json& event) {
    if (!event.contains("at_ms")) {
        return "          ";
    }
    char text[32];
    std::snprintf(text, sizeof text, "%8.1f s",
                  static_cast<double>(event["at_ms"].get<std::int64_t>()) / 1000);
    return text;
}

std::string sentence(const json& event) {
    const auto kind = event["event"].get<std::string>();
    if (event.contains("process")) {
        const std::string who = text_of(event["process"]);
        if (kind == "message") {
            return who + " received \"" + text_of(event["text"]) + "\"";
        }
        if (kind == "died") {
            return who + " ended: " + text_of(event["reason"]);
        }
        return who + " heard that " +
               (event.contains("from") ? text_of(event["from"])
                                       : "monitor " + text_of(event["ref"])) +
               " ended: " + text_of(event["reason"]);
    }
    const std::string who = text_of(event["path"]) + " #" + text_of(event["n"]);
    if (kind == "start") {
        return "+ " + who +
               (event["outcome"] == "ok" ? " started"
                                         : " did not start: " + text_of(event["outcome"]));
    }
    return (kind == "exit" ? "- " : "  ") + who + (kind == "exit" ? " ended: " : " terminates: ") +
           text_of(event["reason"]);
}

std::string target_of(const scenario& ran, std::int64_t number) {
    const auto index = static_cast<std::size_t>(number - 1);
    if (const auto* tree = std::get_if<tree_scenario>(&ran)) {
        return number > 0 && index < tree->steps.size() ? " " + tree->steps[index].target : "";
    }
    const auto& steps = std::get<process_scenario>(ran).steps;
    return index < steps.size() ? " by " + steps[index].by : "";
}

}  // namespace

std::string timeline(const scenario& ran, const trace& lines) {
    std::string out;
    for (const trace_line& line : lines) {
        const auto number = line["step"].get<std::int64_t>();
        out += std::to_string(number) + ". " + text_of(line["do"]) + target_of(ran, number) + ": " +
               text_of(line["result"]) + "\n";
        for (const json& event : line["events"]) {
            out += seconds(event) + "  " + sentence(event) + "\n";
        }
    }
    return out;
}

}  // namespace coppice::cli
