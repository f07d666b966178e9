// SPDX-License-Identifier: Apache-2.0
// Telemetry: functions that are called when something happens, in the runtime or in the user's own code.
//
//     telemetry::attach("slow-calls", [](const telemetry::call_stop& e) {         // any number of functions
//         if (e.duration > 100ms) { note(e.request_type(), e.duration); }
//     });
//     telemetry::execute(order_placed{.total = 40});                              // an event of one's own
//     co_await telemetry::span("checkout", [&] { return check_out(order); });     // start, stop or exception
//
// An event is a struct, and a handler names the type that it wants. The runtime's own are in
// telemetry_events.hpp, with a table of where their handlers run; any other struct is an event of the user's.
//
// Trace context: a process that has one gives it to the messages that it sends, by send, cast, call and timers,
// and the receiver has it until it takes the next message. So spans of calls form one trace over many
// processes. After a message without a context the receiver has that of its own `with_context`, or none.
//
//     const telemetry::with_context here{*telemetry::parse_traceparent(header)};
//     co_await shop.call(order{});
//
// Replies, exit signals, down messages and new processes get no context, and what threads outside send has none.
// A timer's message has that of the process that set the timer, as it was then. What is sent on as an
// `any_message` keeps its own.
//
// Threads    The functions below act for the runtime of the calling process, those with a `runtime&` for that
//            one from any thread. Handlers are called by several threads at once; attach and detach may be
//            called at any time, by handlers too. A handler that is detached is not called any more, but may be
//            in the middle of a call on another thread: what it refers to has to outlive that.
// Blocking   A handler holds up the process that it runs in, as the process's own code does, and may use the
//            functions of that process that need not be awaited. Events that handlers execute nest eight deep;
//            deeper ones are dropped.
// Errors     A handler that throws is detached with all that its id has, and reported once, level warning. What
//            it threw goes no further.
// Cost       With nothing attached: a look at one word a call, nothing a send. With something: a lock, some
//            comparisons and the handler. A process with a context takes a block of 128 bytes a message; in a
//            runtime where there has been a context, a send of the others costs some tens of nanoseconds more.
// Semantics  Erlang's telemetry, and OpenTelemetry's way of passing a context on.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/telemetry_hooks.hpp"
#include "coppice/fwd.hpp"
#include "coppice/process.hpp"
#include "coppice/task.hpp"
#include "coppice/telemetry_events.hpp"
#include "coppice/time_span.hpp"
#include "coppice/trace_context.hpp"

#pragma GCC visibility push(default)

namespace coppice::telemetry {

/// The handlers are called with each event of their types from now on, until `detach(id)`. Throws
/// `badarg_error` if the id is attached already.
template <class... Handlers>
void attach(std::string id, Handlers... handlers) {
    detail::attach_telemetry(std::move(id), detail::telemetry_clauses_of(std::move(handlers)...));
}
template <class... Handlers>
void attach(runtime& world, std::string id, Handlers... handlers) {
    detail::attach_telemetry(world, std::move(id),
                             detail::telemetry_clauses_of(std::move(handlers)...));
}

/// False if nothing is attached under the id.
bool detach(std::string_view id);
bool detach(runtime& world, std::string_view id);
/// All ids, in the order in which they were attached.
[[nodiscard]] std::vector<std::string> attached();

/// Handlers for as long as it lives. It may be destroyed anywhere, also after its runtime.
class attachment {
  public:
    template <class... Handlers>
    explicit attachment(std::string id, Handlers... handlers) : id_{std::move(id)} {
        attach(id_, std::move(handlers)...);
        to_ = detail::telemetry_hub_here();
    }
    template <class... Handlers>
    attachment(runtime& world, std::string id, Handlers... handlers) : id_{std::move(id)} {
        attach(world, id_, std::move(handlers)...);
        to_ = detail::telemetry_hub_of(world);
    }
    attachment(attachment&&) noexcept = default;
    attachment& operator=(attachment&& other) noexcept;
    ~attachment() { detail::detach_telemetry(to_, id_); }

    const std::string& id() const noexcept { return id_; }

  private:
    std::string id_;
    std::weak_ptr<detail::telemetry_hub> to_;
};

/// Calls the handlers for events of this type, here and now.
template <class Event>
void execute(const Event& happened) {
    if (detail::uses_telemetry()) {
        detail::execute_telemetry(typeid(Event), &happened);
    }
}

/// Runs `f` as a span and gives its result. If f returns a `task<R>`, so does this, and the span lasts until
/// that is done: `co_await span(…)`. With a context, f runs under one of its own, a child of it.
template <class F>
auto span(std::string_view name, F f) -> std::invoke_result_t<F&> {
    using result = std::invoke_result_t<F&>;
    if constexpr (detail::is_a_task<result>) {
        return detail::span_of_task<typename detail::awaited_by_span<result>::type>(
            std::string{name}, std::move(f));
    } else {
        return detail::span_of_function(name, f);
    }
}

/// How often there is a `scheduler_sample`, from the next one on. One second unless told otherwise; throws
/// `badarg_error` for less than a millisecond.
void sample_period(time_span period);
void sample_period(runtime& world, time_span period);

/// Under which the caller works now; nothing if there is none.
[[nodiscard]] std::optional<trace_context> current_context();
/// One that begins a trace: sampled, its ids chosen by chance. In a simulation the same ones in each run.
[[nodiscard]] trace_context new_trace();

/// While it lives, its process works under that context, unless it takes a message that brings another.
/// Those of a process end in the reverse order of their beginning, and in that process; another process's end
/// changes nothing.
class with_context {
  public:
    explicit with_context(const trace_context& context);
    with_context(const with_context&) = delete;
    with_context& operator=(const with_context&) = delete;
    ~with_context();

  private:
    pid owner_;  ///< Empty if the process was dead.
    std::uint8_t outer_marks_ = 0;
    std::optional<trace_context> outer_;
};

}  // namespace coppice::telemetry

#pragma GCC visibility pop
