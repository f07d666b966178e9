// SPDX-License-Identifier: Apache-2.0
// The function of an asynchronous task with its arguments, behind one interface.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/pool.hpp"
#include "coppice/process.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The result of an asynchronous task as a message to the task's owner. A server gets the message of a task
/// that is not awaited in `handle_info`, and calls `demonitor(m.task, demonitor_option::flush)`.
template <class T>
struct task_result {
    ref task;  ///< As `async_task::monitor()`.
    T value;   ///< The value that the function has returned.
};
/// The same for a function that returns nothing.
template <>
struct task_result<void> {
    ref task;  ///< As `async_task::monitor()`.
};

namespace detail {

/// The type that a task's function gives in the end.
template <class R>
struct eventual {
    using type = std::remove_cvref_t<R>;
};
template <class T>
struct eventual<task<T>> {
    using type = T;
};
/// void for a function that cannot be called: `require_task_function` refuses such a function.
template <class F, class... Args>
struct eventual_of {
    using type = void;
};
template <class F, class... Args>
    requires std::is_invocable_v<F&, Args...>
struct eventual_of<F, Args...> : eventual<std::invoke_result_t<F&, Args...>> {};
template <class F, class... Args>
using eventual_t = typename eventual_of<F, Args...>::type;

template <class F, class... Args>
constexpr void require_task_function() {
    static_assert(std::is_invocable_v<std::decay_t<F>&, kept_t<Args>...>,
                  "the function of a task takes the arguments that are given, by value");
    using result = eventual_t<std::decay_t<F>, kept_t<Args>...>;
    if constexpr (!std::is_void_v<result>) {
        require_message<result>();
    }
}

/// The result type of a task that calls `F` with `Args`.
template <class F, class... Args>
using task_result_of = eventual_t<std::decay_t<F>, kept_t<Args>...>;

template <class T, class... Value>
owned_message make_task_result(std::uint64_t tag, Value&&... value) {
    return owned_message{
        new value_message<task_result<T>>(task_result<T>{ref{tag}, std::forward<Value>(value)...})};
}

/// The work of a task. Runs once, in the task's process.
class task_work : public pooled {
  public:
    task_work() = default;
    task_work(const task_work&) = delete;
    task_work& operator=(const task_work&) = delete;
    virtual ~task_work() = default;
    /// The answer to the owner: a `task_result` with the tag. Precondition: the object outlives the coroutine.
    virtual task<owned_message> run(std::uint64_t tag) = 0;
    /// The type of the function, for tools.
    virtual std::string describe() const = 0;
};

template <class F, class... Args>
class task_call final : public task_work {
  public:
    using result = eventual_t<F, Args...>;

    template <class Given, class... Values>
    explicit task_call(Given&& f, Values&&... values)
        : f_{std::forward<Given>(f)}, held_{std::forward<Values>(values)...} {}

    task<owned_message> run(std::uint64_t tag) override {
        if constexpr (is_coroutine && std::is_void_v<result>) {
            auto running = call();
            co_await running;
            co_return make_task_result<void>(tag);
        } else if constexpr (is_coroutine) {
            auto running = call();
            result value = co_await running;
            co_return make_task_result<result>(tag, std::move(value));
        } else if constexpr (std::is_void_v<result>) {
            call();
            co_return make_task_result<void>(tag);
        } else {
            co_return make_task_result<result>(tag, call());
        }
    }
    std::string describe() const override { return readable_type_name(typeid(F)); }

  private:
    using returned = std::invoke_result_t<F&, Args...>;
    static constexpr bool is_coroutine = std::is_same_v<returned, task<result>>;

    decltype(auto) call() {
        return std::apply([this](Args&... each) -> returned { return f_(std::move(each)...); },
                          held_);
    }

    F f_;
    std::tuple<Args...> held_;
};

template <class F, class... Args>
std::unique_ptr<task_work> make_task_work(F&& f, Args&&... args) {
    require_task_function<F, Args...>();
    (require_message<kept_t<Args>>(), ...);
    return std::make_unique<task_call<std::decay_t<F>, kept_t<Args>...>>(
        std::forward<F>(f), std::forward<Args>(args)...);
}

/// The body of the process of a task. With a tag, the owner gets the answer.
std::unique_ptr<body> make_task_body(std::unique_ptr<task_work> work, const pid& owner,
                                     std::uint64_t tag);

/// The work of a supervised task, sent by the owner after the start.
struct task_order {
    task_order(const pid& from, std::uint64_t answer_tag, std::unique_ptr<task_work> what)
        : owner{from}, tag{answer_tag}, work{std::move(what)} {}
    pid owner;
    std::uint64_t tag;
    std::unique_ptr<task_work> work;
};
/// The body of a supervised task: waits for the order of `owner`. Ends with `{shutdown, Why}` if the owner ends
/// first, and with `timeout` after 5 s.
std::unique_ptr<body> make_waiting_task_body(const pid& owner, std::string described);

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
