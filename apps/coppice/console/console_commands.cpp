// SPDX-License-Identifier: Apache-2.0

#include "console/console_commands.hpp"

#include <algorithm>
#include <charconv>

#include "console/layout.hpp"
#include "console/own_commands.hpp"

namespace coppice::cli {
namespace {

constexpr parameter who{takes::process, "WHO", "who"};
constexpr parameter message{takes::message, "MESSAGE", "message"};
constexpr parameter fields{takes::rest, "FIELD", "fields", true};
constexpr parameter id{takes::child, "ID", "id"};

constexpr parameter maybe(parameter it) {
    it.optional = true;
    return it;
}

constexpr std::array table_of_commands{
    console_command{"tree",
                    "the supervision tree, whole or below WHO",
                    "tree",
                    {maybe({takes::process, "WHO", "root"})},
                    &print_tree},
    console_command{
        "processes",
        "the first by queue, reductions, memory, age, name or pid",
        "processes",
        {maybe({takes::order, "ORDER", "sort"}), maybe({takes::word, "TEXT", "filter"})},
        &print_processes},
    console_command{"info", "details of one process", "info", {who}, &print_info},
    console_command{"whereis",
                    "the pid of a registered name",
                    "whereis",
                    {parameter{takes::name, "NAME", "name"}},
                    &print_pid},
    console_command{"registered", "all registered names", "registered", {}, &print_registered},
    console_command{
        "applications", "the loaded applications", "applications", {}, &print_applications},
    console_command{"exit",
                    "sends an exit signal: normal, shutdown, kill or any word",
                    "exit",
                    {who, parameter{takes::word, "REASON", "reason"}},
                    &print_true},
    console_command{"explain",
                    "the effects if the process ended now",
                    "explain",
                    {who, parameter{takes::word, "REASON", "reason", true}},
                    &print_explanation},
    console_command{
        "which_children", "the children of a supervisor", "which_children", {who}, &print_children},
    console_command{"count_children",
                    "the number of children of a supervisor",
                    "count_children",
                    {who},
                    &print_counts},
    console_command{"start_child",
                    "starts a child made from the arguments",
                    "start_child",
                    {who, parameter{takes::rest, "ARGUMENT", "arguments", true}},
                    &print_pid},
    console_command{"terminate_child",
                    "stops a child; of a dynamic supervisor, by its pid",
                    "terminate_child",
                    {who, id},
                    &print_ok},
    console_command{
        "restart_child", "restarts a terminated child", "restart_child", {who, id}, &print_pid},
    console_command{"delete_child",
                    "deletes the spec of a terminated child",
                    "delete_child",
                    {who, id},
                    &print_ok},
    console_command{"state", "the state of a server", "state", {who}, &print_state},
    console_command{
        "messages", "the messages that a server accepts", "messages", {who}, &print_messages},
    console_command{"call",
                    "calls a server and prints its reply",
                    "call",
                    {who, message, fields},
                    &print_reply,
                    nullptr,
                    R"({"timeout":5000})"},
    console_command{"cast", "casts to a server", "cast", {who, message, fields}, &print_ok},
    console_command{"send", "sends a message", "send", {who, message, fields}, &print_ok},
    console_command{"suspend",
                    "suspends a server: only system messages are handled",
                    "suspend",
                    {who},
                    &print_ok},
    console_command{"resume", "ends the suspension of a server", "resume", {who}, &print_ok},
    console_command{"trace",
                    "prints the events of a server, for SECONDS or until trace off",
                    {},
                    {who, parameter{takes::rest, "for SECONDS", "", true}},
                    nullptr,
                    &run_trace},
    console_command{"reports",
                    "prints reports as they come: on, off, or from a LEVEL on",
                    {},
                    {parameter{takes::on_or_off, "on|off|LEVEL", ""}},
                    nullptr,
                    &run_reports},
    console_command{"report_level",
                    "the level of the reports that the program makes",
                    "report_level",
                    {parameter{takes::level, "LEVEL", "level"}},
                    &print_was},
    console_command{"events",
                    "recent events: starts, exits, restarts",
                    {},
                    {parameter{takes::number, "SINCE", "since", true}},
                    nullptr,
                    &run_events},
    console_command{"top",
                    "the busiest processes, as `coppice top` shows them",
                    {},
                    {maybe({takes::order, "ORDER", "sort"})},
                    nullptr,
                    &run_top},
    console_command{"timers", "the running timers", "timers", {}, &print_timers},
    console_command{"stuck", "handlers that do not return", "stuck", {}, &print_stuck},
    console_command{"statistics", "numbers of the runtime", "statistics", {}, &print_statistics},
    console_command{
        "stop", "stops the program, in order", "stop", {}, &print_ok, nullptr, "{}", true},
    console_command{"help",
                    "all commands, or one",
                    {},
                    {parameter{takes::command, "COMMAND", "", true}},
                    nullptr,
                    &run_help},
    console_command{"quit", "leaves the console; the program goes on", {}, {}, nullptr, &run_quit},
};

const std::vector<std::string> levels{"debug", "info", "notice", "warning", "error", "off"};
const std::vector<std::string> orders{"queue", "reductions", "memory", "age", "name", "pid"};

/// A pid may be typed without the angle brackets, which have a meaning in a shell.
std::string with_brackets(const std::string& word) {
    const bool bare = word.find_first_not_of("0123456789.") == std::string::npos &&
                      std::ranges::count(word, '.') == 2;
    return bare ? "<" + word + ">" : word;
}

std::string one_of(std::span<const std::string> all) {
    std::string out;
    for (const std::string& each : all) {
        out += (out.empty() ? "" : ", ") + each;
    }
    return out;
}

std::expected<json, std::string> value_of(const parameter& of, const std::string& word) {
    const auto listed = [&](std::span<const std::string> all) -> std::expected<json, std::string> {
        if (std::ranges::find(all, word) == all.end()) {
            return std::unexpected{word + " is none of " + one_of(all) + proposal(word, all)};
        }
        return json(word);
    };
    switch (of.what) {
        case takes::process:
        case takes::child:
            return json(with_brackets(word));
        case takes::number: {
            std::uint64_t number = 0;
            const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
            if (read.ec != std::errc{} || read.ptr != word.data() + word.size()) {
                return std::unexpected{std::string{of.label} + " is a number, and not " + word};
            }
            return json(number);
        }
        case takes::level:
            return listed(levels);
        case takes::order:
            return listed(orders);
        default:
            return json(word);
    }
}

/// Sorts in descending order except by name and pid.
void add_direction(json& parameters) {
    const std::string sort = text_at(parameters, "sort");
    if (!sort.empty()) {
        parameters["descending"] = sort != "name" && sort != "pid";
    }
}

}  // namespace

std::span<const console_command> console_commands() {
    return table_of_commands;
}

const console_command* find_command(std::string_view name) {
    const auto found = std::ranges::find(table_of_commands, name, &console_command::name);
    return found == table_of_commands.end() ? nullptr : &*found;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const console_command& each : table_of_commands) {
        names.emplace_back(each.name);
    }
    return names;
}

std::string usage_of(const console_command& command) {
    std::string out{command.name};
    for (const parameter& each : command.parameters) {
        if (each.what == takes::nothing) {
            break;
        }
        const std::string label =
            std::string{each.label} + (each.what == takes::rest && *each.key != '\0' ? "…" : "");
        out += each.optional ? " [" + label + "]" : " " + label;
    }
    return out;
}

std::expected<json, std::string> parameters_of(const console_command& command, const words& given) {
    json out = parsed(std::string{command.always});
    std::size_t next = 1;
    for (const parameter& each : command.parameters) {
        if (each.what == takes::nothing) {
            break;
        }
        if (each.what == takes::rest) {
            out[each.key] = json::array();
            for (; next < given.size(); ++next) {
                out[each.key].push_back(given[next]);
            }
        } else if (next < given.size()) {
            auto value = value_of(each, given[next++]);
            if (!value) {
                return std::unexpected{value.error()};
            }
            out[each.key] = std::move(*value);
        } else if (!each.optional) {
            return std::unexpected{std::string{each.label} + " is missing"};
        }
    }
    if (next < given.size()) {
        return std::unexpected{given[next] + " is one word too many"};
    }
    add_direction(out);
    return out;
}

std::span<const std::string> report_levels() {
    return levels;
}

std::span<const std::string> process_orders() {
    return orders;
}

std::string help_text(std::string_view name, bool colours) {
    facts all;
    for (const console_command& each : table_of_commands) {
        if (name.empty() || each.name == name) {
            all.emplace_back(usage_of(each), each.help);
        }
    }
    return text_of(all, colours) +
           (name.empty() ? "\nWHO is a registered name or a pid, <0.7.1> or 0.7.1. \"…\" keeps "
                           "blanks together.\n"
                         : "");
}

}  // namespace coppice::cli
