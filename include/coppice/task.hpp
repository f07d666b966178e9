// SPDX-License-Identifier: Apache-2.0
// task<T>: the coroutine type of processes and of everything they await.
//
// A task starts when it is awaited, or when the process whose body it is takes its first turn.
// Destroying a suspended task destroys what it has on its frames, innermost first: that is how a
// killed process releases what it holds.
//
// Threads    A task runs on whichever worker runs its process, never on two at once.
// Errors     An exception leaving a task is thrown again where it is awaited.
// Cost       A frame comes from a pool; awaiting and finishing cost a few ns.

#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "coppice/detail/pool.hpp"
#include "coppice/fwd.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

struct promise_base {
    struct resume_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
            const std::coroutine_handle<> next = done.promise().awaiting;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    resume_awaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    static void* operator new(std::size_t size) { return pool_allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { pool_free(frame, size); }

    std::coroutine_handle<> awaiting;
    std::exception_ptr error;
};

template <class T>
struct task_promise : promise_base {
    task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& value) {
        result.emplace(std::forward<U>(value));
    }
    T take() {
        if (error) {
            std::rethrow_exception(error);
        }
        return std::move(*result);
    }
    std::optional<T> result;
};

template <>
struct task_promise<void> : promise_base {
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const {
        if (error) {
            std::rethrow_exception(error);
        }
    }
};

}  // namespace detail

template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] task {
  public:
    using promise_type = detail::task_promise<T>;
    using handle_type = std::coroutine_handle<promise_type>;

    task() noexcept = default;
    explicit task(handle_type handle) noexcept : handle_{handle} {}
    task(task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
    task& operator=(task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~task() {
        if (handle_) {
            handle_.destroy();
        }
    }

    struct awaiter {
        handle_type inner;
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> outer) const noexcept {
            inner.promise().awaiting = outer;
            return inner;
        }
        T await_resume() const { return inner.promise().take(); }
    };

    awaiter operator co_await() const& noexcept { return {handle_}; }
    awaiter operator co_await() const&& noexcept { return {handle_}; }

    /// For the runtime, which drives the outermost task of a process itself.
    handle_type handle() const noexcept { return handle_; }

  private:
    handle_type handle_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
    return task<T>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
