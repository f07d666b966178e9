// SPDX-License-Identifier: Apache-2.0

#include "supervise/reports.hpp"

#include <exception>
#include <utility>

#include "process/runtime_core.hpp"

namespace coppice::supervise {

using detail::current_world;

child_summary summary_of(const child_spec& spec, const pid& process) {
    return {process,        spec.id(),          spec.start().describe(),
            spec.restart(), spec.significant(), spec.shutdown(),
            spec.type()};
}

std::string shown_name(const std::string& fallback) {
    const pid me = self();
    const std::string name = current_world().names().name_of(me);
    return name.empty() ? "{" + to_string(me) + "," + fallback + "}" : name;
}

void report_child(supervisor_context context, const std::string& supervisor, const exit_reason& why,
                  const child_spec& spec, const pid& process) {
    if (current_world().wants(report_level::error)) {
        current_world().publish(
            report_level::error, self(),
            supervisor_report{shown_name(supervisor), context, why, summary_of(spec, process)});
    }
}

void report_started(const std::string& supervisor, const child_spec& spec, const pid& process) {
    if (current_world().wants(report_level::info)) {
        current_world().publish(report_level::info, self(),
                                progress_report{shown_name(supervisor), summary_of(spec, process)});
    }
}

void report_unexpected(const std::string& supervisor, const any_message& message) {
    if (current_world().wants(report_level::error)) {
        current_world().publish(report_level::error, self(),
                                text_report{"Supervisor " + shown_name(supervisor) +
                                            " received unexpected message: " + message.describe()});
    }
}

task<detail::start_outcome> run_start(const child_spec& spec, bool wrap_in_exit,
                                      const extra_arguments& extra) {
    detail::start_outcome outcome;
    std::exception_ptr thrown;
    try {
        const std::string name = spec.name();
        outcome = co_await spec.start()(name, extra);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        const exit_reason why = detail::reason_of(thrown);
        outcome.kind = detail::start_kind::failed;
        outcome.why = wrap_in_exit ? exit_reason::tuple("'EXIT'", why) : why;
    }
    co_return outcome;
}

std::int64_t whole_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(detail::now()).count();
}

}  // namespace coppice::supervise
