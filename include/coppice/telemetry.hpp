// SPDX-License-Identifier: Apache-2.0
// Telemetry: handler functions that are called at events in the runtime or in the user's own code.
//
//     telemetry::attach("slow-calls", [](const telemetry::call_stop& e) {         // any number of functions
//         if (e.duration > 100ms) { note(e.request_type(), e.duration); }
//     });
//     telemetry::execute(order_placed{.total = 40});                              // an event of one's own
//     co_await telemetry::span("checkout", [&] { return check_out(order); });     // start, stop or exception
//
// An event is a struct, and a handler names the type of its event. telemetry_events.hpp has the runtime's own
// events and a table of where their handlers run. Any other struct is a user's event.
//
// Trace context: a process with a context passes the context on with its messages: sends, casts, calls and
// timers. The receiver has the context until it takes the next message, so the spans of calls form one trace
// over many processes. After a message without a context, the receiver has the context of its own
// `with_context`, or none.
//
//     const telemetry::with_context here{*telemetry::parse_traceparent(header)};
//     co_await shop.call(order{});
//
// Replies, exit signals, down messages and new processes get no context. Messages from threads outside have
// none. A timer's message has the context of the process that set the timer, at that time. A forwarded
// `any_message` keeps its context.
//
// Threads    The functions below act for the runtime of the calling process. Functions with a `runtime&` act
//            for that runtime, from any thread. Several threads may call a handler at once. attach and detach
//            may be called at any time, also by handlers. A detached handler is not called any more, but a
//            call may still run on another thread: objects in use by the handler must outlive that call.
// Blocking   A handler delays the process in which it runs, like the process's own code. A handler may use
//            the functions of that process that are not awaited. Events executed by handlers nest up to eight
//            deep; deeper ones are dropped.
// Ownership  The runtime owns attached handlers. A detached handler is destroyed after its last call. An
//            `attachment` keeps no runtime alive.
// Errors     If a handler throws, all handlers of its id are detached, and one report of level warning is
//            made. The exception is swallowed.
// Cost       Without handlers: a check of one word per call, nothing per send. With handlers: a lock,
//            some comparisons and the handler. A process with a context allocates a block of 128
//            bytes per message. In a runtime that has had a context, a send of any other process
//            costs some tens of nanoseconds more.
// Semantics  Erlang's telemetry, and the context propagation of OpenTelemetry.

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

/// From now on the handlers are called for each event of their types, until `detach(id)`. Each handler names
/// its event by its parameter. Throws `badarg_error` if the id is already attached.
template <class... Handlers>
void attach(std::string id, Handlers... handlers) {
    detail::attach_telemetry(std::move(id), detail::telemetry_clauses_of(std::move(handlers)...));
}
/// The same for the runtime `world`, from any thread.
template <class... Handlers>
void attach(runtime& world, std::string id, Handlers... handlers) {
    detail::attach_telemetry(world, std::move(id),
                             detail::telemetry_clauses_of(std::move(handlers)...));
}

/// Removes all handlers of the id. False if the id is not attached.
bool detach(std::string_view id);
/// The same for the runtime `world`, from any thread.
bool detach(runtime& world, std::string_view id);
/// All ids, in order of attachment.
[[nodiscard]] std::vector<std::string> attached();

/// Handlers that are detached by the destructor. May be destroyed anywhere, also after the runtime.
class attachment {
  public:
    /// Attaches, as `attach` does.
    template <class... Handlers>
    explicit attachment(std::string id, Handlers... handlers) : id_{std::move(id)} {
        attach(id_, std::move(handlers)...);
        to_ = detail::telemetry_hub_here();
    }
    /// The same for the runtime `world`, from any thread.
    template <class... Handlers>
    attachment(runtime& world, std::string id, Handlers... handlers) : id_{std::move(id)} {
        attach(world, id_, std::move(handlers)...);
        to_ = detail::telemetry_hub_of(world);
    }
    /// A moved-from attachment detaches nothing.
    attachment(attachment&&) noexcept = default;
    attachment& operator=(attachment&& other) noexcept;
    /// Detaches the handlers.
    ~attachment() { detail::detach_telemetry(to_, id_); }

    /// The id for `detach` and in reports.
    const std::string& id() const noexcept { return id_; }

  private:
    std::string id_;
    std::weak_ptr<detail::telemetry_hub> to_;
};

/// Calls the handlers for events of this type, in the calling process, in the order of attachment. Returns
/// after the last handler.
template <class Event>
void execute(const Event& happened) {
    if (detail::uses_telemetry()) {
        detail::execute_telemetry(typeid(Event), &happened);
    }
}

/// Runs `f` as a span and returns its result. If f returns a `task<R>`, so does `span`, and the span lasts
/// until the task is done: `co_await span(…)`. In a process with a context, f runs under a new child context.
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

/// The period of `scheduler_sample`, from the next sample on. One second by default. Throws `badarg_error`
/// for less than a millisecond.
void sample_period(time_span period);
/// The same for the runtime `world`, from any thread.
void sample_period(runtime& world, time_span period);

/// The caller's current context; nothing if there is none.
[[nodiscard]] std::optional<trace_context> current_context();
/// A context that begins a trace: sampled, with random ids. In a simulation the ids are the same in each run.
[[nodiscard]] trace_context new_trace();

/// Sets the context of the calling process until the destructor. A message that brings a context takes
/// precedence while the message is handled. Objects of one process are destroyed in reverse order of
/// construction and in the same process; a destructor in another process has no effect.
class with_context {
  public:
    /// Sets the context from now on.
    explicit with_context(const trace_context& context);
    /// Neither copied nor moved.
    with_context(const with_context&) = delete;
    with_context& operator=(const with_context&) = delete;
    /// Restores the context from before.
    ~with_context();

  private:
    pid owner_;  ///< Empty if the process was dead.
    std::uint8_t outer_marks_ = 0;
    std::optional<trace_context> outer_;
};

}  // namespace coppice::telemetry

#pragma GCC visibility pop
