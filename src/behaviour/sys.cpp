// SPDX-License-Identifier: Apache-2.0
// The requests of coppice::sys that do not depend on the server's class.

#include "coppice/sys.hpp"

#include <utility>

#include "behaviour/debugging.hpp"

namespace coppice {
namespace detail {
namespace {

/// A request without a result.
template <class Policy, class Work>
auto order(const sys::target& to, nanoseconds timeout, const char* function, Work work) {
    return system_call<void, Policy>(to, timeout, function,
                                     [work = std::move(work)](behaviour_body& by) mutable {
                                         work(by);
                                         return system_answer<void>{};
                                     });
}

template <class Policy>
auto ask_suspend(const sys::target& to, nanoseconds timeout) {
    return order<Policy>(to, timeout, "suspend", [](behaviour_body& by) { by.suspend(); });
}
template <class Policy>
auto ask_resume(const sys::target& to, nanoseconds timeout) {
    return order<Policy>(to, timeout, "resume", [](behaviour_body& by) { by.resume(); });
}
template <class Policy>
auto ask_terminate(const sys::target& to, exit_reason why, nanoseconds timeout) {
    return order<Policy>(
        to, timeout, "terminate",
        [why = std::move(why)](behaviour_body& by) mutable { by.stop_by_request(std::move(why)); });
}
template <class Policy>
auto ask_text_of_state(const sys::target& to, nanoseconds timeout) {
    return system_call<std::string, Policy>(
        to, timeout, "get_state",
        [](behaviour_body& by) { return system_answer<std::string>{by.raw_state()}; },
        "system_get_state");
}
template <class Policy>
auto ask_status(const sys::target& to, nanoseconds timeout) {
    return system_call<sys::status, Policy>(to, timeout, "get_status", [](behaviour_body& by) {
        return system_answer<sys::status>{status_of(by)};
    });
}
template <class Policy>
auto ask_change_code(const sys::target& to, nanoseconds timeout) {
    return system_call<void, Policy>(to, timeout, "change_code", [](behaviour_body&) {
        return system_answer<void>{
            std::unexpected{exit_reason::tuple("unknown_system_msg", "change_code")}};
    });
}
template <class Policy>
auto ask_statistics(const sys::target& to, bool on, nanoseconds timeout) {
    return order<Policy>(to, timeout, "statistics",
                         [on](behaviour_body& by) { set_statistics(by, on); });
}
template <class Policy>
auto ask_for_statistics(const sys::target& to, nanoseconds timeout) {
    using counted = std::optional<sys::server_statistics>;
    return system_call<counted, Policy>(to, timeout, "statistics", [](behaviour_body& by) {
        return system_answer<counted>{statistics_of(by)};
    });
}
template <class Policy>
auto ask_log(const sys::target& to, sys::log_mode mode, nanoseconds timeout) {
    return order<Policy>(to, timeout, "log",
                         [limit = mode.limit()](behaviour_body& by) { set_log(by, limit); });
}
template <class Policy>
auto ask_for_log(const sys::target& to, nanoseconds timeout) {
    using events = std::vector<sys::event>;
    return system_call<events, Policy>(to, timeout, "log", [](behaviour_body& by) {
        return system_answer<events>{events_of(by)};
    });
}
template <class Policy>
auto ask_trace_reports(const sys::target& to, bool on, nanoseconds timeout) {
    return order<Policy>(to, timeout, "trace", [on](behaviour_body& by) {
        if (on) {
            begin_trace(by, nullptr);
        } else {
            end_trace(by);
        }
    });
}
template <class Policy>
auto ask_log_to_file(const sys::target& to, sys::log_file file, nanoseconds timeout) {
    return system_call<void, Policy>(to, timeout, "log_to_file",
                                     [path = file.path()](behaviour_body& by) {
                                         if (!path.empty()) {
                                             return begin_log_to_file(by, path);
                                         }
                                         end_log_to_file(by);
                                         return system_answer<void>{};
                                     });
}
template <class Policy>
auto ask_remove(const sys::target& to, std::string id, nanoseconds timeout) {
    return order<Policy>(to, timeout, "remove",
                         [id = std::move(id)](behaviour_body& by) { remove_function(by, id); });
}
template <class Policy>
auto ask_no_debug(const sys::target& to, nanoseconds timeout) {
    return order<Policy>(to, timeout, "no_debug", [](behaviour_body& by) { forget_debugging(by); });
}

}  // namespace
}  // namespace detail

namespace sys {

using detail::or_error;
using detail::or_exit;

std::size_t log_mode::refuse_limit() {
    throw badarg_error{"sys::log: the number of events has to be positive; false keeps none"};
}

void log_file::refuse_path() {
    throw badarg_error{"sys::log_to_file: takes the path of a file, or false to close the file"};
}

// clang-format off
answer<void> suspend(const target& who, time_span t) { return detail::ask_suspend<or_exit>(who, t); }
try_answer<void> try_suspend(const target& who, time_span t) { return detail::ask_suspend<or_error>(who, t); }
answer<void> resume(const target& who, time_span t) { return detail::ask_resume<or_exit>(who, t); }
try_answer<void> try_resume(const target& who, time_span t) { return detail::ask_resume<or_error>(who, t); }
answer<void> terminate(const target& who, exit_reason why, time_span t) { return detail::ask_terminate<or_exit>(who, std::move(why), t); }
try_answer<void> try_terminate(const target& who, exit_reason why, time_span t) { return detail::ask_terminate<or_error>(who, std::move(why), t); }
answer<std::string> get_state(const target& who, time_span t) { return detail::ask_text_of_state<or_exit>(who, t); }
try_answer<std::string> try_get_state(const target& who, time_span t) { return detail::ask_text_of_state<or_error>(who, t); }
answer<status> get_status(const target& who, time_span t) { return detail::ask_status<or_exit>(who, t); }
try_answer<status> try_get_status(const target& who, time_span t) { return detail::ask_status<or_error>(who, t); }
answer<void> change_code(const target& who, time_span t) { return detail::ask_change_code<or_exit>(who, t); }
try_answer<void> try_change_code(const target& who, time_span t) { return detail::ask_change_code<or_error>(who, t); }
answer<void> statistics(const target& who, bool on, time_span t) { return detail::ask_statistics<or_exit>(who, on, t); }
try_answer<void> try_statistics(const target& who, bool on, time_span t) { return detail::ask_statistics<or_error>(who, on, t); }
answer<std::optional<server_statistics>> get_statistics(const target& who, time_span t) { return detail::ask_for_statistics<or_exit>(who, t); }
try_answer<std::optional<server_statistics>> try_get_statistics(const target& who, time_span t) { return detail::ask_for_statistics<or_error>(who, t); }
answer<void> log(const target& who, log_mode mode, time_span t) { return detail::ask_log<or_exit>(who, mode, t); }
try_answer<void> try_log(const target& who, log_mode mode, time_span t) { return detail::ask_log<or_error>(who, mode, t); }
answer<std::vector<event>> get_log(const target& who, time_span t) { return detail::ask_for_log<or_exit>(who, t); }
try_answer<std::vector<event>> try_get_log(const target& who, time_span t) { return detail::ask_for_log<or_error>(who, t); }
answer<void> trace(const target& who, bool on, time_span t) { return detail::ask_trace_reports<or_exit>(who, on, t); }
try_answer<void> try_trace(const target& who, bool on, time_span t) { return detail::ask_trace_reports<or_error>(who, on, t); }
answer<void> log_to_file(const target& who, log_file file, time_span t) { return detail::ask_log_to_file<or_exit>(who, std::move(file), t); }
try_answer<void> try_log_to_file(const target& who, log_file file, time_span t) { return detail::ask_log_to_file<or_error>(who, std::move(file), t); }
answer<void> remove(const target& who, std::string id, time_span t) { return detail::ask_remove<or_exit>(who, std::move(id), t); }
try_answer<void> try_remove(const target& who, std::string id, time_span t) { return detail::ask_remove<or_error>(who, std::move(id), t); }
answer<void> no_debug(const target& who, time_span t) { return detail::ask_no_debug<or_exit>(who, t); }
try_answer<void> try_no_debug(const target& who, time_span t) { return detail::ask_no_debug<or_error>(who, t); }
// clang-format on

std::string_view to_string(server_state state) noexcept {
    return state == server_state::suspended ? "suspended" : "running";
}

std::string to_string(const event& e) {
    switch (e.kind) {
        case event_kind::call:
            return "got call " + e.message + " from " + to_string(e.peer);
        case event_kind::cast:
            return "got cast " + e.message;
        case event_kind::info:
            return "got " + e.message;
        case event_kind::reply:
            return "sent " + e.message + " to " + to_string(e.peer) + ", new state " + e.state;
        case event_kind::noreply:
            return "new state " + e.state;
        case event_kind::continued:
            return "dbg {continue," + e.message + "}";
    }
    return {};
}

}  // namespace sys
}  // namespace coppice
