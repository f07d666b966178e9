// SPDX-License-Identifier: Apache-2.0
// Runs a function that blocks on a thread of its own, while the process waits as for a message.
//
//     const std::string text = co_await blocking([path] { return read_file(path); });
//
// The functions of all processes run on a bounded pool of threads, first come, first served:
// `runtime_options::blocking_threads`. A function without a free thread waits in a bounded queue,
// `runtime_options::blocking_queue`; one more is refused. `statistics().blocking` shows both.
//
// A process that is killed does not wait for its function. A function in the queue then never runs. A function
// that runs goes on to its end without the process, and its result is destroyed there. So the function owns
// what it uses, and refers to nothing of the process: captures are copies. The end of the runtime waits for
// running functions for at most 2 s, and then leaves their threads behind.
//
// The function acts for no process: `send`, `self` and the like do nothing there. The members of a `runtime`,
// `reply` and `log` work. In a simulation the function runs at once, in the turn of the process, and takes
// no virtual time.
//
// Threads    Inside a process. The function runs on a thread of the pool.
// Blocking   Awaited. Meanwhile the process handles exit signals, but takes no messages.
// Ownership  The awaitable owns the function, and the pool shares it. The result is moved to the process.
// Errors     An exception of the function is thrown in the process. A full queue throws `blocking_refused`.
//            Throws std::system_error if the OS provides no thread at all.
// Cost       Two switches of threads, and one allocation. The pool makes its threads when needed, and keeps them
//            until the runtime ends.

#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/old_gcc.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// All threads of the pool are in use, and the queue is full. The function has not run.
class blocking_refused : public std::runtime_error {
  public:
    /// From a text, which `what` answers.
    using std::runtime_error::runtime_error;
};

namespace detail {

class blocking_pool;

/// A function with its result, for the pool. Shared by the waiting process and the pool.
class blocking_job {
  public:
    blocking_job() = default;
    blocking_job(const blocking_job&) = delete;
    blocking_job& operator=(const blocking_job&) = delete;
    virtual ~blocking_job() = default;
    /// Runs the function and keeps the result or the exception.
    virtual void run() noexcept = 0;

    pid waits;            ///< The process to answer.
    owned_signal answer;  ///< Made before the function runs, so that an answer needs no memory.
};

template <class F>
class blocking_call final : public blocking_job {
  public:
    using result = std::invoke_result_t<F&>;
    static_assert(!std::is_reference_v<result>, "the function of blocking returns a value");

    explicit blocking_call(F f) : f_{std::move(f)} {}
    void run() noexcept override {
        try {
            if constexpr (std::is_void_v<result>) {
                (*f_)();
            } else {
                result_.emplace((*f_)());
            }
        } catch (...) {
            error_ = std::current_exception();
        }
        f_.reset();
    }
    result take() {
        if (error_) {
            std::rethrow_exception(std::exchange(error_, nullptr));
        }
        if constexpr (!std::is_void_v<result>) {
            return std::move(*result_);
        }
    }

  private:
    struct none {};
    std::optional<F> f_;
    std::exception_ptr error_;
    std::optional<std::conditional_t<std::is_void_v<result>, none, result>> result_;
};

/// The wait for a function of the pool.
class blocking_wait : public timed_waiter {
  public:
    /// Removes the function from the queue, or leaves it to the pool.
    ~blocking_wait() override;
    /// Throws std::logic_error the second time.
    bool await_ready() const;
    void await_suspend(suspended here);

  protected:
    explicit blocking_wait(std::shared_ptr<blocking_job> job) noexcept : job_{std::move(job)} {}
    blocking_job& job() noexcept { return *job_; }

  private:
    detail::reply_effect on_reply(message_node& reply) noexcept override;
    void begin(std::uint64_t tag);

    const std::shared_ptr<blocking_job> job_;
    std::shared_ptr<blocking_pool> pool_;  ///< Set while the function is in the pool.
    bool begun_ = false;
};

template <class F>
class [[nodiscard("co_await it")]] blocking_awaiter final : public blocking_wait {
  public:
    explicit blocking_awaiter(std::shared_ptr<blocking_call<F>> call)
        : blocking_wait{std::move(call)} {}
    auto await_resume() { return static_cast<blocking_call<F>&>(job()).take(); }
};

}  // namespace detail

/// `co_await blocking(f)`: runs `f()` on a thread of the pool. The result is the result of `f`.
template <class F>
[[nodiscard("co_await it")]] auto blocking(F&& f) {
    using function = std::decay_t<F>;
    detail::require_safe_function<F>();
    static_assert(std::is_invocable_v<function&>, "the function of blocking takes nothing");
    return detail::blocking_awaiter<function>{
        std::make_shared<detail::blocking_call<function>>(std::forward<F>(f))};
}

}  // namespace coppice

#pragma GCC visibility pop
