// SPDX-License-Identifier: Apache-2.0

#include "top/top_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <utility>

#include "console/layout.hpp"
#include "console/printers.hpp"

namespace coppice::cli {
namespace {

constexpr int rows_max = 500;
constexpr std::size_t reports_max = 500;

constexpr std::array<const char*, 5> order_names{"queue", "reductions", "memory", "age", "name"};

const char* name_of(top_order order) {
    return order_names.at(static_cast<std::size_t>(order));
}

std::string per_second(double rate) {
    return rate < 0 ? "" : std::to_string(std::llround(rate));
}

std::string counted(const json& object, const char* many, const char* one) {
    return text_at(object, many) + " " + (number_at(object, many) == 1 ? one : many);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        out.push_back(line);
    }
    return out;
}

}  // namespace

top_model::top_model(inspect::client& connection, std::string program)
    : connection_{connection}, program_{std::move(program)} {}

json top_model::ask(std::string_view method, const json& parameters) {
    return parsed(connection_.request(method, dumped(parameters)));
}

std::string top_model::summary(const json& statistics, double elapsed_seconds) {
    const double messages = number_at(statistics, "messages");
    const double before = std::exchange(messages_, messages);
    double busy = 0;
    for (const json& each : list_at(statistics, "schedulers")) {
        busy += number_at(each, "utilisation");
    }
    std::string out = program_ + "  up " + duration_text(number_at(statistics, "uptime")) + "  " +
                      counted(statistics, "processes", "process") + "  " +
                      counted(statistics, "restarts", "restart") + "  " +
                      text_at(statistics, "stuck") + " stuck  " +
                      std::to_string(std::llround(busy * 100)) + " % busy  " +
                      size_text(number_at(at(statistics, "memory"), "total"));
    if (before >= 0 && elapsed_seconds > 0) {
        out +=
            "  " + per_second(std::max(messages - before, 0.0) / elapsed_seconds) + " messages/s";
    }
    return out;
}

void top_model::show_processes(double elapsed_seconds) {
    const json answer = ask(
        "processes",
        {{"sort", name_of(order)}, {"descending", order != top_order::name}, {"limit", rows_max}});
    json items = list_at(answer, "items");
    std::map<std::string, sample> now;
    for (const json& each : items) {
        sample& mine = now[text_at(each, "pid")];
        mine.reductions = number_at(each, "reductions");
        const auto before = samples_.find(text_at(each, "pid"));
        if (before != samples_.end() && elapsed_seconds > 0) {
            mine.rate = (mine.reductions - before->second.reductions) / elapsed_seconds;
        }
    }
    samples_ = std::move(now);
    const auto rate_of = [&](const json& each) { return samples_[text_at(each, "pid")].rate; };
    if (order == top_order::reductions) {
        std::vector<json> sorted(items.begin(), items.end());
        std::ranges::stable_sort(sorted, std::greater{}, rate_of);
        items = sorted;
    }
    table lines{"pid",         "name",    ">queue", ">reductions/s",
                ">reductions", ">memory", ">age",   "initial call"};
    for (const json& each : items) {
        lines.add({text_at(each, "pid"), text_at(each, "name"), text_at(each, "queue"),
                   per_second(rate_of(each)), text_at(each, "reductions"),
                   size_text(number_at(each, "memory")), duration_text(number_at(each, "age")),
                   text_at(each, "initial_call")});
    }
    const std::vector<std::string> texts = lines_of(lines.text(false));
    head_.push_back(texts.front());
    for (std::size_t i = 1; i < texts.size(); ++i) {
        rows_.push_back({texts[i], text_at(items[i - 1], "pid"), text_at(items[i - 1], "name")});
    }
}

void top_model::show_tree() {
    const json answer = ask("tree", {{"limit", rows_max}});
    head_.emplace_back("tree");
    for (const tree_line& each : lines_of_tree(list_at(answer, "roots"))) {
        top_row row{each.branches + each.text, {}, {}};
        if (each.node != nullptr) {
            row.pid = text_at(*each.node, "pid");
            row.name = text_at(*each.node, "id");
        }
        rows_.push_back(std::move(row));
    }
}

void top_model::take_reports() {
    if (!std::exchange(has_subscribed_, true)) {
        ask("subscribe", {{"topic", "reports"}});
    }
    while (const auto got = connection_.next_notification(std::chrono::milliseconds{0})) {
        const json notification = parsed(*got);
        if (text_at(notification, "topic") == "reports") {
            const std::vector<std::string> added =
                lines_of(print_notification(notification, false));
            reports_.insert(reports_.begin(), added.begin(), added.end());
        }
    }
    reports_.resize(std::min(reports_.size(), reports_max));
    if (view == top_view::reports) {
        head_.emplace_back("reports, the newest first");
        for (const std::string& each : reports_) {
            rows_.push_back({each, {}, {}});
        }
    }
}

void top_model::refresh(clock::time_point now) {
    const double elapsed =
        last_ == clock::time_point{} ? 0 : std::chrono::duration<double>(now - last_).count();
    last_ = now;
    const json statistics = ask("statistics");
    head_ = {summary(statistics, elapsed)};
    rows_.clear();
    if (view == top_view::processes) {
        show_processes(elapsed);
    } else if (view == top_view::tree) {
        show_tree();
    }
    if (has_subscribed_ || view == top_view::reports) {
        take_reports();
    }
}

void top_model::kill(const std::string& pid) {
    ask("exit", {{"who", pid}, {"reason", "kill"}});
}

}  // namespace coppice::cli
