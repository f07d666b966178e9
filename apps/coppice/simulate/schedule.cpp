// SPDX-License-Identifier: Apache-2.0

#include "simulate/schedule.hpp"

#include <array>
#include <cstdio>

#include "coppice/restart_schedule.hpp"
#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

using std::chrono::nanoseconds;

/// More restarts tell nothing new: the delays have reached their maximum long before.
constexpr std::size_t restarts_max = 20;

/// "1.500 s".
std::string seconds_text(nanoseconds time) {
    std::array<char, 48> out{};
    const double seconds = std::chrono::duration<double>{time}.count();
    std::snprintf(out.data(), out.size(), "%.3f s", seconds);
    return out.data();
}

std::string padded(std::string text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string times(int count) {
    return std::to_string(count) + (count == 1 ? " restart" : " restarts");
}

/// "shop/till: up to 3 restarts in 5 s, of the supervisor".
std::string heading(const node& child, const std::string& path, const failing_child& fails) {
    return printable(path) + ": up to " + times(fails.limit.max_restarts) + " in " +
           std::to_string(fails.limit.max_seconds.count()) + " s, " +
           (child.budget ? "of its own" : "of the supervisor") + "\n";
}

std::string line(std::size_t number, const scheduled_restart& each) {
    const std::string at = padded(seconds_text(each.at), 14);
    if (each.gives_up) {
        return "  gives up  " + padded(seconds_text(each.delay), 12) + at + "\n";
    }
    return padded(std::to_string(number), 10) + "  " + padded(seconds_text(each.delay), 12) + at +
           "\n";
}

std::string schedule_of(const node& child, const node& above, const std::string& path) {
    failing_child fails;
    fails.backoff = child.backoff.value_or(above.children_backoff);
    fails.limit.max_restarts = above.max_restarts;
    fails.limit.max_seconds = std::chrono::seconds{above.max_seconds};
    fails.limit = child.budget.value_or(fails.limit);
    fails.lives_for = child.crash_after.value_or(std::chrono::milliseconds{0});
    std::string out = heading(child, path, fails);
    out += "   restart         delay            at\n";
    const std::vector<scheduled_restart> all = restart_schedule(fails, restarts_max);
    for (std::size_t i = 0; i < all.size(); ++i) {
        out += line(i + 1, all[i]);
    }
    if (!all.back().gives_up) {
        out += "  does not give up within " + times(static_cast<int>(restarts_max)) + "\n";
    }
    return out;
}

void add_schedules(const node& above, const std::string& path, std::string& into) {
    for (const node& child : above.children) {
        const std::string own = path + "/" + child.id;
        if (child.restart != restart_type::temporary) {
            into += (into.empty() ? "" : "\n") + schedule_of(child, above, own);
        }
        add_schedules(child, own, into);
    }
}

}  // namespace

std::string schedule(const tree_scenario& given) {
    std::string out;
    add_schedules(given.root, given.root.id, out);
    return out.empty() ? "no child of the tree is restarted\n" : out;
}

}  // namespace coppice::cli
