// SPDX-License-Identifier: Apache-2.0
// Asynchronous tasks: a process that computes one result for the process that started it.
//
//     auto price = tasks::async(ask_shop, "apples");         // runs at once, in a process of its own
//     auto stock = tasks::async([] { return count(); });
//     int p = co_await price.await();                        // at most 5 s
//     int s = co_await stock.await(1s);
//
//     async               Task.async         linked, and the result is awaited
//     start, start_link   Task.start         no result
//     await               Task.await         the result, or the end of the caller
//     yield               Task.yield         the result, the reason of the task's end, or nothing yet
//     shutdown            Task.shutdown      stops the task
//     ignore              Task.ignore        leaves the task alone
//
// The function is a plain function or a coroutine; its result is a message, checked when compiling. The task is
// linked to its owner: a crash of the task ends an owner that does not trap exits, and the end of the owner ends
// the task. A task that ends without a result has failed, also with reason `normal`. After a timeout of `await`
// the task runs on, but its result never arrives. Only the owner, the process that started the task, may wait
// for it.
//
// Threads    Inside a process.
// Blocking   await, yield and shutdown are awaited. Meanwhile other messages stay in the mailbox.
// Ownership  `async_task` is a weak handle. The process of the task owns the function and the arguments.
// Errors     A failed await ends the caller with `{why, {task, await, …}}`. Any other process than the owner gets
//            a `badarg_error`.
// Cost       A task is a process: one spawn with a link and a monitor, and one message for the result. A wait for
//            n tasks is O(n log n).
// Semantics  Elixir's Task; docs/decisions/024 explains the names, docs/differences.md lists the differences.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/detail/task_wait.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// What a task has come to: nothing yet, its result, or the reason of its end without a result.
template <class T>
using task_outcome = std::optional<std::expected<T, exit_reason>>;

namespace detail {

template <class T>
T unwrapped_result(message_node& answer) {
    if constexpr (!std::is_void_v<T>) {
        return std::move(static_cast<task_result<T>*>(answer.type->payload(answer))->value);
    }
}

template <class T>
task_outcome<T> outcome_of(task_news news) {
    using result = std::expected<T, exit_reason>;
    if (news.ended) {
        return result{std::unexpected(std::move(news.why))};
    }
    if (news.answer == nullptr) {
        return std::nullopt;
    }
    if constexpr (std::is_void_v<T>) {
        return result{};
    } else {
        return result{unwrapped_result<T>(*news.answer)};
    }
}

template <class T>
task<T> await_typed(task_key of, nanoseconds timeout) {
    auto waiting = await_task(of, timeout);
    const owned_message answer = co_await waiting;
    if constexpr (!std::is_void_v<T>) {
        co_return unwrapped_result<T>(*answer);
    }
}

template <class T>
task<task_outcome<T>> typed_outcome(task<task_news> waiting) {
    task_news news = co_await waiting;
    co_return outcome_of<T>(std::move(news));
}

/// A child that starts its task anew with a copy of the function and of the arguments.
template <class F, class... Args>
child_spec restartable_task(std::string_view id, F&& f, Args&&... args) {
    (require_argument_of_child<Args>(), ...);
    require_task_function<F, Args...>();
    auto begin = [f = std::decay_t<F>(std::forward<F>(f)),
                  own = std::tuple<kept_t<Args>...>{std::forward<Args>(args)...}] {
        auto work =
            std::apply([&f](const auto&... each) { return make_task_work(f, each...); }, own);
        start_outcome out;
        out.kind = start_kind::ok;
        out.process =
            spawn_process(make_task_body(std::move(work), self(), 0), spawn_request{.link = true});
        return out;
    };
    return child_spec{std::string{id}, start_function{make_start_recipe(
                                           named_by_type<std::decay_t<F>>{}, std::move(begin))}};
}

}  // namespace detail

/// A handle to a task that gives a `T`, or nothing for void. A default-constructed handle means no task.
template <class T>
class [[nodiscard(
    "await the task, or call tasks::start_link for a task without a result")]] async_task {
  public:
    /// No task.
    async_task() = default;
    /// Made by the functions of namespace `tasks` and by task supervisors.
    explicit async_task(const detail::task_key& key) noexcept : key_{key} {}

    /// The process of the task; empty for a completed task.
    pid process() const noexcept { return key_.process; }
    /// The owner's monitor of the task: in the `down_message` and in the `task_result`.
    ref monitor() const noexcept { return ref{key_.tag}; }
    /// The process that may wait for the task.
    pid owner() const noexcept { return key_.owner; }
    /// For the library.
    const detail::task_key& key() const noexcept { return key_; }

    /// Waits for the result. If the task ends without a result, the caller exits with
    /// `{why, {task, await, {Task, Timeout}}}`; after the time with `timeout` in place of `why`.
    task<T> await(time_span timeout = default_call_timeout) const {
        return detail::await_typed<T>(key_, timeout);
    }
    /// Waits for the result or the end of the task. Empty if the time passes; the task may be yielded again.
    task<task_outcome<T>> yield(time_span timeout = default_call_timeout) const {
        return detail::typed_outcome<T>(detail::yield_task(key_, timeout));
    }
    /// Unlinks the task and stops it: sends `shutdown`, after `limit` kills, and waits for the end. The result if
    /// the task has given one; the reason if the task has ended by itself; empty if the task ended as told.
    task<task_outcome<T>> shutdown(shutdown_limit limit = std::chrono::seconds{5}) const {
        return detail::typed_outcome<T>(detail::shut_down_task(key_, limit));
    }
    /// Leaves the task alone: removes the link and the monitor. The result or the end so far, without waiting;
    /// a later result never arrives.
    task_outcome<T> ignore() const { return detail::outcome_of<T>(detail::ignore_task(key_)); }

  private:
    detail::task_key key_;
};

/// A task supervisor cannot start one more task.
class max_children_error : public std::runtime_error {
  public:
    /// With the text of Elixir.
    max_children_error()
        : std::runtime_error{
              "reached the maximum number of tasks for this task supervisor, "
              "max_children of its flags"} {}
};

/// What `tasks::yield_many` does with the tasks that have not come to an end in time.
using on_late_task = detail::late_task;

/// Options of `tasks::yield_many`.
struct yield_many_options {
    time_span timeout = default_call_timeout;  ///< For all tasks together.
    /// Returns after so many outcomes. The other tasks then run on, whatever `on_timeout` says.
    std::size_t limit = SIZE_MAX;
    on_late_task on_timeout = on_late_task::nothing;  ///< `kill_task` is a brutal shutdown.
};

namespace tasks {

/// Starts a task that is linked to the caller, its owner.
template <class F, class... Args>
auto async(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return async_task<detail::task_result_of<F, Args...>>{detail::start_task(
        detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...))};
}

/// Starts a process without a link and without a result.
template <class F, class... Args>
pid start(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_task_body(
            detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...), self(), 0),
        {});
}

/// As `start`, with a link to the caller.
template <class F, class... Args>
pid start_link(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_task_body(
            detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...), self(), 0),
        {.link = true});
}

/// A temporary child of a supervisor that runs a task without a result. The function may be a plain one. The
/// spec has no name: a task registers itself.
template <class F, class... Args>
[[nodiscard]] child_spec child(std::string_view id, F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::restartable_task(id, std::forward<F>(f), std::forward<Args>(args)...)
        .restart(temporary);
}

/// A task that has the result `value` from the start, and no process.
template <class V>
[[nodiscard]] async_task<std::decay_t<V>> completed(V&& value) {
    using result = std::decay_t<V>;
    detail::require_message<result>();
    return async_task<result>{detail::complete_task([&](std::uint64_t tag) {
        return detail::make_task_result<result>(tag, std::forward<V>(value));
    })};
}

}  // namespace tasks

namespace detail {

template <class T>
std::vector<task_key> keys_of(const std::vector<async_task<T>>& of) {
    std::vector<task_key> out;
    out.reserve(of.size());
    for (const async_task<T>& each : of) {
        out.push_back(each.key());
    }
    return out;
}

template <class T>
using all_results = std::conditional_t<std::is_void_v<T>, void, std::vector<T>>;

template <class T>
task<all_results<T>> await_typed(std::vector<task_key> of, nanoseconds timeout) {
    auto waiting = await_tasks(std::move(of), timeout);
    const std::vector<owned_message> answers = co_await waiting;
    if constexpr (!std::is_void_v<T>) {
        std::vector<T> out;
        out.reserve(answers.size());
        for (const owned_message& each : answers) {
            out.push_back(unwrapped_result<T>(*each));
        }
        co_return out;
    }
}

template <class T>
task<std::vector<task_outcome<T>>> typed_outcomes(task<std::vector<task_news>> waiting) {
    std::vector<task_news> news = co_await waiting;
    std::vector<task_outcome<T>> out;
    out.reserve(news.size());
    for (task_news& each : news) {
        out.push_back(outcome_of<T>(std::move(each)));
    }
    co_return out;
}

}  // namespace detail

namespace tasks {

/// Waits for all results, and gives them in the order of the tasks. When the first task ends without a result,
/// or the time has passed, the caller exits as in `async_task::await`, with `await_many`. Throws `badarg_error`
/// if a task is given twice.
template <class T>
task<detail::all_results<T>> await_many(const std::vector<async_task<T>>& of,
                                        time_span timeout = default_call_timeout) {
    return detail::await_typed<T>(detail::keys_of(of), timeout);
}

/// Waits until each task has a result or has ended, until the limit, or for the time. Gives the outcomes in the
/// order of the tasks. Throws `badarg_error` if a task is given twice.
template <class T>
task<std::vector<task_outcome<T>>> yield_many(const std::vector<async_task<T>>& of,
                                              yield_many_options how = {}) {
    return detail::typed_outcomes<T>(
        detail::yield_tasks(detail::keys_of(of), how.timeout, how.limit, how.on_timeout));
}

}  // namespace tasks
}  // namespace coppice

#pragma GCC visibility pop
