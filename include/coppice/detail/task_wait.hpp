// SPDX-License-Identifier: Apache-2.0
// The owner's side of asynchronous tasks, without the types of their results.
//
// The owner of a task has a monitor of the task. The task sends its result to the monitor, and the result
// arrives only while the monitor is active: so no result comes after a timeout, as with OTP's aliases.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/detail/task_work.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Names a task: the process, empty for a completed task; the owner's monitor; the owner.
struct task_key {
    pid process;
    std::uint64_t tag = 0;
    pid owner;
};

/// A yield of a task: no answer yet, the answer, or the reason of an end without an answer.
struct task_news {
    owned_message answer;  ///< A `task_result`.
    bool ended = false;    ///< Ended without an answer.
    exit_reason why;
    static task_news of(owned_message message);
};

/// Waits for the first message with one of the tags. The tags, in ascending order, outlive the wait.
class task_wait : public timed_waiter {
  public:
    task_wait(std::span<const std::uint64_t> tags, nanoseconds timeout) noexcept
        : tags_{tags}, timeout_{timeout} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(suspended here) {
        looks = mailbox_look::by_type;
        suspend(here, timeout_);
    }
    /// Null if the time has passed.
    owned_message await_resume();

  protected:
    bool wants(const message_node& node) override;

  private:
    void take(owned_message taken) override { taken_ = std::move(taken); }

    std::span<const std::uint64_t> tags_;
    nanoseconds timeout_;
    owned_message taken_;
};

/// Starts a process that is linked to the caller, and monitored by it.
task_key start_task(std::unique_ptr<task_work> work);
/// Throws `badarg_error` unless the caller is the owner.
void require_owner(const task_key& of);
/// The reason as the owner is told: `{nodedown, Node}` for a node without a connection.
exit_reason told_reason(const exit_reason& why, const pid& process);
/// `infinity`, or a number of milliseconds.
exit_reason timeout_term(nanoseconds timeout);
/// Ends the caller with `{why, {task, function, details}}`.
[[noreturn]] void exit_from_task(exit_reason why, const char* function, exit_reason details);

task<owned_message> await_task(task_key of, nanoseconds timeout);
task<task_news> yield_task(task_key of, nanoseconds timeout);
task<task_news> shut_down_task(task_key of, shutdown_limit limit);
task_news ignore_task(const task_key& of);
/// A task without a process, whose answer is in the caller's mailbox. `make(tag)` makes the answer.
template <class Make>
task_key complete_task(Make make) {
    const task_key out{{}, new_tag(), current_pid()};
    owned_message answer = make(out.tag);
    answer->tag = out.tag;
    deliver(out.owner, answer.release());
    return out;
}

task<std::vector<owned_message>> await_tasks(std::vector<task_key> of, nanoseconds timeout);

enum class late_task : std::uint8_t { nothing, ignore, kill_task };
task<std::vector<task_news>> yield_tasks(std::vector<task_key> of, nanoseconds timeout,
                                         std::size_t limit, late_task on_timeout);

}  // namespace coppice::detail

#pragma GCC visibility pop
