// SPDX-License-Identifier: Apache-2.0

#include "inspect/ask.hpp"

#include "inspect/look.hpp"

namespace coppice::inspect {

task<process_information> ask_process(pid who, std::chrono::nanoseconds end) {
    auto asking = coppice::detail::process_info_within(who, time_for(end, patience_supervisor));
    auto late = co_await asking;
    if (!late.answered) {
        throw request_error{code::timeout, to_string(who) + " is busy: it did not answer in time"};
    }
    if (late.information.empty()) {
        throw request_error{code::noproc, "noproc: " + to_string(who) + " has ended"};
    }
    co_return std::move(late.information[0]);
}

task<process_information> find_supervisor(const asked& what) {
    auto asking = ask_process(what.given.process(), what.end);
    process_information found = co_await asking;
    if (!found.is_supervisor) {
        throw request_error{
            code::bad_parameter,
            "who: " + what.given.text("who") + " is no supervisor; it runs " + found.initial_call};
    }
    co_return found;
}

bool is_dynamic(const process_information& supervisor) {
    return supervisor.behaviour == "dynamic_supervisor";
}

report_level level_from(const std::string& text) {
    for (const report_level each :
         {report_level::debug, report_level::info, report_level::notice, report_level::warning,
          report_level::error, report_level::off}) {
        if (to_string(each) == text) {
            return each;
        }
    }
    throw request_error{code::bad_parameter,
                        "level: has to be debug, info, notice, warning, error or off"};
}

request_error error_from(const exit_reason& why) {
    const exit_reason& first = why.size() > 0 ? why[0] : why;
    if (first == reason::noproc) {
        return {code::noproc, to_string(why)};
    }
    if (first == reason::timeout) {
        return {code::timeout, to_string(why)};
    }
    return {code::failed, to_string(why)};
}

}  // namespace coppice::inspect
