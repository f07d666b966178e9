// SPDX-License-Identifier: Apache-2.0
// task<T>: the coroutine type of processes and of everything they await.
//
// A task starts when it is awaited, or when the process whose body it is takes its first turn. It is
// awaited once: then it is empty, and its frame is gone. It awaits what coppice gives it, and tasks;
// anything else is refused when compiling. Destroying a suspended task destroys what it has on its
// frames, innermost first: that is how a killed process releases what it holds.
//
// Threads    A task runs on whichever worker runs its process, never on two at once.
// Errors     An exception leaving a task is thrown again where it is awaited. Awaiting an empty task,
//            as one is that was awaited or moved from, throws std::logic_error.
// Cost       A frame comes from a pool; awaiting and finishing cost a few ns. However many tasks
//            await one another, or one after the other, the stack stays as it is.

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

/// What a task may await derives from this.
struct awaitable {};

template <class A>
concept ours = std::is_base_of_v<awaitable, std::remove_cvref_t<A>>;
template <class A>
concept has_member_co_await = requires(A&& a) {
    { static_cast<A&&>(a).operator co_await() } -> ours;
};
/// Likewise, or gives something of the kind when it is awaited.
template <class A>
concept awaited_by_tasks = ours<A> || has_member_co_await<A> || requires(A&& a) {
    { operator co_await(static_cast<A&&>(a)) } -> ours;
};

/// An awaitable that lives somewhere else: g++ 12 would copy one that it gets as a reference.
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

/// The error goes on to that coroutine, for who reports it.
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
        static_assert(awaited_by_tasks<A>,
                      "a coppice::task awaits tasks and what coppice gives it: calls, starts, "
                      "receive, sleep. Nothing would wake the process for what another library "
                      "awaits: let that call back, send the result to a pid, and receive it");
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
    std::coroutine_handle<>* owner = nullptr;  ///< In the task that is awaited.
    std::exception_ptr error;
};

/// A coroutine of this library that waits: what `await_suspend` takes.
class suspended {
  public:
    template <class Promise>
    suspended(  // NOLINT(google-explicit-constructor): the compiler converts
        std::coroutine_handle<Promise> here) noexcept
        : here_{here} {
        static_assert(std::is_base_of_v<promise_base, Promise>,
                      "what coppice gives is awaited in a coroutine that returns coppice::task");
    }
    operator std::coroutine_handle<>() const noexcept { return here_; }  // NOLINT

  private:
    std::coroutine_handle<> here_;
};

/// Throws std::logic_error.
[[noreturn]] void refuse_empty_task();
/// Destroys a coroutine that nobody awaits. Of long chains of them no more than a part at once.
void release(std::coroutine_handle<> dropped) noexcept;
/// Destroys the coroutines from the one that waits to the one before `outermost`, in that order.
void release_chain(std::coroutine_handle<> innermost, std::coroutine_handle<> outermost) noexcept;

template <class T>
struct task_promise : promise_base {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "a task returns nothing that is aligned more strictly than new aligns");
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

template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] task {
    static_assert(!std::is_reference_v<T>,
                  "a task returns a value: what it refers to may be gone when it is awaited");

  public:
    using promise_type = detail::task_promise<T>;
    using handle_type = std::coroutine_handle<promise_type>;

    /// Empty. Explicit, so that a handler cannot `return {}`: one that does not wait returns void, or
    /// it says `co_return`.
    explicit task() noexcept = default;
    explicit task(handle_type handle) noexcept : handle_{handle} {}
    task(task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
    task& operator=(task&& other) noexcept {
        task taken{std::move(other)};
        std::swap(handle_, taken.handle_);
        return *this;
    }
    ~task() { reset(); }

    class awaiter : public detail::awaitable {
      public:
        explicit awaiter(task& awaited) noexcept : awaited_{&awaited} {}
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

    awaiter operator co_await() & noexcept { return awaiter{*this}; }
    awaiter operator co_await() && noexcept { return awaiter{*this}; }

    /// Whether it can be awaited.
    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

    /// For the runtime, which drives the outermost task of a process itself.
    handle_type handle() const noexcept { return handle_type::from_address(handle_.address()); }
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
