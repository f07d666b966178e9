// SPDX-License-Identifier: Apache-2.0
// The events that the runtime itself executes; telemetry.hpp tells how handlers hear of them.
//
//     event                        when                                        the handler runs in
//     call_start                   a request is about to be sent               the caller
//     call_stop                    the reply has come                          the caller
//     call_exception               there will be no reply                      the caller
//     span_start, span_stop,       `telemetry::span` begins and ends           the process that it is in
//       span_exception
//     process_exit                 a process has ended                         the observer
//     child_restart                a supervisor has started a child again      the observer
//     supervisor_gave_up           a supervisor has had a restart too many     the observer
//     events_lost                  more happened than was kept                 the observer
//     scheduler_sample             each `sample_period`                        the observer
//
// A span has a start and one end. Its end is heard by handlers that were there at its start; a handler that is
// attached meanwhile may hear an end alone.
//
// The observer is a process that runs while a handler for one of its events is attached. It reads the flight
// recorder of events.hpp ten times a second: what is there of a reason is its text, as far as that was kept.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "coppice/trace_context.hpp"

#pragma GCC visibility push(default)

namespace coppice::telemetry {

/// What is the same in all events of a span.
struct span_facts {
    std::uint64_t number = 0;  ///< No other span of the runtime has it.
    pid process;               ///< Whose span it is: the caller.
    /// The span's own, when its process has a context. What is done within the span is done under it.
    std::optional<trace_context> context;
    span_id parent{};  ///< The span around it; zeros if there is no context.
};

struct call_facts : span_facts {
    pid server;        ///< Empty if nobody had the name.
    std::string name;  ///< By which the server was called; empty if that was its pid.
    const std::type_info* request = nullptr;
    /// The request's type, as reports write it. Cost: as a demangler, about a microsecond.
    [[nodiscard]] std::string request_type() const;
};

struct call_start : call_facts {
    std::chrono::system_clock::time_point time;
};
struct call_stop : call_facts {
    std::chrono::nanoseconds duration{0};
};

enum class call_failure : std::uint8_t {
    timeout,       ///< No reply came in time.
    noproc,        ///< There was no such server.
    calling_self,  ///< A process would have waited for itself.
    server_ended,  ///< The server ended before it replied.
    caller_ended,  ///< The caller ended while it waited.
};
[[nodiscard]] std::string_view to_string(call_failure how) noexcept;

struct call_exception : call_facts {
    std::chrono::nanoseconds duration{0};
    call_failure how = call_failure::timeout;
    exit_reason why;  ///< The server's, or as `how`.
};

struct user_span_facts : span_facts {
    std::string name;
};
struct span_start : user_span_facts {
    std::chrono::system_clock::time_point time;
};
struct span_stop : user_span_facts {
    std::chrono::nanoseconds duration{0};
};
struct span_exception : user_span_facts {
    std::chrono::nanoseconds duration{0};
    exit_reason why;  ///< `killed` if the process was ended within the span.
};

struct process_exit {
    std::chrono::system_clock::time_point time;
    pid process;
    std::string name;  ///< Registered; empty if it had none.
    std::string reason;
};

struct child_restart {
    std::chrono::system_clock::time_point time;
    pid supervisor;
    std::string child;   ///< Its id; empty in a dynamic supervisor.
    pid process;         ///< The new one.
    std::string reason;  ///< With which the last one ended.
    /// How many restarts of that id by that supervisor the observer has seen, with this one.
    std::uint64_t attempt = 0;
};

struct supervisor_gave_up {
    std::chrono::system_clock::time_point time;
    pid supervisor;
    std::string child;  ///< Whose restart was one too many.
};

struct events_lost {
    std::uint64_t count = 0;  ///< Among them may be exits and restarts.
};

struct scheduler_sample {
    std::chrono::nanoseconds period{0};  ///< As it was.
    /// Of each scheduler thread, the share of the period in which it was awake: 0 to 1. Spares are left out.
    std::vector<double> utilisation;
    std::vector<std::size_t> run_queues;  ///< Likewise, processes that wait for a turn now.
    std::size_t shared_run_queue = 0;     ///< Those that wait for any thread.
    double messages_a_second = 0;
    double spawns_a_second = 0;
    double exits_a_second = 0;
    std::uint64_t processes = 0;
};

}  // namespace coppice::telemetry

#pragma GCC visibility pop
