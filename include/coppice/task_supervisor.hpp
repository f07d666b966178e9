// SPDX-License-Identifier: Apache-2.0
// Task supervisor: the place of asynchronous tasks in the tree.
//
//     co_await task_supervisor::start_link({.name = "jobs"});
//     task_supervisor jobs{"jobs"};
//     auto price = co_await jobs.async(ask_shop, "apples");        // linked to the caller, as tasks::async
//     int p = co_await price.await();
//     auto risky = co_await jobs.async_nolink(parse, text);        // a crash leaves the caller alone
//     auto parsed = co_await risky.yield();
//     co_await jobs.start_child(send_mail, address);               // no result, not linked
//
// A task supervisor is a dynamic supervisor, and has the same requests. Its tasks are temporary, and are stopped
// together, each within its shutdown limit, when the supervisor stops. The function of a task goes from the
// caller to the task and not through the supervisor, so it may be one that can be moved only. A task whose caller
// ends before the task has got its function ends with `{shutdown, Why}`.
//
// Threads    Inside a process.
// Blocking   Awaitable members wait as long as the supervisor needs, without a time limit.
// Ownership  `task_supervisor` is a weak handle: a pid or a name.
// Errors     `async` and `async_nolink` throw `max_children_error` when the supervisor has `max_children`;
//            `start_child` gives the error. The caller exits with `{noproc, …}` when there is no supervisor.
// Cost       As `dynamic_supervisor::start_child`, and one message with the function.
// Semantics  Elixir's Task.Supervisor.

#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/task_stream.hpp"
#include "coppice/tasks.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// How a task supervisor treats one task.
struct supervised_task_options {
    shutdown_limit shutdown = std::chrono::seconds{5};  ///< The time to stop before the kill.
    /// Only for `start_child`. A task that may be restarted gets a copy of the function at each start.
    restart_type restart = temporary;
};

namespace detail {

/// What ties the caller to a supervised task.
enum class task_bond : std::uint8_t { none, monitor, link };

/// The start of a task under a supervisor; the key of a bond other than `none`.
struct supervised_start {
    child_result result;
    task_key key;
};
task<supervised_start> start_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                        task_bond bond, shutdown_limit limit);
/// The key of the task. Throws `max_children_error`, or exits with the reason of the failed start.
task<task_key> key_of_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                 task_bond bond, shutdown_limit limit);
task<child_result> result_of_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                        shutdown_limit limit);
std::unique_ptr<task_starter> make_supervised_starter(dynamic_supervisor to, task_bond bond,
                                                      shutdown_limit limit);
task<std::vector<pid>> running_children(dynamic_supervisor of);

template <class T>
task<async_task<T>> typed_task(task<task_key> starting) {
    const task_key key = co_await starting;
    co_return async_task<T>{key};
}

template <class F>
concept task_function = !std::same_as<std::decay_t<F>, supervised_task_options> &&
                        !std::same_as<std::decay_t<F>, child_spec>;

}  // namespace detail

/// A handle to a task supervisor, by pid or by name.
class task_supervisor : public dynamic_supervisor {
  public:
    /// By pid or by name.
    using dynamic_supervisor::dynamic_supervisor;

    /// The awaitable of `start_link`.
    using start_awaiter = supervisor_start<task_supervisor>;
    /// Starts a task supervisor without tasks that is linked to the caller.
    static start_awaiter start_link(dynamic_supervisor_flags flags = {});

    /// Starts a task that is a child of the supervisor, and linked to the caller.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] auto async(F&& f, Args&&... args) const {
        return start_typed(detail::task_bond::link, supervised_task_options{}.shutdown,
                           std::forward<F>(f), std::forward<Args>(args)...);
    }
    /// The same with a shutdown limit.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] auto async(supervised_task_options how, F&& f,
                                            Args&&... args) const {
        return start_typed(detail::task_bond::link, how.shutdown, std::forward<F>(f),
                           std::forward<Args>(args)...);
    }
    /// Starts a task that the caller monitors only: a crash of the task is a reason for `yield`, and ends a
    /// caller only in `await`. The end of the caller does not end the task.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] auto async_nolink(F&& f, Args&&... args) const {
        return start_typed(detail::task_bond::monitor, supervised_task_options{}.shutdown,
                           std::forward<F>(f), std::forward<Args>(args)...);
    }
    /// The same with a shutdown limit.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] auto async_nolink(supervised_task_options how, F&& f,
                                                   Args&&... args) const {
        return start_typed(detail::task_bond::monitor, how.shutdown, std::forward<F>(f),
                           std::forward<Args>(args)...);
    }

    /// As of a dynamic supervisor.
    using dynamic_supervisor::start_child;
    /// Starts a temporary task without a result and without a bond to the caller. Error: `max_children`.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] task<child_result> start_child(F&& f, Args&&... args) const {
        return detail::result_of_supervised(
            *this, detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...),
            supervised_task_options{}.shutdown);
    }
    /// The same with a restart type and a shutdown limit.
    template <detail::task_function F, class... Args>
    [[nodiscard("co_await it")]] task<child_result> start_child(supervised_task_options how, F&& f,
                                                                Args&&... args) const {
        if (how.restart == temporary) {
            return detail::result_of_supervised(
                *this, detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...),
                how.shutdown);
        }
        return dynamic_supervisor::start_child(
            tasks::child("task", std::forward<F>(f), std::forward<Args>(args)...)
                .restart(how.restart)
                .shutdown(how.shutdown));
    }
    /// The processes of the tasks, in any order. Cost: O(n).
    [[nodiscard("co_await it")]] task<std::vector<pid>> children() const {
        return detail::running_children(*this);
    }

    /// As `tasks::async_stream`, with tasks of this supervisor. `next` throws `max_children_error`, once the
    /// stream is closed, when the supervisor has `max_children`.
    template <class Range, class F>
    auto async_stream(Range&& range, F&& f, stream_options chosen = {},
                      shutdown_limit shutdown = supervised_task_options{}.shutdown) const {
        return detail::make_task_stream(
            detail::make_supervised_starter(*this, detail::task_bond::link, shutdown),
            std::forward<Range>(range), std::forward<F>(f), chosen);
    }
    /// The same without links to the consumer: the crash of a task is an item.
    template <class Range, class F>
    auto async_stream_nolink(Range&& range, F&& f, stream_options chosen = {},
                             shutdown_limit shutdown = supervised_task_options{}.shutdown) const {
        return detail::make_task_stream(
            detail::make_supervised_starter(*this, detail::task_bond::monitor, shutdown),
            std::forward<Range>(range), std::forward<F>(f), chosen);
    }

  private:
    template <class F, class... Args>
    auto start_typed(detail::task_bond bond, shutdown_limit limit, F&& f, Args&&... args) const {
        using result = detail::task_result_of<F, Args...>;
        detail::require_safe_arguments<Args...>();
        return detail::typed_task<result>(detail::key_of_supervised(
            *this, detail::make_task_work(std::forward<F>(f), std::forward<Args>(args)...), bond,
            limit));
    }
};

namespace detail {

template <>
struct child_maker<task_supervisor> {
    /// The id is the registered name, if there is one.
    static child_spec make(const dynamic_supervisor_flags& flags = {}) {
        return dynamic_supervisor_child("task_supervisor", flags, {});
    }
};

}  // namespace detail
/// A child that is a task supervisor: `child<task_supervisor>({.name = "jobs"})`.
template <std::same_as<task_supervisor> T>
[[nodiscard]] child_spec child(const dynamic_supervisor_flags& flags) {
    return detail::child_maker<T>::make(flags);
}

}  // namespace coppice

#pragma GCC visibility pop
