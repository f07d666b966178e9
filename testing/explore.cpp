// SPDX-License-Identifier: Apache-2.0

#include "coppice/testing/explore.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/pool_bypass.hpp"
#include "testing/explored_run.hpp"
#include "testing/exploring_director.hpp"
#include "testing/shrinking.hpp"

namespace coppice::testing {
namespace {

constexpr const char* plan_variable = "COPPICE_EXPLORE";

/// Names the second exploration of a test, and the later ones, before the plan.
constexpr std::string_view call_word = "call=";

/// The number of this exploration in the present test; from 1.
unsigned number_of_this_call() {
    static std::string test;
    static unsigned calls = 0;
    const auto& selection = framework_in_use().selection;
    std::string present = selection ? selection() : std::string{};
    calls = present == test ? calls + 1 : 1;
    test = std::move(present);
    return calls;
}

/// A plan of the environment, and the exploration that the plan is for.
struct given_plan {
    unsigned call = 1;
    fault_plan plan;
};

std::optional<given_plan> plan_from_environment() {
    const char* const text = std::getenv(plan_variable);
    if (text == nullptr) {
        return std::nullopt;
    }
    given_plan out;
    std::string_view rest = text;
    if (rest.starts_with(call_word)) {
        rest.remove_prefix(call_word.size());
        const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), out.call);
        rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
    }
    try {
        out.plan = read_plan(rest);
        return out;
    } catch (const std::invalid_argument& wrong) {
        throw std::invalid_argument{std::string{plan_variable} + ": " + wrong.what()};
    }
}

void check(const explore_options& how) {
    if (how.turns_max == 0) {
        throw std::invalid_argument{"explore_options: turns_max is 0, and no run could begin"};
    }
    if (how.delay_max.value() < std::chrono::milliseconds{1}) {
        throw std::invalid_argument{"explore_options: delay_max is below 1 ms"};
    }
    if (how.time_max.value() < std::chrono::nanoseconds::zero()) {
        throw std::invalid_argument{"explore_options: time_max is negative"};
    }
}

std::vector<decision_kind> kinds_of(const fault_kinds& allowed) {
    std::vector<decision_kind> out;
    const auto add = [&out](bool is_allowed, decision_kind kind) {
        if (is_allowed) {
            out.push_back(kind);
        }
    };
    add(allowed.kill, decision_kind::kill);
    add(allowed.delay, decision_kind::delay);
    add(allowed.lose_timer, decision_kind::lose_timer);
    add(allowed.fail_start, decision_kind::fail_start);
    add(allowed.fail_allocation, decision_kind::fail_alloc);
    return out;
}

/// A word for a shell.
std::string quoted(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,+-@";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string{word};
    }
    std::string out = "'";
    for (const char each : word) {
        out += each == '\'' ? std::string{"'\\''"} : std::string{each};
    }
    return out + "'";
}

/// The words of the command line of this OS process.
std::vector<std::string> command_line() {
    std::ifstream file{"/proc/self/cmdline"};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::string> out;
    for (std::size_t at = 0; at < all.size(); at = all.find('\0', at) + 1) {
        out.emplace_back(all.c_str() + at);
    }
    return out;
}

/// The environment and the program; the test in place of its other arguments if the framework knows the test.
std::string command_for(const std::string& plan, unsigned call) {
    std::string out = std::string{plan_variable} + "='";
    if (call > 1) {
        out += std::string{call_word} + std::to_string(call) + ' ';
    }
    out += plan + '\'';
    const auto& selection = framework_in_use().selection;
    const std::string selected = selection ? selection() : std::string{};
    const std::vector<std::string> words = command_line();
    for (std::size_t i = 0; i < words.size() && (i == 0 || selected.empty()); ++i) {
        out += ' ' + quoted(words[i]);
    }
    return selected.empty() ? out : out + ' ' + quoted(selected);
}

std::string report_of(const counterexample& of, const explored_run& run, std::size_t before) {
    std::string out = of.failure;
    out += out.ends_with('\n') ? "" : "\n";
    out += "explore: failed in run " + std::to_string(of.runs) + "; " +
           std::to_string(of.shrink_runs) + " more runs shrank the plan from " +
           std::to_string(before) + (before == 1 ? " decision to " : " decisions to ") +
           std::to_string(of.decisions) + '\n';
    if (!of.repeats) {
        out +=
            "  the same plan did not fail alike again: the body depends on something besides the "
            "plan\n";
    }
    for (const std::string& note : run.notes) {
        out += "  " + note + '\n';
    }
    return out + "repeat with\n  " + of.command + '\n';
}

/// How a failure was found.
struct search {
    unsigned call = 1;
    std::size_t decisions = 0;  ///< Before shrinking.
    std::uint64_t runs = 1;
    std::uint64_t shrink_runs = 0;
    bool repeats = true;
};

counterexample described(const explored_run& run, const search& by) {
    counterexample out;
    out.failure = run.failure;
    out.plan = to_string(run.applied);
    out.decisions = run.applied.size();
    out.command = command_for(out.plan, by.call);
    out.runs = by.runs;
    out.shrink_runs = by.shrink_runs;
    out.repeats = by.repeats;
    out.report = report_of(out, run, by.decisions);
    return out;
}

explored_run run_plan(const explore_options& how, const detail::body_of_run& body,
                      const fault_plan& plan) {
    repeated_plan source{plan};
    return run_once(how, body, source);
}

counterexample shrunk(const explore_options& how, const detail::body_of_run& body,
                      explored_run failing, const explored_run& plain, search by) {
    by.decisions = failing.applied.size();
    shrinker shrinking{[&](const fault_plan& plan) { return run_plan(how, body, plan); },
                       how.shrink_runs};
    const shrinker::result found = shrinking.shrink(std::move(failing), plain);
    by.shrink_runs = found.runs;
    by.repeats = found.repeats;
    return described(found.run, by);
}

std::optional<counterexample> repeat(const explore_options& how, const detail::body_of_run& body,
                                     const given_plan& given, unsigned call) {
    if (given.call != call) {
        return std::nullopt;
    }
    const explored_run run = run_plan(how, body, given.plan);
    if (run.failed == failure_kind::none) {
        return std::nullopt;
    }
    return described(run, {.call = call, .decisions = run.applied.size()});
}

}  // namespace

bool is_allocation_to_fail() noexcept {
    return platform::is_allocation_to_fail();
}

namespace detail {

std::optional<counterexample> find_failure(const explore_options& how, const body_of_run& body) {
    check(how);
    if (exploring_director::current() != nullptr) {
        throw std::logic_error{
            "explore: called in the body of another exploration, which decides already"};
    }
    const unsigned call = number_of_this_call();
    if (const auto given = plan_from_environment()) {
        return repeat(how, body, *given, call);
    }
    const explored_run plain = run_plan(how, body, {});
    if (plain.failed != failure_kind::none) {
        return shrunk(how, body, plain, plain, {.call = call});
    }
    const random_plan::settings chosen{kinds_of(how.faults), how.faults_max,
                                       std::max<std::uint64_t>(plain.steps, 1)};
    for (std::uint64_t i = 0; i < how.seeds; ++i) {
        random_plan source{how.first_seed + i, chosen};
        explored_run run = run_once(how, body, source);
        if (run.failed != failure_kind::none) {
            return shrunk(how, body, std::move(run), plain, {.call = call, .runs = i + 2});
        }
    }
    return std::nullopt;
}

void explore(const explore_options& how, const body_of_run& body) {
    const auto found = find_failure(how, body);
    if (!found) {
        if (std::getenv(plan_variable) != nullptr) {
            std::cerr << plan_variable << ": the exploration does not fail with this plan\n";
        }
        return;
    }
    const auto& report = framework_in_use().report;
    if (!report) {
        throw exploration_failed{found->report};
    }
    report(found->report);
}

}  // namespace detail
}  // namespace coppice::testing
