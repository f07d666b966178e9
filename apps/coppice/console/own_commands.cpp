// SPDX-License-Identifier: Apache-2.0

#include "console/own_commands.hpp"

#include <algorithm>
#include <charconv>

#include "console/console_commands.hpp"

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;
using outcome = session::outcome;

constexpr int trace_seconds_max = 86'400;

void no_more_than(const words& given, std::size_t most) {
    if (given.size() > most) {
        throw misuse{given[most] + " is one word too many"};
    }
}

std::chrono::seconds seconds_of(const words& given) {
    int seconds = 0;
    const std::string& word = given.size() == 4 ? given[3] : std::string{};
    const auto read = std::from_chars(word.data(), word.data() + word.size(), seconds);
    if (given[2] != "for" || word.empty() || read.ec != std::errc{} ||
        read.ptr != word.data() + word.size() || seconds < 1 || seconds > trace_seconds_max) {
        throw misuse{"after WHO, only `for SECONDS` is allowed, 1 to " +
                     std::to_string(trace_seconds_max)};
    }
    return std::chrono::seconds{seconds};
}

void watch_for(session& with, std::chrono::seconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end && !with.interrupted() && with.is_open()) {
        with.print_notifications(100ms);
    }
}

}  // namespace

outcome run_trace(session& with, const words& given) {
    if (given.size() < 2) {
        throw misuse{"WHO is missing"};
    }
    if (given[1] == "off") {
        no_more_than(given, 2);
        with.unsubscribe("trace");
        with.print("ok\n");
        return outcome::done;
    }
    const auto time = given.size() > 2 ? std::optional{seconds_of(given)} : std::nullopt;
    const auto wanted = parameters_of(*find_command("info"), {"info", given[1]});
    with.subscribe("trace", *wanted);
    if (time) {
        watch_for(with, *time);
        with.unsubscribe("trace");
    } else {
        with.print("ok\n");
    }
    return outcome::done;
}

outcome run_reports(session& with, const words& given) {
    if (given.size() < 2) {
        throw misuse{"on, off or a LEVEL is missing"};
    }
    no_more_than(given, 2);
    const auto levels = report_levels();
    const std::string level = given[1] == "on" ? "notice" : given[1];
    if (level != "off" && std::ranges::find(levels, level) == levels.end()) {
        throw misuse{level + " is neither on, off nor a level" + proposal(level, levels)};
    }
    with.unsubscribe("reports");
    if (level != "off") {
        with.subscribe("reports", {{"level", level}});
    }
    with.print("ok\n");
    return outcome::done;
}

/// All recorded events, fetched page by page, the oldest first.
outcome run_events(session& with, const words& given) {
    constexpr std::size_t page = 1000;
    constexpr std::size_t items_max = 100'000;
    const auto parameters = parameters_of(*find_command("events"), given);
    if (!parameters) {
        throw misuse{parameters.error()};
    }
    json wanted = *parameters;
    wanted["limit"] = page;
    json all = with.ask("events", wanted);
    json found = all;
    while (list_at(found, "items").size() == page && all["items"].size() < items_max) {
        wanted["since"] = at(found, "next");
        found = with.ask("events", wanted);
        all["next"] = at(found, "next");
        const json& more = list_at(found, "items");
        all["items"].insert(all["items"].end(), more.begin(), more.end());
    }
    with.show(all, &print_events);
    return outcome::done;
}

outcome run_top(session& with, const words& given) {
    if (with.full_screen && given.size() == 1) {
        with.full_screen();
        return outcome::done;
    }
    const auto parameters = parameters_of(*find_command("processes"), given);
    if (!parameters) {
        throw misuse{parameters.error()};
    }
    json wanted = *parameters;
    wanted["limit"] = 20;
    if (!wanted.contains("sort")) {
        wanted["sort"] = "reductions";
        wanted["descending"] = true;
    }
    with.show(with.ask("processes", wanted), &print_processes);
    return outcome::done;
}

outcome run_help(session& with, const words& given) {
    no_more_than(given, 2);
    if (given.size() == 2 && find_command(given[1]) == nullptr) {
        throw misuse{"there is no command " + given[1] + proposal(given[1], command_names())};
    }
    with.print(help_text(given.size() == 2 ? given[1] : "", with.options().colours));
    return outcome::done;
}

outcome run_quit(session& /*with*/, const words& given) {
    no_more_than(given, 1);
    return outcome::quit;
}

}  // namespace coppice::cli
