// SPDX-License-Identifier: Apache-2.0
// The life of a gen_server: init, loop, terminate.

#include "coppice/detail/behaviour_body.hpp"

#include <stdexcept>
#include <utility>

#include "behaviour/debugging.hpp"
#include "behaviour/start_ignored.hpp"
#include "coppice/detail/start_wait.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/report.hpp"
#include "process/caller.hpp"
#include "process/crash_boundary.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

namespace {

/// A server that has been declared dead does not report.
bool may_report(report_level level) {
    const caller me;
    return me && me->world().wants(level);
}

}  // namespace

std::string own_name() {
    const pid me = current_pid();
    std::string name = current_runtime().names().name_of(me);
    return name.empty() ? to_string(me) : name;
}

behaviour_body::~behaviour_body() {
    clear_timeout();  // a killed server has not cleared its timeout
}

void behaviour_body::started_by(const pid& starter, std::uint64_t tag, bool is_parent) {
    starter_ = starter;
    start_tag_ = tag;
    has_parent_ = is_parent;
    parent_ = is_parent ? starter : pid{};
}

void behaviour_body::set_stop(exit_reason why) {
    if (phase_ == phase::terminating) {
        return;  // the server is already stopping, with an earlier reason
    }
    attention_ |= stopping;
    why_ = std::move(why);
}

void behaviour_body::set_continue(owned_message next) {
    if (phase_ == phase::terminating) {
        throw std::logic_error{
            "continue_with in terminate: the server ends, and nothing runs after that"};
    }
    if (continue_ != nullptr) {
        throw std::logic_error{
            "continue_with was called twice: a handler continues once. Let the first "
            "handle_continue ask for the second"};
    }
    continue_ = std::move(next);
}

void behaviour_body::arm_timeout() {
    if (!has(timed) || timer_runs_) {
        return;
    }
    stop_timer();
    timer_runs_ = true;
    if (timeout_ == nanoseconds::zero()) {
        timeout_now_ = true;
    } else if (timeout_ == forever) {
        clear_timeout();
    } else {
        timeout_tag_ = new_tag();
        timeout_timer_ = start_tag_timer(timeout_, timeout_tag_);
    }
}

/// Keeps the value of `timeout_`.
void behaviour_body::stop_timer() noexcept {
    timeout_now_ = false;
    timer_runs_ = false;
    timeout_tag_ = 0;
    if (timeout_timer_ != 0) {
        cancel_tag_timer(std::exchange(timeout_timer_, 0));
    }
}

void behaviour_body::clear_timeout() noexcept {
    stop_timer();
    no_longer(timed);
    timeout_ = no_time;
}

void behaviour_body::start() {
    if (!name_.empty()) {
        try {
            register_name(name_, current_pid());
        } catch (const badarg_error&) {
            const pid holder = whereis_name(name_);
            refuse_start(start_kind::failed,
                         exit_reason::tuple("already_started", exit_reason::process(holder)));
            return;
        }
    }
    if (!construct()) {
        acknowledge();
    }
}

/// If `acknowledge` throws, the start has failed: the starter still monitors the server.
void behaviour_body::acknowledge() {
    if (has(stopping | set_up)) [[unlikely]] {
        if (has(stopping)) {
            start_failed(why_, !why_.is_quiet());
            return;
        }
        begin_debugging();
    }
    if (start_tag_ != 0) {
        send_reply({starter_, start_tag_, current_pid()}, nullptr);
    }
    phase_ = phase::serving;
    handled();
}

/// The starter learns the reason from the down signal.
void behaviour_body::start_failed(exit_reason why, bool reported) {
    if (reported) {
        report_crash(why);
    }
    end_process(std::move(why));
}

/// Sent before the end. The starter waits for the end, so that the name is free and nothing is left.
void behaviour_body::refuse_start(start_kind kind, exit_reason why) {
    if (start_tag_ != 0) {
        send_reply({starter_, start_tag_, {}},
                   owned_message{new value_message<start_news>(start_news{kind, std::move(why)})});
    }
    end_process(reason::normal);
}

// No object here needs a destructor when a handler throws: unwinding would stop to run the destructor.
void behaviour_body::on_message(any_message m) {
    if (has(timed | watched)) [[unlikely]] {
        attend(*m.node());
    }
    last_client_ = m.node()->kind == signal_kind::call ? m.sender() : pid{};
    current_ = std::move(m);
    if (serves(*current_.node())) {
        serve(*current_.node());
    } else if (!take_other()) {
        return;
    }
    if (attention_ == 0) [[likely]] {
        current_ = {};
    } else if (!has(busy)) {
        handled();
    }
}

/// Any message ends the running timeout, except a system message: the timeout then starts anew.
[[gnu::noinline]] void behaviour_body::attend(const message_node& arrived) {
    if (arrived.type->role == message_role::system) {
        stop_timer();
        return;
    }
    clear_timeout();
    if (has(watched) && !is_parents_exit(arrived)) {
        tell_arrival(arrived);
    }
}

bool behaviour_body::take_other() {
    if (current_.node()->type->role == message_role::system) {
        take_system_message();
        return false;
    }
    if (is_parents_exit(*current_.node())) {
        begin_terminate(current_.get<exit_message>()->why, false);
        return false;
    }
    // `handle_info` is not asked about a request to another class.
    if (current_.node()->type->role == message_role::request || !serve_info(current_)) {
        refuse_current();
    }
    return true;
}

void behaviour_body::refuse_current() {
    const message_node& refused = *current_.node();
    if (refused.type->role != message_role::request || refused.flag) {
        log_unexpected(current_.describe());
        return;
    }
    const char* const handler = refused.kind == signal_kind::call ? "handle_call" : "handle_cast";
    exit(exit_reason::tuple("function_clause",
                            exit_reason::tuple(handler, exit_reason::symbol(current_.describe()))));
}

bool behaviour_body::is_parents_exit(const message_node& m) const {
    return has_parent_ && m.type->role == message_role::exit &&
           static_cast<const value_message<exit_message>&>(m).value.from == parent_;
}

void behaviour_body::handle_task(task<> running) {
    attention_ |= busy;
    run_task(std::move(running));
}

void behaviour_body::on_task_done() {
    no_longer(busy);
    switch (phase_) {
        case phase::initialising:
            acknowledge();
            return;
        case phase::serving:
            handled();
            return;
        case phase::suspended:
            go_on_from_suspension();
            return;
        case phase::terminating:
            finish_terminate();
            return;
    }
}

void behaviour_body::handled() {
    if (has(stopping)) {
        begin_terminate(why_, !why_.is_quiet());
        return;
    }
    if (has(watched)) {
        tell_new_state();
    }
    arm_timeout();
    current_ = {};
}

bool behaviour_body::has_work(bool mailbox_is_empty) const {
    return continue_ != nullptr || (timeout_now_ && mailbox_is_empty);
}

void behaviour_body::do_work() {
    const bool continues = continue_ != nullptr;
    last_client_ = {};
    if (!continues) {
        clear_timeout();
        if (has(watched)) {
            tell_timeout();
        }
        if (!serve_timeout()) {
            log_unexpected("timeout");
        }
    } else {
        current_ = any_message{std::move(continue_)};
        if (!serves(*current_.node())) {
            broken_contract("continue_with(this, ...) was called from a base class of the server");
        }
        if (has(watched)) {
            tell_continue(*current_.node());
        }
        serve_continue(*current_.node());
    }
    if (!has(busy)) {
        handled();
    }
}

void behaviour_body::on_signal(signal& s) {
    if (s.kind == signal_kind::timeout && timeout_tag_ != 0 && s.tag == timeout_tag_) {
        timeout_timer_ = 0;
        timeout_now_ = true;  // messages already in the mailbox go first
    }
}

void behaviour_body::on_error(exit_reason why, bool reported) {
    no_longer(busy);
    switch (phase_) {
        case phase::initialising:
            if (why.as<start_ignored>() != nullptr) {
                refuse_start(start_kind::ignored, {});
                return;
            }
            start_failed(std::move(why), reported);
            return;
        case phase::serving:
            if (!declines_call(why)) {
                begin_terminate(std::move(why), reported);
            }
            return;
        case phase::suspended:
            begin_terminate(std::move(why), reported);
            return;
        case phase::terminating:
            why_ = std::move(why);
            reported_ = reported;
            finish_terminate();
            return;
    }
}

/// If a supervisor lacks the memory for a call, the supervisor does not end with all its children. The caller
/// gets the reason, as if the supervisor had ended, and the supervisor continues.
bool behaviour_body::declines_call(const exit_reason& why) {
    const error_info* const error = why.as_error();
    if (error == nullptr || error->type != out_of_memory().as_error()->type ||
        !outlives_lack_of_memory() || !current_ || current_.node()->kind != signal_kind::call) {
        return false;
    }
    auto* const told = with_reserve([&] { return new down_signal{why}; });
    told->tag = current_.node()->tag;
    told->flag = true;
    forget_watcher(told->tag);
    deliver(current_.node()->from, told);
    handled();
    return true;
}

void behaviour_body::begin_terminate(exit_reason why, bool reported) {
    phase_ = phase::terminating;
    clear_timeout();
    continue_.reset();
    why_ = std::move(why);
    reported_ = reported || !why_.is_quiet();
    if (!serve_terminate(why_)) {
        finish_terminate();
    }
}

void behaviour_body::finish_terminate() {
    if (std::exchange(reported_, false)) {
        publish_report();
        report_crash(why_);
    }
    if (last_reply_) {
        if (has(watched)) {
            tell_reply(last_reply_->first.client, last_reply_->second.get());
        }
        send_reply(last_reply_->first, std::move(last_reply_->second));
    }
    end_process(why_);
}

void behaviour_body::answer(const reply_address& to, owned_message value) {
    if (has(stopping)) {
        last_reply_ =
            std::make_unique<std::pair<reply_address, owned_message>>(to, std::move(value));
        return;
    }
    if (has(watched)) [[unlikely]] {
        tell_reply(to.client, value.get());
    }
    send_reply(to, std::move(value));
}

void behaviour_body::publish_report() {
    if (!may_report(report_level::error)) {
        return;
    }
    runtime_core& world = current_runtime();
    const pid me = current_pid();
    world.report_if_possible(report_level::error, me, [&] {
        return server_report{own_name(),   describe_last_message(), describe_state(), why_,
                             last_client_, log_of(debug_.get())};
    });
}

void behaviour_body::log_unexpected(const std::string& described) {
    if (!may_report(report_level::warning)) {
        return;
    }
    runtime_core& world = current_runtime();
    const pid me = current_pid();
    world.report_if_possible(report_level::warning, me, [&] {
        return text_report{"gen_server " + own_name() + " has no handler for the message " +
                           described + "; it was dropped"};
    });
}

}  // namespace coppice::detail
