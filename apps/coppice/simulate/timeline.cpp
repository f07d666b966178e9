// SPDX-License-Identifier: Apache-2.0
// A trace as text for people.

#include <cstdio>

#include "simulate/printable.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
    return printable(value.is_string() ? value.get<std::string>() : value.dump());
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

std::string told(const tree_step& step) {
    if (step.action == tree_action::advance) {
        return std::to_string(step.time.count()) + " ms";
    }
    const std::string what = step.child ? step.child->id : step.text;
    return step.target + (what.empty() ? "" : ", " + what);
}

std::string told(const process_step& step) {
    std::string out = "by " + step.by;
    for (const std::string& each : {step.id, step.to, step.name, step.ref, step.text}) {
        out += each.empty() ? "" : ", " + each;
    }
    return out;
}

}  // namespace

std::string subject(const scenario& ran, std::int64_t number) {
    const auto index = static_cast<std::size_t>(number - 1);
    return std::visit(
        [index](const auto& each) {
            return index < each.steps.size() ? " " + printable(told(each.steps[index])) : "";
        },
        ran);
}

std::string timeline(const scenario& ran, const trace_line& line) {
    const auto number = line["step"].get<std::int64_t>();
    std::string out = std::to_string(number) + ". " + text_of(line["do"]) + subject(ran, number) +
                      ": " + text_of(line["result"]) + "\n";
    for (const json& event : line["events"]) {
        out += seconds(event) + "  " + sentence(event) + "\n";
    }
    return out;
}

std::string timeline(const scenario& ran, const trace& lines) {
    std::string out;
    for (const trace_line& line : lines) {
        out += timeline(ran, line);
    }
    return out;
}

}  // namespace coppice::cli
