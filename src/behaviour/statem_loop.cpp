// SPDX-License-Identifier: Apache-2.0
// The loop of a gen_statem.

#include "coppice/detail/statem_loop.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "coppice/process.hpp"

namespace coppice::detail {

namespace {

/// The message of a timer. A timer that was cancelled too late is known by its tag.
struct timeout_due {
    std::uint64_t tag = 0;
};
std::string to_string(const timeout_due& /*unused*/) {
    return "timeout";
}

std::string to_string(const timeout_key& key) {
    switch (key.sort) {
        case timeout_sort::event:
            return "event_timeout";
        case timeout_sort::state:
            return "state_timeout";
        case timeout_sort::generic:
            return "generic_timeout " + key.name;
    }
    return {};
}

}  // namespace

statem_loop* current_machine() {
    return current_loop<statem_loop>(
        "postpone, next_event, then_reply, hibernate and timeouts of a gen_statem may be used only "
        "in a "
        "callback of a gen_statem");
}

/// The timers of a process end with it.
statem_loop::~statem_loop() = default;

loop_details statem_loop::describe_loop() const {
    loop_details out;
    out.state = state_name();
    std::for_each(queue_.rbegin(), queue_.rend(),
                  [&](const any_message& each) { out.queued.push_back(each.show()); });
    for (const any_message& each : postponed_) {
        out.postponed.push_back(each.show());
    }
    for (const running_timeout& each : timeouts_) {
        out.timeouts.push_back(to_string(each.key) + " " + each.content->type->show(*each.content));
    }
    return out;
}

void statem_loop::refuse_in_enter(const char* action) const {
    if (in_enter_) {
        exit(exit_reason::tuple("bad_state_enter_action_from_state_function", action));
    }
}

void statem_loop::add_reply(const reply_address& to, owned_message value) {
    if (!is_terminating()) {
        replies_.emplace_back(to, std::move(value));
    }
}

void statem_loop::add_timeout(timeout_action asked) {
    using kind = timeout_action::kind;
    if (asked.how == kind::after && asked.time < nanoseconds::zero()) {
        throw badarg_error{"a timeout of a gen_statem is negative; it has to be zero or more"};
    }
    if (!is_terminating()) {
        asked_.push_back(std::move(asked));
    }
}

void statem_loop::postpone() {
    refuse_in_enter("postpone");
    postpones_ = !is_terminating();
}

void statem_loop::add_event(owned_message event) {
    refuse_in_enter("next_event");
    if (!serves(*event)) {
        broken_contract("next_event(this, ...) was called from a base class of the machine");
    }
    if (is_terminating()) {
        return;
    }
    if (has(watched)) {
        tell_arrival(*event);
    }
    inserted_.emplace_back(std::move(event));
}

void statem_loop::on_message(any_message m) {
    if (const timeout_due* const due = m.get<timeout_due>()) {
        const auto which = std::ranges::find(timeouts_, due->tag, &running_timeout::tag);
        if (which != timeouts_.end()) {
            run_timeout(which);
        }
        return;
    }
    if (has(watched) && m.node()->type->role != message_role::system &&
        !is_parents_exit(*m.node())) {
        tell_arrival(*m.node());
    }
    keep(std::move(m));
    if (!took_shared()) {
        run_current();
    }
}

void statem_loop::run_timeout(std::vector<running_timeout>::iterator which) {
    owned_message content = std::move(which->content);
    timeouts_.erase(which);
    if (has(watched)) {
        tell_arrival(*content);
    }
    keep(any_message{std::move(content)});
    run_current();
}

void statem_loop::run_current() {
    message_node& event = *current().node();
    if (serves(event)) {
        serve(event);
    } else if (event.type->role == message_role::request && !event.flag) {
        refuse_event(event.kind == signal_kind::call ? "handle_call" : "handle_cast", {});
    } else {
        serve_info(current());
    }
    if (!has(busy)) {
        handled();
    }
}

void statem_loop::refuse_event(const char* handler, const std::string& state) {
    const exit_reason event = exit_reason::symbol(current().describe());
    exit(exit_reason::tuple("function_clause",
                            exit_reason::tuple(handler, exit_reason::symbol(state), event)));
}

bool statem_loop::has_work(bool /*mailbox_is_empty*/) const {
    return !is_terminating() && (begins_ || !queue_.empty() || !due_.empty());
}

void statem_loop::do_work() {
    if (begins_) {
        begins_ = false;
        postpones_ = false;  // there is no event to postpone
        forget_client();
        decide(true, false);
        conclude();
        if (!has(busy)) {
            handled();
        }
    } else if (!queue_.empty()) {
        any_message next = std::move(queue_.back());
        queue_.pop_back();
        keep(std::move(next));
        run_current();
    } else {
        const timeout_key first = std::move(due_.front());
        due_.erase(due_.begin());
        run_timeout(find_timeout(first));
    }
}

/// Keeps events and timeouts for the report. The messages of running timers are dropped with the mailbox.
void statem_loop::end_loop() noexcept {
    forget_actions();
}

void statem_loop::forget_actions() noexcept {
    in_enter_ = false;
    enters_ = false;
    is_other_ = false;
    postpones_ = false;
    replies_.clear();
    inserted_.clear();
    asked_.clear();
}

void statem_loop::conclude() {
    task<> running = enter_all();
    if (running) {
        handle_task(finish_entering(std::move(running)));
    }
}

task<> statem_loop::conclude_later() {
    return finish_entering(enter_all());
}

/// Runs enter callbacks until one is a coroutine, or no more is asked for and the event is done.
task<> statem_loop::enter_all() {
    for (;;) {
        send_replies();
        if (has(stopping)) {
            return task<>{};
        }
        if (!std::exchange(enters_, false)) {
            transit();
            return task<>{};
        }
        in_enter_ = true;
        task<> running = serve_enter();
        if (running) {
            return running;
        }
    }
}

task<> statem_loop::finish_entering(task<> running) {
    while (running) {
        co_await running;
        running = enter_all();
    }
}

/// OTP's reply actions: sent before `terminate`, even if the machine stops.
void statem_loop::send_replies() {
    std::vector<std::pair<reply_address, owned_message>> sent = std::exchange(replies_, {});
    for (auto& [to, value] : sent) {
        send_answer(to, std::move(value));
    }
}

/// Puts the events before all queued events, in their order.
void statem_loop::queue_first(std::vector<any_message>& events) {
    queue_.insert(queue_.end(), std::make_move_iterator(events.rbegin()),
                  std::make_move_iterator(events.rend()));
    events.clear();
}

void statem_loop::transit() {
    if (postpones_) {
        postponed_.push_back(std::move(current()));
    }
    if (is_other_) {
        queue_first(postponed_);
        cancel_timeout({timeout_sort::state, {}});
    }
    cancel_timeout({timeout_sort::event, {}});
    start_timeouts();
    queue_first(inserted_);
    forget_actions();
}

std::vector<statem_loop::running_timeout>::iterator statem_loop::find_timeout(
    const timeout_key& key) {
    return std::ranges::find(timeouts_, key, &running_timeout::key);
}

void statem_loop::cancel_timeout(const timeout_key& key) {
    const auto which = find_timeout(key);
    if (which == timeouts_.end()) {
        return;
    }
    if (which->clock) {
        cancel_timer(which->clock);
    } else {
        std::erase(due_, key);
    }
    timeouts_.erase(which);
}

/// Of several requests for one timeout the last one counts.
void statem_loop::start_timeouts() {
    for (auto each = asked_.begin(); each != asked_.end(); ++each) {
        const auto is_same = [&](const timeout_action& other) { return other.key == each->key; };
        if (std::none_of(std::next(each), asked_.end(), is_same)) {
            start_timeout(std::move(*each));
        }
    }
}

void statem_loop::start_timeout(timeout_action asked) {
    using kind = timeout_action::kind;
    if (asked.how == kind::update) {
        const auto which = find_timeout(asked.key);
        if (which != timeouts_.end()) {
            which->content = std::move(asked.content);
            return;
        }
        asked.time = nanoseconds::zero();
    }
    cancel_timeout(asked.key);
    if (asked.how != kind::cancel && asked.time != forever) {
        start_clock(std::move(asked));
    }
}

void statem_loop::start_clock(timeout_action asked) {
    running_timeout started{asked.key, std::move(asked.content), 0, {}};
    if (asked.time == nanoseconds::zero()) {
        due_.push_back(std::move(asked.key));
    } else {
        nanoseconds left = asked.time;
        if (asked.how == timeout_action::kind::at) {
            const nanoseconds present = now();
            left = asked.time <= present ? nanoseconds::zero() : asked.time - present;
        }
        started.tag = new_tag();
        started.clock =
            add_timer(left, current_pid(),
                      owned_message{new value_message<timeout_due>(timeout_due{started.tag})});
    }
    timeouts_.push_back(std::move(started));
}

}  // namespace coppice::detail
