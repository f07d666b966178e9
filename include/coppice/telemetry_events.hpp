// SPDX-License-Identifier: Apache-2.0
// The events that the runtime itself executes; telemetry.hpp tells how to handle events.
//
//     event                        when                                        the handler runs in
//     call_start                   before a request is sent                    the caller
//     call_stop                    after the reply has come                    the caller
//     call_exception               when a call fails                           the caller
//     span_start, span_stop,       `telemetry::span` begins and ends           the process of the span
//       span_exception
//     process_exit                 a process has ended                         the observer
//     child_restart                a supervisor has started a child again      the observer
//     supervisor_gave_up           a supervisor has exceeded its limit         the observer
//     events_lost                  events were overwritten before a read       the observer
//     scheduler_sample             each `sample_period`                        the observer
//
// A span has one start and one end. A handler attached before the start gets both events. A handler attached
// in between may get only the end.
//
// The observer is a process that runs while a handler for one of its events is attached. The observer
// reads the flight recorder of events.hpp ten times a second, so a reason is only available as text,
// up to the recorded length.
//
// Threads    Values. A handler gets a reference, valid until the handler returns, and may keep a copy.
// Blocking   None.
// Ownership  An event owns its texts, and keeps no process alive.
// Errors     None of its own; telemetry.hpp tells the effect of a handler that throws.
// Cost       None in a program without handlers and contexts; see telemetry.hpp.
// Today      Events may gain fields, and the runtime may execute further events. The period in which the
//            observer reads may change.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "coppice/trace_context.hpp"

#pragma GCC visibility push(default)

namespace coppice::telemetry {

/// The fields common to all events of a span.
struct span_facts {
    std::uint64_t number = 0;  ///< Unique among the spans of the runtime.
    pid process;               ///< The process of the span: the caller.
    /// The span's own context, if its process has one. Work within the span has this context.
    std::optional<trace_context> context;
    span_id parent{};  ///< The enclosing span; zeros without a context.
};

/// The fields common to the events of a call. Calls of sys.hpp are not told.
struct call_facts : span_facts {
    pid server;        ///< Empty if the name was not registered.
    std::string name;  ///< The server's name in the call; empty for a call by pid.
    const std::type_info* request = nullptr;  ///< The type of the request.
    /// The request's type, as in reports. Cost: demangling, about a microsecond.
    [[nodiscard]] std::string request_type() const;
};

/// A call begins: the request has not been sent yet.
struct call_start : call_facts {
    std::chrono::system_clock::time_point time;  ///< When the call began.
};
/// A call has got its reply.
struct call_stop : call_facts {
    std::chrono::nanoseconds duration{0};  ///< From `call_start` to the reply.
};

/// How a call has failed.
enum class call_failure : std::uint8_t {
    timeout,       ///< No reply came in time.
    noproc,        ///< There was no such server.
    calling_self,  ///< A process tried to call itself.
    server_ended,  ///< The server ended before it replied.
    caller_ended,  ///< The caller ended while it waited.
};
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(call_failure how) noexcept;

/// A call has failed, whether the caller exits or gets an error.
struct call_exception : call_facts {
    std::chrono::nanoseconds duration{0};      ///< From `call_start` to the failure.
    call_failure how = call_failure::timeout;  ///< The kind of the failure.
    exit_reason why;  ///< The reason of the server's end, or the reason for `how`.
};

/// The fields common to the events of `telemetry::span`.
struct user_span_facts : span_facts {
    std::string name;  ///< The first argument of `span`.
};
/// A span of the user begins.
struct span_start : user_span_facts {
    std::chrono::system_clock::time_point time;  ///< When the span began.
};
/// The function of the span has returned.
struct span_stop : user_span_facts {
    std::chrono::nanoseconds duration{0};  ///< From `span_start` to the return.
};
/// An exception left the function of the span, or the process ended within the span.
struct span_exception : user_span_facts {
    std::chrono::nanoseconds duration{0};  ///< From `span_start` to the exception.
    exit_reason why;                       ///< `killed` if the process ended within the span.
};

/// A process has ended, for any reason.
struct process_exit {
    /// When the process ended, not when the handler runs.
    std::chrono::system_clock::time_point time;
    pid process;         ///< The process that has ended.
    std::string name;    ///< The registered name; empty if there was none.
    std::string reason;  ///< As in events.hpp: a text, shortened.
};

/// A supervisor has started a child again, after an end that the supervisor did not cause or together
/// with a sibling.
struct child_restart {
    std::chrono::system_clock::time_point time;  ///< When the new process was started.
    pid supervisor;                              ///< The supervisor of the child.
    std::string child;   ///< The id in the child's spec; not unique in a dynamic supervisor.
    pid process;         ///< The new process.
    std::string reason;  ///< The reason of the last process's end.
    /// The number of restarts of that id by that supervisor seen by the observer, this one included.
    std::uint64_t attempt = 0;
};

/// A supervisor has counted more restarts than `max_restarts`, and stops.
struct supervisor_gave_up {
    std::chrono::system_clock::time_point time;  ///< When the limit was exceeded.
    pid supervisor;                              ///< The supervisor that stops.
    std::string child;  ///< The child of the restart that exceeded the limit.
};

/// The flight recorder has overwritten events before the observer read them.
struct events_lost {
    std::uint64_t count = 0;  ///< May include exits and restarts.
};

/// The load of the scheduler in the last period.
struct scheduler_sample {
    std::chrono::nanoseconds period{0};  ///< The elapsed period.
    /// For each scheduler thread, the share of the period in which the thread was
    /// awake: 0 to 1. Without spares.
    std::vector<double> utilisation;
    /// For each scheduler thread, the processes that wait for a turn now. Without spares.
    std::vector<std::size_t> run_queues;
    std::size_t shared_run_queue = 0;  ///< Processes that wait for any thread.
    double messages_a_second = 0;      ///< Average over the period, and so are the next two.
    double spawns_a_second = 0;
    double exits_a_second = 0;
    std::uint64_t processes = 0;  ///< Alive at the end of the period.
};

}  // namespace coppice::telemetry

#pragma GCC visibility pop
