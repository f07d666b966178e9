// SPDX-License-Identifier: Apache-2.0
// Streams of asynchronous tasks: one task for each element of a range, some at a time.
//
//     auto sizes = tasks::async_stream(files, size_of, {.max_concurrency = 8});
//     while (auto size = co_await sizes.next()) {                 // in the order of `files`
//         total += size->value();                                 // or size->error()
//     }
//     auto all = co_await tasks::async_stream(files, size_of).collect();
//
// The stream is lazy: the first `next` begins, and an element is read from the range when its task can start. At
// most `max_concurrency` tasks run at once. A task gives its place free when its process has ended, so in order
// the results behind a slow first task are kept, however many. An item is the result of a task, or the reason of
// its end. The tasks are linked to the consumer: unless the consumer traps exits, a crash of a task ends the
// consumer, and only a stream of `task_supervisor::async_stream_nolink` gives the reason as an item.
//
// Threads    Inside a process. The process that asks for the first item is the consumer.
// Blocking   next, close and collect are awaited. Meanwhile other messages stay in the mailbox.
// Ownership  The stream owns a copy of the range and of the function; each task gets a copy of the function. To
//            destroy a stream is to leave it: tasks that run are killed, and no message, link or monitor is left.
// Errors     `badarg_error` for `max_concurrency` 0, for a negative timeout and for a second consumer. A task that
//            is late ends the consumer with `{timeout, {task, stream, {Timeout}}}`, or is an item with `kill_task`.
//            An exception of the range closes the stream and is rethrown.
// Cost       A process for the stream. For each element a process, an order, a receipt and an event.
// Semantics  Elixir's Task.async_stream.

#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/stream_core.hpp"
#include "coppice/tasks.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// What happens when the time of one task of a stream is over. The task is killed in both cases.
enum class on_stream_timeout : bool {
    exit,       ///< The consumer exits with `{timeout, …}`.
    kill_task,  ///< The item is the reason `timeout`.
};

/// Options of a stream of tasks.
struct stream_options {
    /// The most tasks that run at once, at least 1. Empty: the number of scheduler threads.
    std::optional<std::size_t> max_concurrency = std::nullopt;
    bool ordered = true;                       ///< False: items come as their tasks end.
    time_span timeout = default_call_timeout;  ///< Of each task, from its start.
    on_stream_timeout on_timeout = on_stream_timeout::exit;
    /// The reason of an item without a result is `{Input, Why}`. The inputs are then copied.
    bool zip_input_on_exit = false;
};

namespace detail {

template <class Range>
using stream_input = kept_t<decltype(*std::begin(std::declval<Range&>()))>;

inline stream_settings settings_of(const stream_options& chosen) {
    return {chosen.max_concurrency ? *chosen.max_concurrency : scheduler_threads(), chosen.ordered,
            chosen.timeout, chosen.on_timeout == on_stream_timeout::kill_task};
}

/// The range, the function and the tasks of a stream.
template <class Range, class F>
class stream_state {
  public:
    using input = stream_input<Range>;
    using result = eventual_t<F, input>;

    template <class GivenRange, class GivenF>
    stream_state(std::unique_ptr<task_starter> starter, GivenRange&& range, GivenF&& f,
                 const stream_options& chosen)
        : core_{std::move(starter), settings_of(chosen)},
          range_(std::forward<GivenRange>(range)),
          f_(std::forward<GivenF>(f)),
          zips_{chosen.zip_input_on_exit} {}

    task<task_outcome<result>> next() {
        if (core_.is_done()) {
            co_return std::nullopt;
        }
        core_.enter();
        for (;;) {
            if (auto item = core_.next_item()) {
                co_return outcome(std::move(*item));
            }
            if (core_.has_room()) {
                auto adding = add_next();
                co_await adding;
            } else if (core_.is_done()) {
                auto closing = core_.close();
                co_await closing;
                co_return std::nullopt;
            } else {
                auto waiting = core_.wait();
                co_await waiting;
            }
        }
    }
    task<> close() { return core_.close(); }

  private:
    using position = decltype(std::begin(std::declval<Range&>()));

    /// Reads one element and has its task started. An exception of the range closes the stream first.
    task<> add_next() {
        std::unique_ptr<task_work> work;
        std::exception_ptr error;
        try {
            work = next_work();
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            auto closing = core_.close();
            co_await closing;
            std::rethrow_exception(error);
        }
        if (work == nullptr) {
            core_.end_input();
            co_return;
        }
        auto adding = core_.add(std::move(work));
        co_await adding;
    }

    /// Null at the end of the range.
    std::unique_ptr<task_work> next_work() {
        if (!at_) {
            at_.emplace(std::begin(range_));
        }
        if (*at_ == std::end(range_)) {
            return nullptr;
        }
        input value = element();
        ++*at_;
        if constexpr (std::is_copy_constructible_v<input>) {
            if (zips_) {
                inputs_.emplace_back(core_.added(), std::make_unique<input>(value));
            }
        }
        return make_task_work(f_, std::move(value));
    }
    input element() {
        if constexpr (std::is_copy_constructible_v<input>) {
            return **at_;
        } else {
            return std::move(**at_);
        }
    }

    task_outcome<result> outcome(stream_item item) {
        if constexpr (std::is_copy_constructible_v<input>) {
            if (zips_) {
                auto held = inputs_.begin();
                while (held->first != item.position) {
                    ++held;
                }
                if (item.news.ended) {
                    item.news.why = exit_reason::tuple(exit_reason::of(std::move(*held->second)),
                                                       std::move(item.news.why));
                }
                inputs_.erase(held);
            }
        }
        return outcome_of<result>(std::move(item.news));
    }

    stream_core core_;
    Range range_;
    std::optional<position> at_;
    F f_;
    bool zips_;
    /// By position, only if the options ask for the inputs.
    std::vector<std::pair<std::size_t, std::unique_ptr<input>>> inputs_;
};

template <class State>
task<std::vector<typename task_outcome<typename State::result>::value_type>> collected(
    State& state) {
    std::vector<typename task_outcome<typename State::result>::value_type> out;
    for (;;) {
        auto asking = state.next();
        auto item = co_await asking;
        if (!item) {
            break;
        }
        out.push_back(std::move(*item));
    }
    co_return out;
}

}  // namespace detail

/// A stream of the results of `F` for the elements of `Range`. Can be moved, not copied.
template <class Range, class F>
class [[nodiscard("a stream does nothing until its first item is asked for")]] task_stream {
  public:
    /// The result of the function.
    using result = typename detail::stream_state<Range, F>::result;

    /// Made by `async_stream` and by task supervisors.
    template <class GivenRange, class GivenF>
    task_stream(std::unique_ptr<detail::task_starter> starter, GivenRange&& range, GivenF&& f,
                const stream_options& chosen)
        : state_{std::make_unique<detail::stream_state<Range, F>>(
              std::move(starter), std::forward<GivenRange>(range), std::forward<GivenF>(f),
              chosen)} {}

    /// The next item: a result, or the reason of a task's end. Empty at the end of the stream.
    task<task_outcome<result>> next() { return state_->next(); }
    /// Kills the tasks that run, and waits for their end. Afterwards the stream is at its end.
    task<> close() { return state_->close(); }
    /// All items that are left.
    auto collect() { return detail::collected(*state_); }

  private:
    std::unique_ptr<detail::stream_state<Range, F>> state_;
};

namespace detail {

template <class Range, class F>
auto make_task_stream(std::unique_ptr<task_starter> starter, Range&& range, F&& f,
                      const stream_options& chosen) {
    using kept_range = std::decay_t<Range>;
    using kept_f = std::decay_t<F>;
    static_assert(std::is_copy_constructible_v<kept_f>,
                  "each task of a stream gets a copy of the function");
    require_task_function<kept_f, stream_input<kept_range>>();
    return task_stream<kept_range, kept_f>{std::move(starter), std::forward<Range>(range),
                                           std::forward<F>(f), chosen};
}

}  // namespace detail

namespace tasks {

/// A stream of the results of `f(element)` for each element of `range`.
template <class Range, class F>
auto async_stream(Range&& range, F&& f, stream_options chosen = {}) {
    return detail::make_task_stream(detail::make_linked_starter(), std::forward<Range>(range),
                                    std::forward<F>(f), chosen);
}

}  // namespace tasks
}  // namespace coppice

#pragma GCC visibility pop
