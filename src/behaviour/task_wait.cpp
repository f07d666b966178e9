// SPDX-License-Identifier: Apache-2.0
// The owner's waits for asynchronous tasks.

#include "coppice/detail/task_wait.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace coppice::detail {

namespace {

bool is_down(const message_node& message) noexcept {
    return message.type->role == message_role::down;
}

const down_message& as_down(const message_node& message) noexcept {
    return static_cast<const value_message<down_message>&>(message).value;
}

/// Ends the monitor: neither the result nor the down message arrives any more.
void forget_task(std::uint64_t tag) {
    demonitor(ref{tag}, demonitor_option::flush);
}

exit_reason details_of(const task_key& of, exit_reason timeout) {
    return exit_reason::tuple(exit_reason::process(of.process), std::move(timeout));
}

/// The news of a message, where only the loss of the connection ends the caller.
task_news news_or_exit(owned_message message, const char* function, const exit_reason& details) {
    if (message != nullptr && is_down(*message) && as_down(*message).why == reason::noconnection) {
        const down_message& down = as_down(*message);
        exit_from_task(told_reason(down.why, down.process), function, details);
    }
    return task_news::of(std::move(message));
}

}  // namespace

task_news task_news::of(owned_message message) {
    task_news out;
    if (message == nullptr) {
        return out;
    }
    if (is_down(*message)) {
        out.ended = true;
        out.why = as_down(*message).why;
    } else {
        out.answer = std::move(message);
    }
    return out;
}

bool task_wait::wants(const message_node& node) {
    const std::uint64_t tag = tag_of(node);
    return tag != 0 && std::ranges::binary_search(tags_, tag);
}

/// A message that came after the timeout and before the waiter resumed is taken, as in a call.
owned_message task_wait::await_resume() {
    return taken_ != nullptr ? std::move(taken_) : take_tagged(tags_);
}

task_key start_task(std::unique_ptr<task_work> work) {
    const pid owner = current_pid();
    const std::uint64_t tag = new_tag();
    const pid started = spawn_process(make_task_body(std::move(work), owner, tag),
                                      {.link = true, .monitor_tag = tag});
    return {started, tag, owner};
}

void require_owner(const task_key& of) {
    if (const pid me = current_pid(); me && of.owner != me) {
        throw badarg_error{"the task " + to_string(of.process) + " belongs to " +
                           to_string(of.owner) + " and was queried by " + to_string(me) +
                           ": only the process that started a task may wait for it"};
    }
}

exit_reason told_reason(const exit_reason& why, const pid& process) {
    return why == reason::noconnection
               ? exit_reason::tuple("nodedown", exit_reason::integer(process.node()))
               : why;
}

exit_reason timeout_term(nanoseconds timeout) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
    return timeout == forever ? exit_reason{"infinity"}
                              : exit_reason::integer(milliseconds.count());
}

void exit_from_task(exit_reason why, const char* function, exit_reason details) {
    exit(exit_reason::tuple(std::move(why),
                            exit_reason::tuple("task", function, std::move(details))));
}

task<owned_message> await_task(task_key of, nanoseconds timeout) {
    require_owner(of);
    const std::array<std::uint64_t, 1> tags{of.tag};
    task_wait waiting{tags, timeout};
    owned_message got = co_await waiting;
    if (got != nullptr && !is_down(*got)) {
        forget_task(of.tag);
        co_return got;
    }
    exit_reason why = got != nullptr ? told_reason(as_down(*got).why, of.process) : reason::timeout;
    forget_task(of.tag);
    exit_from_task(std::move(why), "await", details_of(of, timeout_term(timeout)));
}

task<task_news> yield_task(task_key of, nanoseconds timeout) {
    require_owner(of);
    const std::array<std::uint64_t, 1> tags{of.tag};
    task_wait waiting{tags, timeout};
    owned_message got = co_await waiting;
    if (got != nullptr) {
        forget_task(of.tag);
    }
    const exit_reason details = details_of(of, timeout_term(timeout));
    co_return news_or_exit(std::move(got), "yield", details);
}

task_news ignore_task(const task_key& of) {
    require_owner(of);
    const std::array<std::uint64_t, 1> tags{of.tag};
    owned_message got = take_tagged(tags);
    if (of.process && (got == nullptr || !is_down(*got))) {
        unlink(of.process);
    }
    forget_task(of.tag);
    return news_or_exit(std::move(got), "ignore", exit_reason::process(of.process));
}

namespace {

/// The end of a task that was told to end with `told`, by the second monitor.
task_news end_as_told(const task_key& of, const exit_reason& seen, const exit_reason& told) {
    const std::array<std::uint64_t, 1> tags{of.tag};
    task_news out;
    out.ended = true;
    out.why = seen;
    owned_message first = take_tagged(tags);
    if (first != nullptr && is_down(*first)) {
        // The task had ended before, so the second monitor knows no reason.
        out.why = seen == reason::noproc ? as_down(*first).why : seen;
        first.reset();
    }
    forget_task(of.tag);
    if (first != nullptr) {
        return task_news::of(std::move(first));
    }
    if (out.why == told) {
        return {};
    }
    return out;
}

}  // namespace

task<task_news> shut_down_task(task_key of, shutdown_limit limit) {
    require_owner(of);
    if (!of.process) {
        co_return ignore_task(of);
    }
    const bool kills = limit.is_brutal_kill();
    const exit_reason details =
        details_of(of, kills ? exit_reason{"brutal_kill"}
                             : timeout_term(limit.is_infinity() ? forever : limit.value()));
    const ref watching = monitor(of.process);
    // The signal comes first: an owner that dies between the two leaves no task behind.
    exit(of.process, kills ? reason::kill : reason::shutdown);
    unlink(of.process);
    const std::array<std::uint64_t, 1> tags{watching.value()};
    task_wait waiting{tags, kills || limit.is_infinity() ? forever : nanoseconds{limit.value()}};
    owned_message got = co_await waiting;
    if (got == nullptr) {
        exit(of.process, reason::kill);
        task_wait again{tags, forever};
        got = co_await again;
    }
    if (as_down(*got).why == reason::noconnection) {
        exit_from_task(told_reason(as_down(*got).why, of.process), "shutdown", details);
    }
    co_return end_as_told(of, as_down(*got).why, kills ? reason::killed : reason::shutdown);
}

}  // namespace coppice::detail
