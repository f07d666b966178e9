// SPDX-License-Identifier: Apache-2.0

#include "coppice/explain.hpp"

#include <algorithm>
#include <utility>

#include "coppice/process.hpp"
#include "observe/ask_supervisor.hpp"

namespace coppice {
namespace {

using detail::nanoseconds;

/// Information about a process, or the fact that the process does not answer. Empty if the process has ended.
task<detail::late_information> look(pid who, nanoseconds end) {
    auto looking = detail::process_info_within(who, observe::time_left(end));
    co_return co_await looking;
}

/// The next link of the chain. `supervisor` is empty at the end of the chain.
task<explanation> explain_one(pid process, exit_reason why, nanoseconds end) {
    explanation none{.process = process, .why = why};
    auto looking = look(process, end);
    const detail::late_information child = co_await looking;
    if (!child.answered || child.information.empty() || !child.information[0].parent) {
        none.busy = !child.answered;
        co_return none;
    }
    const pid parent = child.information[0].parent;
    auto looking_above = look(parent, end);
    const detail::late_information above = co_await looking_above;
    if (above.answered && (above.information.empty() || !above.information[0].is_supervisor)) {
        co_return none;
    }
    none.supervisor = parent;
    none.busy = true;
    if (!above.answered) {
        co_return none;
    }
    auto asking = observe::ask_supervisor<explanation>(
        parent, above.information[0].behaviour, supervise::explain_request{process, why}, end);
    auto answer = co_await asking;
    explanation out = answer ? std::move(*answer) : none;
    out.supervisor_name = above.information[0].registered_name;
    co_return out;
}

std::string supervisor_of(const explanation& of) {
    const std::string who = to_string(of.supervisor);
    return of.supervisor_name.empty() ? who : of.supervisor_name + " " + who;
}

std::string budget_of(const explanation& of) {
    return std::to_string(of.restarts) + " of " + std::to_string(of.max_restarts) +
           " restarts in " + std::to_string(of.max_seconds.count()) + " s";
}

std::string line_of(const planned_action& action) {
    std::string out = "  " + std::string{to_string(action.kind)};
    if (!action.child.empty()) {
        out += " " + action.child;
    }
    if (action.process && action.kind == planned_kind::stop) {
        out += " " + to_string(action.process);
    }
    return out + "\n";
}

std::string text_of(const explanation& of) {
    const std::string ended =
        "if " +
        (of.child.empty() ? to_string(of.process) : of.child + " " + to_string(of.process)) +
        " ended with " + to_string(of.why);
    if (of.busy) {
        return ended + ": " +
               (of.supervisor ? supervisor_of(of) + ", its supervisor," : "the process") +
               " does not answer\n";
    }
    std::string out =
        ended + ", " + supervisor_of(of) + " (" + of.strategy + ", " + budget_of(of) + ")\n";
    if (of.actions.empty()) {
        out += "  does nothing\n";
    }
    for (const planned_action& action : of.actions) {
        out += line_of(action);
    }
    return out;
}

}  // namespace

std::string_view to_string(planned_kind kind) noexcept {
    switch (kind) {
        case planned_kind::report_child_terminated:
            return "reports child_terminated";
        case planned_kind::stop:
            return "stops";
        case planned_kind::start:
            return "starts";
        case planned_kind::forget:
            return "forgets";
        case planned_kind::report_limit:
            return "gives up over";
        case planned_kind::shut_down:
            return "shuts down";
        case planned_kind::wait:
            return "delays the restart of";
    }
    return "?";
}

task<std::vector<explanation>> explain(pid process, exit_reason why, time_span deadline) {
    const nanoseconds end = detail::time_after(deadline);
    std::vector<explanation> out;
    for (bool ends = true; ends;) {
        auto explaining = explain_one(process, why, end);
        explanation next = co_await explaining;
        if (!next.supervisor && !next.busy) {
            break;
        }
        ends = next.shuts_down;
        process = next.supervisor;
        why = reason::shutdown;
        out.push_back(std::move(next));
    }
    co_return out;
}

std::string to_text(const std::vector<explanation>& answer) {
    if (answer.empty()) {
        return "no supervisor would be notified\n";
    }
    std::string out;
    for (const explanation& each : answer) {
        out += text_of(each);
    }
    if (answer.back().shuts_down) {
        out += "and no further supervisor would be notified\n";
    }
    return out;
}

}  // namespace coppice
