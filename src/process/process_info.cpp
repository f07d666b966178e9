// SPDX-License-Identifier: Apache-2.0
// What is asked of a process by a signal, so that the answer comes after whatever the asker sent
// before.

#include <memory>
#include <new>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/caller.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice {
namespace detail {

process_information process::information() const {
    process_information out;
    out.process = self();
    out.registered_name = world_.names().name_of(out.process);
    out.initial_call = body_->initial_call();
    out.is_supervisor = body_->is_supervisor();
    // Answered between two steps: it has something to do, or waits.
    out.status = !begun_ || wait_over_ || (!has_root_ && !mailbox_.empty())
                     ? process_status::runnable
                     : process_status::waiting;
    out.message_queue_len = mailbox_.size();
    out.links = links();
    for (const auto& [tag, target] : watching_) {
        out.monitors.push_back(target);
    }
    for (const auto& [tag, watcher] : monitored_by_) {
        out.monitored_by.push_back(watcher.who);
    }
    out.trap_exit = traps_exits_;
    out.priority = static_cast<priority_level>(urgency.load(std::memory_order_relaxed));
    out.reductions = reductions_;
    out.parent = parent();
    out.ancestors = names_of(ancestors_);
    return out;
}

/// Without what the user's code prints. A process that has been declared dead meanwhile has no links.
crash_report process::describe_crash(const exit_reason& why) {
    const custody::hold held = inside();  // a dead process needs none: the sentinel is done with it
    crash_report out;
    out.initial_call = body_->initial_call();
    out.process = self();
    out.registered_name = world_.names().name_of(out.process);
    out.why = why;
    out.ancestors = names_of(ancestors_);
    out.message_queue_len = mailbox_.size();
    out.links = links();
    out.trap_exit = traps_exits_;
    return out;
}

void report_crash(const exit_reason& why) {
    runtime_core* const world = world_of_living();
    if (world == nullptr) {
        return;
    }
    process& here = *current_process();
    world->report_if_possible(report_level::error, here.self(), [&] {
        crash_report out = here.describe_crash(why);
        // Outside of the custody: these print what is the user's.
        out.last_message = here.running_body()->describe_last_message();
        out.state = here.running_body()->describe_state();
        return out;
    });
}

namespace {

using information_list = std::vector<process_information>;

/// The dead leave the answer as it is.
template <class Answer>
struct request_for : request_signal, pooled {
    request_for() : request_signal{owned_message{new value_message<Answer>{Answer{}}}} {}

  protected:
    Answer& blank() noexcept {
        return static_cast<value_message<Answer>*>(reply->message.get())->value;
    }
};

struct information_request final : request_for<information_list> {
    void answer(process& target) override { blank().push_back(target.information()); }
};

struct alive_request final : request_for<bool> {
    void answer(process&) override { blank() = true; }
};

template <class Request, class Answer>
class [[nodiscard]] request_awaiter final : waiter {
  public:
    explicit request_awaiter(const pid& who, nanoseconds timeout = forever)
        : who_{who}, timeout_{timeout} {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here) {
        suspend(here, timeout_, [this](std::uint64_t tag) {
            auto* asked = new Request;
            asked->tag = tag;
            deliver(who_, asked);
        });
    }
    Answer await_resume() {
        if (unanswered_) {
            throw std::bad_alloc{};  // the process that was asked had no memory for the answer
        }
        return std::move(answer_);
    }
    /// Precondition: it was awaited.
    bool answered() const noexcept { return !timed_out; }

  private:
    bool on_signal(signal& s) override {
        const owned_message message = std::move(static_cast<reply_signal&>(s).message);
        unanswered_ = message == nullptr;
        if (!unanswered_) {
            answer_ = std::move(*static_cast<Answer*>(message->type->payload(*message)));
        }
        return true;
    }

    pid who_;
    nanoseconds timeout_;
    bool unanswered_ = false;
    Answer answer_{};
};

}  // namespace

task<late_information> process_info_within(pid who, nanoseconds timeout) {
    request_awaiter<information_request, information_list> asking{who, timeout};
    late_information out;
    out.information = co_await asking;
    out.answered = asking.answered();
    co_return out;
}

}  // namespace detail

task<bool> is_alive(pid who) {
    detail::request_awaiter<detail::alive_request, bool> asking{who};
    co_return co_await asking;
}

task<std::vector<process_information>> process_info(pid who) {
    detail::request_awaiter<detail::information_request, detail::information_list> asking{who};
    co_return co_await asking;
}

}  // namespace coppice
