// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/start_wait.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "coppice/process.hpp"

namespace coppice::detail {

bool start_wait::await_ready() {
    if (server_ == nullptr) {
        refuse_second_await("a start");
    }
    const address* const name = server_->name();
    const pid holder = name == nullptr ? pid{} : name->whereis();
    if (!holder) {
        return false;
    }
    outcome_.why = exit_reason::tuple("already_started", exit_reason::process(holder));
    return true;
}

void start_wait::await_suspend(suspended here) {
    // At least 1 ns: a wait that only polls would leave the child running.
    suspend(here, std::max(timeout_, nanoseconds{1}), [this](std::uint64_t tag) { spawn(tag); });
}

void start_wait::spawn(std::uint64_t tag) {
    server_->started_by(current_pid(), tag, mode_ != start_mode::alone);
    spawn_request how{.link = mode_ == start_mode::link,
                      .monitor_tag = tag,
                      .monitor_to_waiter = true,
                      .limit = server_->limit()};
    if (mode_ == start_mode::monitor) {
        how.second_monitor_tag = new_tag();
        outcome_.monitor = ref{how.second_monitor_tag};
    }
    child_ = spawn_process(std::move(server_), how);  // throws if the process table is full
}

bool start_wait::on_signal(signal& s) {
    if (!settled_) {
        outcome_.why = timed_out ? reason::timeout : static_cast<down_signal&>(s).why;
    }
    child_ended_ = true;
    return true;
}

/// False if there is no memory.
bool start_wait::watches_child() const noexcept {
    try {
        monitor_for_wait(child_, tag());
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// The reply is a `start_failure`, or has no value if the process has started.
reply_effect start_wait::on_reply(message_node& reply) noexcept {
    const bool has_failed = !is_a<nothing>(reply);
    if (timed_out) {
        // The start arrived too late: the child has been killed. A reply of success has removed
        // the wait's monitor.
        return has_failed || watches_child() ? reply_effect::none : reply_effect::no_memory;
    }
    settled_ = true;
    if (!has_failed) {
        outcome_.kind = start_kind::ok;
        return reply_effect::ends_wait;
    }
    auto& told = *static_cast<start_failure*>(reply.type->payload(reply));
    outcome_.kind = told.kind;
    outcome_.why = std::move(told.why);
    return reply_effect::none;  // the wait goes on until the child has ended
}

bool start_wait::on_timeout() {
    unlink(child_);
    exit(child_, reason::kill);
    return false;
}

start_outcome start_wait::outcome() {
    if (outcome_.kind == start_kind::ok) {
        outcome_.process = child_;
        return std::move(outcome_);
    }
    if (child_ended_) {
        take_exit_message(child_);
        if (outcome_.monitor) {
            demonitor(outcome_.monitor, demonitor_option::flush);
            outcome_.monitor = {};
        }
    }
    return std::move(outcome_);
}

}  // namespace coppice::detail
