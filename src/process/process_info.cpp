// SPDX-License-Identifier: Apache-2.0
// Questions to a process. A question is a signal, so the answer comes after all earlier signals
// of the asking process.

#include <algorithm>
#include <memory>
#include <new>
#include <tuple>
#include <utility>

#include "coppice/detail/endpoint_view.hpp"
#include "coppice/detail/reader.hpp"
#include "coppice/detail/reply.hpp"
#include "process/caller.hpp"
#include "process/line.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice {
namespace detail {

process_information process::information() const {
    process_information out;
    out.process = self();
    out.registered_name = runtime_.names().name_of(out.process);
    out.initial_call = body_->initial_call();
    out.child_id = body_->child_id();
    out.behaviour = body_->kind().behaviour;
    out.is_supervisor = body_->kind().supervises;
    // Answered between two steps: the process is ready or waits.
    out.status = life_.is_born() || wait_over_ || (!has_root() && !mailbox_.empty())
                     ? process_status::runnable
                     : process_status::waiting;
    out.message_queue_len = mailbox_.size();
    out.links = bonds_.links();
    out.monitors = bonds_.targets();
    out.monitored_by = bonds_.watchers();
    out.trap_exit = traps_exits_;
    out.priority = static_cast<priority_level>(urgency.load(std::memory_order_relaxed));
    out.reductions = reductions();
    out.parent = parent();
    out.ancestors = names_of(ancestors_);
    if (const process_layer::bounded_mailbox_ref limits = own_bound()) {
        out.limit = limits->chosen();
        out.refused = limits->refused();
        out.dropped = limits->dropped();
    }
    out.age = runtime_.recorder().time_since(birth());
    if (has_root() && handling_.type() != nullptr && !body_->kind().behaviour.empty()) {
        out.handling = readable_type_name(*handling_.type());
    }
    return out;
}

std::vector<mailbox_count> process::count_mailbox() const {
    constexpr std::size_t looked_at_most = 1000;
    std::vector<std::pair<const std::type_info*, std::size_t>> counts;
    const signal* next = mailbox_.first();
    for (std::size_t i = 0; next != nullptr && i < looked_at_most; ++i, next = next->next) {
        const auto& message = static_cast<const message_node&>(*next);
        const std::type_info* const type = message.type->carried(message);
        const auto known =
            std::ranges::find(counts, type, [](const auto& each) { return each.first; });
        if (known == counts.end()) {
            counts.emplace_back(type, 1);
        } else {
            ++known->second;
        }
    }
    std::vector<mailbox_count> out;
    out.reserve(counts.size());
    for (const auto& [type, count] : counts) {
        out.push_back({type == nullptr ? "?" : readable_type_name(*type), count});
    }
    std::ranges::sort(out, [](const mailbox_count& left, const mailbox_count& right) {
        return std::tie(right.count, left.type) < std::tie(left.count, right.type);
    });
    return out;
}

/// Also for the sentinel: a body is there until destruction, and the table is constant.
void process::tell_messages(served_messages& out) const noexcept {
    if (body_ == nullptr) {
        return;
    }
    out.from = body_->kind().behaviour.empty() ? served_messages::answer::no_server
                                               : served_messages::answer::server;
    out.known = body_->text_messages();
}

void process::fill_in(process_layer::request_signal& asked) const {
    using information_list = std::vector<process_information>;
    switch (asked.about) {
        case process_layer::inquiry::alive:
            asked.blank<bool>() = true;
            return;
        case process_layer::inquiry::information:
            asked.blank<information_list>().push_back(information());
            return;
        case process_layer::inquiry::whole_information:
            asked.blank<information_list>().emplace_back(information()).mailbox = count_mailbox();
            return;
        case process_layer::inquiry::messages:
            tell_messages(asked.blank<served_messages>());
            return;
        case process_layer::inquiry::origin:
            if (body_ != nullptr) {
                asked.blank<std::optional<origin>>() =
                    origin{body_->initial_call(), parent(), body_->kind()};
            }
            return;
        case process_layer::inquiry::first_of_line:
            asked.blank<pid>() = first_of_line();
            return;
    }
}

/// Without texts printed by user code. A process that has been declared dead meanwhile has no links.
crash_report process::describe_crash(const exit_reason& why) {
    // A dead process needs no custody: the sentinel has finished.
    const process_layer::custody::hold held = inside();
    crash_report out;
    out.initial_call = body_->initial_call();
    out.process = self();
    out.registered_name = runtime_.names().name_of(out.process);
    out.child_id = body_->child_id();
    out.why = why;
    out.ancestors = names_of(ancestors_);
    out.message_queue_len = mailbox_.size();
    out.links = bonds_.links();
    out.trap_exit = traps_exits_;
    return out;
}

void report_crash(const exit_reason& why) {
    runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr) {
        return;
    }
    process& here = *base::current_process();
    world->report_if_possible(report_level::error, here.self(), [&] {
        crash_report out = here.describe_crash(why);
        // Outside of the custody, since user code prints these.
        out.last_message = here.running_body()->describe_last_message();
        out.state = here.running_body()->describe_state();
        return out;
    });
}

namespace {

using information_list = std::vector<process_information>;

template <process_layer::inquiry About, class Answer>
class [[nodiscard]] request_awaiter final : timed_waiter {
  public:
    explicit request_awaiter(const pid& who, nanoseconds timeout = forever)
        : who_{who}, timeout_{timeout} {}
    /// `blank` is the answer of a process that has ended.
    request_awaiter(const pid& who, nanoseconds timeout, Answer blank)
        : who_{who}, timeout_{timeout}, answer_{std::move(blank)} {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here) {
        suspend(here, timeout_, [this](std::uint64_t tag) {
            auto* asked = new process_layer::request_signal{
                About, owned_message{new value_message<Answer>{std::exchange(answer_, {})}}};
            asked->tag = tag;
            deliver(who_, asked);
        });
    }
    Answer await_resume() {
        if (unanswered_) {
            // The asked process had no memory for the answer.
            throw std::bad_alloc{};
        }
        return std::move(answer_);
    }
    /// Precondition: the wait has ended. Not checked: the flag is the same before.
    bool answered() const noexcept { return !timed_out; }

  private:
    reply_effect on_reply(message_node& reply) noexcept override {
        unanswered_ = !reply.flag;
        const owned_message answer = taken_value(reply);  // no user's value: destroyed here
        if (!unanswered_) {
            answer_ = std::move(*static_cast<Answer*>(answer->type->payload(*answer)));
        }
        return reply_effect::is_kept;
    }

    pid who_;
    nanoseconds timeout_;
    bool unanswered_ = false;
    Answer answer_{};  ///< The blank until the question is sent.
};

}  // namespace

task<late_information> process_info_within(pid who, nanoseconds timeout) {
    request_awaiter<process_layer::inquiry::information, information_list> asking{who, timeout};
    late_information out;
    out.information = co_await asking;
    out.answered = asking.answered();
    co_return out;
}

task<std::optional<origin>> origin_within(pid who, nanoseconds timeout) {
    request_awaiter<process_layer::inquiry::origin, std::optional<origin>> asking{who, timeout};
    co_return co_await asking;
}

task<served_messages> served_messages_within(pid who, nanoseconds timeout) {
    served_messages blank;
    blank.from = served_messages::answer::noproc;
    request_awaiter<process_layer::inquiry::messages, served_messages> asking{who, timeout, blank};
    const served_messages out = co_await asking;
    co_return out;
}

std::uint32_t node_of_reader() noexcept {
    const process* const here = base::current_process();
    return here == nullptr ? 0 : here->world().node();
}

}  // namespace detail

namespace process_layer {

void begin_line() {
    if (const caller me; me) {
        me->begin_line();
    }
}

task<pid> first_of_line(pid who) {
    detail::request_awaiter<inquiry::first_of_line, pid> asking{who};
    co_return co_await asking;
}

}  // namespace process_layer

task<bool> is_alive(pid who) {
    detail::request_awaiter<process_layer::inquiry::alive, bool> asking{who};
    co_return co_await asking;
}

task<std::vector<process_information>> process_info(pid who) {
    detail::request_awaiter<process_layer::inquiry::whole_information, detail::information_list>
        asking{who};
    co_return co_await asking;
}

}  // namespace coppice
