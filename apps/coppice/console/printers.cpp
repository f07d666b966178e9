// SPDX-License-Identifier: Apache-2.0

#include "console/printers.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "console/layout.hpp"
#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

std::string line(const std::string& text) {
    return printable(text) + "\n";
}

/// A text of several lines, with control characters escaped in each.
std::string lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += printable(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string or_nothing(const table& rows, const char* nothing, bool colours) {
    return rows.empty() ? std::string{nothing} + "\n" : rows.text(colours);
}

std::string duration_at(const json& object, const char* key) {
    return at(object, key).is_number() ? duration_text(number_at(object, key)) : std::string{};
}

std::string size_at(const json& object, const char* key) {
    return at(object, key).is_number() ? size_text(number_at(object, key)) : std::string{};
}

std::string yes_at(const json& object, const char* key) {
    return flag_at(object, key) ? "yes" : "";
}

std::string mailbox_of(const json& info) {
    std::string out;
    for (const json& each : list_at(info, "mailbox")) {
        out += (out.empty() ? "" : ", ") + text_at(each, "type") + " ×" + text_at(each, "count");
    }
    return out;
}

std::string percent(double share) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.0f %%", share * 100);
    return text.data();
}

std::string fields_of(const json& message) {
    if (const std::string why = text_at(message, "unreadable"); !why.empty()) {
        return "cannot be written: " + why;
    }
    std::string out;
    for (const json& each : list_at(message, "fields")) {
        out += (out.empty() ? "" : ", ") + text_at(each, "name") + ": " + text_at(each, "type");
        if (const std::string otherwise = text_at(each, "default"); !otherwise.empty()) {
            out += " = " + otherwise;
        }
    }
    return out;
}

std::string event_text(const json& event) {
    std::string out;
    for (const char* key : {"supervisor", "id", "reason", "text"}) {
        if (const std::string value = text_at(event, key); !value.empty()) {
            out += (out.empty() ? "" : "; ") +
                   (std::string_view{key} == "text" ? "" : std::string{key} + " ") + value;
        }
    }
    return out;
}

colour colour_of_event(const std::string& kind) {
    return kind == "exit" || kind == "stuck" || kind == "give_up" ? colour::red
           : kind == "restart"                                    ? colour::green
                                                                  : colour::none;
}

std::string event_line(const json& event, bool colours) {
    const std::string kind = text_at(event, "kind");
    std::string who = text_at(event, "pid");
    if (const std::string name = text_at(event, "name"); !name.empty()) {
        who = name + " " + who;
    }
    return painted(clock_text(number_at(event, "time")), colour::faint, colours) + " " +
           painted(printable(kind), colour_of_event(kind), colours) + " " +
           printable(who + (event_text(event).empty() ? "" : ": " + event_text(event))) + "\n";
}

std::string report_lines(const json& report, bool colours) {
    if (number_at(report, "dropped") > 0 && text_at(report, "text").empty()) {
        return line(text_at(report, "dropped") + " reports did not fit and were dropped");
    }
    const std::string level = text_at(report, "level");
    const bool bad = level == "error" || level == "critical" || level == "alert";
    std::string out = painted(clock_text(number_at(report, "time")), colour::faint, colours) + " " +
                      painted(printable(level), bad ? colour::red : colour::blue, colours) + " " +
                      lines(text_at(report, "text"));
    for (const json& frame : list_at(report, "stack")) {
        out += "    " + printable(text_of(frame)) + "\n";
    }
    return out;
}

}  // namespace

std::string print_processes(const json& result, bool colours) {
    table rows{"pid", "name", "initial call", ">queue", ">reductions", ">memory", ">age"};
    for (const json& each : list_at(result, "items")) {
        rows.add({text_at(each, "pid"), text_at(each, "name"), text_at(each, "initial_call"),
                  text_at(each, "queue"), text_at(each, "reductions"), size_at(each, "memory"),
                  duration_at(each, "age")});
    }
    std::string out = or_nothing(rows, "there is no such process", colours);
    const double hidden =
        number_at(result, "matching") - static_cast<double>(list_at(result, "items").size());
    if (hidden > 0) {
        out += "… " + std::to_string(std::llround(hidden)) + " more\n";
    }
    return out;
}

std::string print_info(const json& result, bool colours) {
    std::string handling = text_at(at(result, "handling"), "message");
    if (at(at(result, "handling"), "for").is_number()) {
        handling += " for " + duration_at(at(result, "handling"), "for");
    }
    return text_of(facts{{"pid", text_at(result, "pid")},
                         {"name", text_at(result, "name")},
                         {"initial call", text_at(result, "initial_call")},
                         {"kind", text_at(result, "kind")},
                         {"status", text_at(result, "status")},
                         {"suspended", yes_at(result, "suspended")},
                         {"traps exits", yes_at(result, "trap_exit")},
                         {"priority", text_at(result, "priority")},
                         {"age", duration_at(result, "age")},
                         {"queue", text_at(result, "queue")},
                         {"mailbox", mailbox_of(result)},
                         {"handling", handling},
                         {"reductions", text_at(result, "reductions")},
                         {"memory", size_at(result, "memory")},
                         {"parent", text_at(result, "parent")},
                         {"ancestors", text_at(result, "ancestors")},
                         {"links", text_at(result, "links")},
                         {"monitors", text_at(result, "monitors")},
                         {"monitored by", text_at(result, "monitored_by")},
                         {"last exit", text_at(result, "last_exit")},
                         {"state", text_at(result, "state")}},
                   colours);
}

std::string print_pid(const json& result, bool /*colours*/) {
    const std::string found = text_at(result, "pid");
    return line(found.empty() ? "nil" : found);
}

std::string print_registered(const json& result, bool colours) {
    table rows{"name", "pid"};
    for (const json& each : result) {
        rows.add({text_at(each, "name"), text_at(each, "pid")});
    }
    return or_nothing(rows, "no name is registered", colours);
}

std::string print_children(const json& result, bool colours) {
    table rows{"id", "pid", "kind", "restart"};
    for (const json& each : result) {
        rows.add(
            {text_at(each, "id"), place_of(each), text_at(each, "kind"), text_at(each, "restart")});
    }
    return or_nothing(rows, "the supervisor has no children", colours);
}

std::string print_counts(const json& result, bool /*colours*/) {
    std::string out;
    for (const char* key : {"active", "specs", "supervisors", "workers"}) {
        out += (out.empty() ? "" : ", ") + std::string{key} + ": " + text_at(result, key);
    }
    return line(out);
}

std::string print_ok(const json& /*result*/, bool /*colours*/) {
    return "ok\n";
}

std::string print_true(const json& /*result*/, bool /*colours*/) {
    return "true\n";
}

std::string print_state(const json& result, bool /*colours*/) {
    return line(text_at(result, "state"));
}

std::string print_reply(const json& result, bool /*colours*/) {
    return line(text_at(result, "reply"));
}

std::string print_was(const json& result, bool /*colours*/) {
    return line("the level was " + text_at(result, "was"));
}

std::string print_messages(const json& result, bool colours) {
    table rows{"message", "by", "fields"};
    for (const json& each : result) {
        rows.add({text_at(each, "name"), text_at(each, "kinds"), fields_of(each)});
    }
    return or_nothing(rows, "the server lists no messages for the console (using console_messages)",
                      colours);
}

std::string print_events(const json& result, bool colours) {
    constexpr std::size_t shown_max = 100;
    const json& items = list_at(result, "items");
    const std::size_t hidden = items.size() - std::min(items.size(), shown_max);
    std::string out;
    if (hidden > 0) {
        out = "… " + std::to_string(hidden) + " earlier events\n";
    }
    for (std::size_t i = hidden; i < items.size(); ++i) {
        out += event_line(items[i], colours);
    }
    if (number_at(result, "lost") > 0) {
        out += line(text_at(result, "lost") + " earlier events were overwritten");
    }
    return out.empty() ? "nothing has happened\n" : out;
}

std::string print_explanation(const json& result, bool /*colours*/) {
    return lines(text_at(result, "text"));
}

std::string print_timers(const json& result, bool colours) {
    table rows{"id", ">due in", "kind", "to"};
    for (const json& each : list_at(result, "items")) {
        rows.add({text_at(each, "id"), duration_at(each, "due"), text_at(each, "kind"),
                  text_at(each, "to")});
    }
    return or_nothing(rows, "no timer runs", colours);
}

std::string print_stuck(const json& result, bool colours) {
    table rows{"pid", "name", "initial call", "message", ">for", "ended"};
    for (const json& each : result) {
        rows.add({text_at(each, "pid"), text_at(each, "name"), text_at(each, "initial_call"),
                  text_at(each, "message"), duration_at(each, "for"), yes_at(each, "has_ended")});
    }
    return or_nothing(rows, "no process is stuck", colours);
}

std::string print_statistics(const json& result, bool colours) {
    const json& memory = at(result, "memory");
    std::string out = text_of(facts{{"uptime", duration_at(result, "uptime")},
                                    {"processes", text_at(result, "processes")},
                                    {"spawns", text_at(result, "spawns")},
                                    {"exits", text_at(result, "exits")},
                                    {"crashes", text_at(result, "crashes")},
                                    {"restarts", text_at(result, "restarts")},
                                    {"messages", text_at(result, "messages")},
                                    {"timers", text_at(result, "timers")},
                                    {"stuck", text_at(result, "stuck")},
                                    {"reports lost", text_at(result, "reports_lost")},
                                    {"memory of processes", size_at(memory, "processes")},
                                    {"memory of messages", size_at(memory, "messages")},
                                    {"memory", size_at(memory, "total")}},
                              colours);
    table rows{">scheduler", ">utilisation", ">queue", ">turns", ">steals", "spare"};
    for (const json& each : list_at(result, "schedulers")) {
        rows.add({text_at(each, "index"), percent(number_at(each, "utilisation")),
                  text_at(each, "queue"), text_at(each, "turns"), text_at(each, "steals"),
                  yes_at(each, "spare")});
    }
    return rows.empty() ? out : out + "\n" + rows.text(colours);
}

std::string print_applications(const json& result, bool colours) {
    table rows{"name", "version", "state", "type", "top", "description"};
    for (const json& each : result) {
        rows.add({text_at(each, "name"), text_at(each, "version"), text_at(each, "state"),
                  text_at(each, "type"), text_at(each, "top"), text_at(each, "description")});
    }
    return or_nothing(rows, "no application is loaded", colours);
}

std::string print_notification(const json& notification, bool colours) {
    const std::string topic = text_at(notification, "topic");
    const json& data = at(notification, "data");
    if (const std::string why = text_at(data, "ended"); !why.empty()) {
        return line(topic + " ended: " + why);
    }
    if (topic == "reports") {
        return report_lines(data, colours);
    }
    if (topic == "trace") {
        return painted("trace ", colour::faint, colours) + line(text_at(data, "text"));
    }
    return line(topic + " " + dumped(data));
}

}  // namespace coppice::cli
