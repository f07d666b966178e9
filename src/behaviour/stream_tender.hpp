// SPDX-License-Identifier: Apache-2.0
// The process that starts and watches the tasks of a stream.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "coppice/detail/stream_core.hpp"
#include "coppice/timer.hpp"

namespace coppice::behaviour {

/// From the consumer: start one more task.
struct stream_order {
    stream_order(std::size_t at, std::unique_ptr<detail::task_work> what)
        : position{at}, work{std::move(what)} {}
    std::size_t position;
    std::unique_ptr<detail::task_work> work;
};
/// From the consumer: kill all tasks, and end.
struct stream_stop {};

class stream_tender {
  public:
    struct plan {
        pid consumer;
        std::uint64_t tag = 0;  ///< The consumer's monitor of the tender.
        std::unique_ptr<detail::task_starter> starter;
        std::chrono::nanoseconds timeout{0};
        bool traps_exits = false;  ///< As the consumer.
    };

    explicit stream_tender(plan given) : plan_{std::move(given)} {}
    /// The function of the process. Precondition: the object outlives the coroutine.
    task<> run();

  private:
    struct running {
        std::size_t position = 0;
        pid process;
        timer limit;
        detail::owned_message answer;
        bool is_late = false;
    };
    /// A task's time is over.
    struct late {
        std::uint64_t tag;
    };

    task<> start(stream_order order);
    void take(any_message m);
    void end(const down_message& down);
    void kill(running& which);
    task<> stop();
    [[noreturn]] void end_with_consumer(const exit_reason& why);
    void tell(detail::stream_event event);

    plan plan_;
    ref consumer_;
    std::map<std::uint64_t, running> running_;  ///< By the tender's monitor of the task.
};

}  // namespace coppice::behaviour
