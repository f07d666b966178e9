// SPDX-License-Identifier: Apache-2.0
// task<T>: the coroutine type of processes and of the asynchronous functions that processes await.
//
// A task starts lazily: when a coroutine awaits the task, or, for the body of a process, at the first turn
// of the process. A task is awaited once. Afterwards the task is empty and the coroutine frame is destroyed.
// A task may await other tasks and the awaitables of coppice; awaiting any other type does not compile.
// Destroying a suspended task destroys the locals of all coroutines in the chain, innermost first. A killed
// process releases its resources in this way.
//
// Threads    A task runs on the scheduler thread that runs the process, on one thread at a time.
// Blocking   None: an await suspends coroutines and blocks no thread.
// Ownership  A task owns its coroutine frame, and a waiting coroutine the task that it awaits.
// Errors     An exception that leaves a task is rethrown in the awaiting coroutine. Awaiting an empty task
//            (default-constructed, moved from or already awaited) throws std::logic_error.
// Cost       Frames come from a pool. Awaiting and finishing cost a few ns. Symmetric transfer: stack use is
//            bounded for any depth of nested tasks and any number of successive tasks.

#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "coppice/detail/old_gcc.hpp"
#include "coppice/detail/pool.hpp"
#include "coppice/detail/transfer.hpp"
#include "coppice/fwd.hpp"

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && \
    !defined(COPPICE_QUIET_ABOUT_GCC_12)
#pragma message( \
    "coppice: g++ before 13 miscompiles some expressions with co_await. Use clang 19, or see docs/guide/gcc-12.md; COPPICE_QUIET_ABOUT_GCC_12 silences this.")
#endif

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

/// Base class of the awaitables of coppice, which tasks may await.
struct awaitable {};

template <class A>
concept ours = std::is_base_of_v<awaitable, std::remove_cvref_t<A>>;
template <class A>
concept has_member_co_await = requires(A&& a) {
    { static_cast<A&&>(a).operator co_await() } -> ours;
};
/// An awaitable of coppice, or a type whose `operator co_await` returns an awaitable of coppice.
template <class A>
concept awaited_by_tasks = ours<A> || has_member_co_await<A> || requires(A&& a) {
    { operator co_await(static_cast<A&&>(a)) } -> ours;
};

/// Refers to an awaitable owned by another object: g++ 12 copies an awaitable passed by reference.
template <class A>
struct lent_awaiter {
    A* awaited;
    bool await_ready() const { return awaited->await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> here) const {
        return awaited->await_suspend(here);
    }
    decltype(auto) await_resume() const { return awaited->await_resume(); }
};

/// Records that `error` propagates to the coroutine `waiting`, for the call chain in crash reports.
void note_waiting(const std::exception_ptr& error, std::coroutine_handle<> waiting) noexcept;

struct promise_base {
    struct resume_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
            const std::coroutine_handle<> next = done.promise().awaiting;
            return next ? transfer_to(next) : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    resume_awaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept {
        error = std::current_exception();
        note_waiting(error, awaiting);
    }

    template <class A>
    auto await_transform(A&& awaited) const {
        static_assert(
            awaited_by_tasks<A>,
            "a coppice::task awaits only tasks and awaitables of coppice: calls, starts, receive, "
            "sleep. An awaitable of another library would never wake the process: use a callback "
            "of that library, send the result to a pid, and receive the message");
        if constexpr (ours<A>) {
            return lent_awaiter<std::remove_reference_t<A>>{&awaited};
        } else if constexpr (has_member_co_await<A>) {
            return static_cast<A&&>(awaited).operator co_await();
        } else if constexpr (awaited_by_tasks<A>) {
            return operator co_await(static_cast<A&&>(awaited));
        } else {
            return std::suspend_never{};
        }
    }

    static void* operator new(std::size_t size) {
        void* const frame = pool_allocate(size);
        if constexpr (is_old_gcc) {
            newest_frame = {.begin = static_cast<const char*>(frame), .size = size};
        }
        return frame;
    }
    static void operator delete(void* frame, std::size_t size) noexcept { pool_free(frame, size); }

    std::coroutine_handle<> awaiting;
    std::coroutine_handle<>* owner = nullptr;  ///< The handle in the awaited task object.
    std::exception_ptr error;
};

/// A suspended coroutine that returns a task: the parameter of `await_suspend`.
class suspended {
  public:
    template <class Promise>
    suspended(  // NOLINT(google-explicit-constructor): the compiler converts
        std::coroutine_handle<Promise> here) noexcept
        : here_{here} {
        static_assert(
            std::is_base_of_v<promise_base, Promise>,
            "an awaitable of coppice is awaited in a coroutine that returns coppice::task");
    }
    operator std::coroutine_handle<>() const noexcept { return here_; }  // NOLINT

  private:
    std::coroutine_handle<> here_;
};

/// Throws std::logic_error.
[[noreturn]] void refuse_empty_task();
/// Destroys a coroutine without an awaiting coroutine. Long chains of owned coroutines are destroyed in
/// parts, to bound the recursion depth.
void release(std::coroutine_handle<> dropped) noexcept;
/// Destroys the chain of awaiting coroutines from `innermost` up to, but without, `outermost`, in that order.
void release_chain(std::coroutine_handle<> innermost, std::coroutine_handle<> outermost) noexcept;

template <class T>
struct task_promise : promise_base {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "a task returns no type with a stricter alignment than operator new provides");
    task<T> get_return_object() noexcept(!is_old_gcc);
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
    task<void> get_return_object() noexcept(!is_old_gcc);
    void return_void() const noexcept {}
    void take() const {
        if (error) {
            std::rethrow_exception(error);
        }
    }
};

}  // namespace detail

/// A coroutine that returns a `T`, or nothing for void. Owns the coroutine frame; can be moved
/// but not copied.
template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] task {
    static_assert(!std::is_reference_v<T>,
                  "a task returns a value: the object behind a reference may be destroyed before "
                  "the task is awaited");

  public:
    /// For the compiler and the runtime.
    using promise_type = detail::task_promise<T>;
    using handle_type = std::coroutine_handle<promise_type>;

    /// An empty task. Explicit, so that a handler cannot `return {}`: a handler that does not wait returns
    /// void, or is a coroutine with `co_return`.
    explicit task() noexcept = default;
    /// Made by the call of the coroutine.
    explicit task(handle_type handle) noexcept : handle_{handle} {}
    /// A moved-from task is empty.
    task(task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
    task& operator=(task&& other) noexcept {
        task taken{std::move(other)};
        std::swap(handle_, taken.handle_);
        return *this;
    }
    /// As `reset`.
    ~task() { reset(); }

    /// Starts the task, and gives the result once the task is done.
    class awaiter : public detail::awaitable {
      public:
        /// Made by `co_await`.
        explicit awaiter(task& awaited) noexcept : awaited_{&awaited} {}
        /// For the compiler: the three steps of `co_await`.
        bool await_ready() const {
            if (!awaited_->handle_) {
                detail::refuse_empty_task();
            }
            return false;
        }
        std::coroutine_handle<> await_suspend(detail::suspended outer) const noexcept {
            promise_type& inner = awaited_->handle().promise();
            inner.awaiting = outer;
            inner.owner = &awaited_->handle_;
            return detail::transfer_to(awaited_->handle_);
        }
        T await_resume() const {
            const task finished = std::move(*awaited_);
            return finished.handle().promise().take();
        }

      private:
        task* awaited_;
    };

    /// Runs the task and gives its result. Of a named task, the object must live until then.
    awaiter operator co_await() & noexcept { return awaiter{*this}; }
    awaiter operator co_await() && noexcept { return awaiter{*this}; }

    /// Whether the task can be awaited.
    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

    /// For the runtime, which resumes the outermost task of a process directly.
    handle_type handle() const noexcept { return handle_type::from_address(handle_.address()); }
    /// Destroys the coroutine, and with it all tasks that the coroutine awaits.
    void reset() noexcept {
        if (handle_) {
            detail::release(std::exchange(handle_, {}));
        }
    }

  private:
    std::coroutine_handle<> handle_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept(!is_old_gcc) {
    const auto coroutine = std::coroutine_handle<task_promise>::from_promise(*this);
    require_frame_as_allocated(coroutine);
    return task<T>{coroutine};
}

inline task<void> task_promise<void>::get_return_object() noexcept(!is_old_gcc) {
    const auto coroutine = std::coroutine_handle<task_promise>::from_promise(*this);
    require_frame_as_allocated(coroutine);
    return task<void>{coroutine};
}

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
