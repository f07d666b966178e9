// SPDX-License-Identifier: Apache-2.0
// A stream of asynchronous tasks, without the types of inputs and results.
//
// The consumer starts a process, the tender, when the first result is asked for. The tender starts the tasks,
// monitors them, and kills a task whose time is over. For each task the consumer gets one event: the result or
// the reason of the end, sent when the process of the task has ended. Events are answers to the consumer's monitor
// of the tender, so none arrives once the consumer has left the stream.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/detail/task_wait.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// A started task of the tender; or none, because a task supervisor has reached `max_children`.
struct started_task {
    task_key key;
    bool is_refused = false;
};

/// How the tender starts a task: as a process of its own, or as a child of a task supervisor.
class task_starter {
  public:
    task_starter() = default;
    task_starter(const task_starter&) = delete;
    task_starter& operator=(const task_starter&) = delete;
    virtual ~task_starter() = default;
    /// Acts for the process that awaits. Precondition: the object outlives the coroutine.
    virtual task<started_task> start(std::unique_ptr<task_work> work) = 0;
};
/// Starts each task linked to the tender.
std::unique_ptr<task_starter> make_linked_starter();

struct stream_settings {
    std::size_t max_concurrency = 1;
    bool is_ordered = true;
    nanoseconds timeout = forever;
    bool kills_late = false;  ///< A late task is an item, and does not end the consumer.
};

/// From the tender to the consumer.
struct stream_event {
    enum class kind : std::uint8_t { started, refused, ended, timed_out };
    stream_event(kind k, std::size_t at, owned_message result, exit_reason reason)
        : what{k}, position{at}, answer{std::move(result)}, why{std::move(reason)} {}
    /// Whether the event answers the order of a task.
    bool is_receipt() const noexcept { return what == kind::started || what == kind::refused; }

    kind what;
    std::size_t position;
    owned_message answer;  ///< A `task_result`; null if the task gave none.
    exit_reason why;
};

/// An item of the stream: the position of its input, and the news of its task.
struct stream_item {
    std::size_t position = 0;
    task_news news;
};

/// The consumer's side.
class stream_core {
  public:
    stream_core(std::unique_ptr<task_starter> starter, stream_settings settings);
    stream_core(const stream_core&) = delete;
    stream_core& operator=(const stream_core&) = delete;
    /// Leaves the stream without waiting: the tender kills the tasks that run.
    ~stream_core();

    /// Starts the tender at the first call. Throws `badarg_error` in another process later.
    void enter();
    /// Whether one more task may be added.
    bool has_room() const noexcept {
        return !is_input_over_ && !is_over_ && running_ < settings_.max_concurrency;
    }
    /// Whether each task has been delivered, and no task follows.
    bool is_done() const noexcept { return is_over_ || (is_input_over_ && delivered_ == added_); }
    std::size_t added() const noexcept { return added_; }
    void end_input() noexcept { is_input_over_ = true; }
    /// Takes the next item that may be delivered.
    std::optional<stream_item> next_item();
    /// Has a task started. Throws `max_children_error` once the stream is closed.
    task<> add(std::unique_ptr<task_work> work);
    /// Waits until the next task has ended.
    task<> wait();
    /// Ends the tasks that run, and waits for their end.
    task<> close();

  private:
    task<stream_event> next_event(bool is_receipt);
    void store(stream_event event);
    void abandon();
    void leave();
    [[noreturn]] void fail(exit_reason why);

    std::unique_ptr<task_starter> starter_;  ///< Until the tender starts.
    stream_settings settings_;
    pid owner_;
    pid tender_;
    std::uint64_t tag_ = 0;
    owned_message stop_;  ///< Made in advance, because a destructor cannot report a failure.
    std::vector<stream_item> results_;  ///< A heap: the lowest position in front.
    std::size_t added_ = 0;
    std::size_t delivered_ = 0;
    std::size_t running_ = 0;
    bool is_input_over_ = false;
    bool is_over_ = false;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
