// SPDX-License-Identifier: Apache-2.0
// The life of a process that runs a behaviour: start, loop, end.

#include "coppice/detail/behaviour_body.hpp"

#include <optional>
#include <utility>

#include "behaviour/debugging.hpp"
#include "behaviour/start_ignored.hpp"
#include "coppice/detail/start_wait.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/health_check.hpp"
#include "coppice/report.hpp"
#include "process/caller.hpp"
#include "process/crash_boundary.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

namespace {

/// A server that has been declared dead does not report.
bool may_report(report_level level) {
    const process_layer::caller me;
    return me && me->world().wants(level);
}

}  // namespace

behaviour_body* current_behaviour(const char* otherwise) {
    const process_layer::caller me;
    body* const running = me ? me->running_body() : nullptr;
    if (running == nullptr) {
        return nullptr;
    }
    if (running->kind().behaviour.empty()) {
        broken_contract(otherwise);
    }
    return static_cast<behaviour_body*>(running);
}

behaviour_body* current_behaviour(const body_kind& loop, const char* otherwise) {
    behaviour_body* const out = current_behaviour(otherwise);
    if (out != nullptr && out->loop() != loop) {
        broken_contract(otherwise);
    }
    return out;
}

}  // namespace coppice::detail

namespace coppice::behaviour {

std::string own_behaviour() {
    const process_layer::caller me;
    detail::body* const running = me ? me->running_body() : nullptr;
    return running == nullptr
               ? std::string{}
               : std::string{static_cast<const detail::behaviour_body*>(running)->loop().behaviour};
}

std::string own_name() {
    const pid me = detail::current_pid();
    std::string name = detail::current_runtime().names().name_of(me);
    return name.empty() ? to_string(me) : name;
}

}  // namespace coppice::behaviour

namespace coppice {

void report_ready() {
    const process_layer::caller me;
    detail::body* const running = me ? me->running_body() : nullptr;
    if (running != nullptr && !running->kind().behaviour.empty()) {
        static_cast<detail::behaviour_body*>(running)->tell_ready();
    }
}

}  // namespace coppice

namespace coppice::detail {

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

void behaviour_body::start() {
    if (const address* const wanted = name()) {
        if (const std::optional<pid> holder = take_name(*wanted)) {
            refuse_start(start_kind::failed,
                         exit_reason::tuple("already_started", exit_reason::process(*holder)));
            return;
        }
    }
    if (!construct()) {
        acknowledge();
    }
}

std::optional<pid> take_name(const address& name) {
    if (const via_name* const via = name.via()) {
        const pid holder = via->take();
        return holder ? std::optional{holder} : std::nullopt;
    }
    try {
        register_name(name.name(), current_pid());
    } catch (const badarg_error&) {
        return whereis_name(name.name());
    }
    return std::nullopt;
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
    if (!has(unready)) {
        acknowledge_start();
    }
    phase_ = phase::serving;
    handled();
}

void behaviour_body::acknowledge_start() {
    if (start_tag_ != 0) {
        send_reply({starter_, start_tag_, current_pid()}, with_reserve(no_value));
    }
}

/// In init the end of init tells the starter.
void behaviour_body::tell_ready() {
    if (has(unready)) {
        no_longer(unready);
        if (phase_ != phase::initialising) {
            acknowledge_start();
        }
    }
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
        send_reply(
            {starter_, start_tag_, {}},
            owned_message{new value_message<start_failure>(start_failure{kind, std::move(why)})});
    }
    end_process(reason::normal);
}

bool behaviour_body::took_shared() {
    if (current_.node()->type->role == message_role::system) {
        take_system_message();
        return true;
    }
    if (is_parents_exit(*current_.node())) {
        begin_terminate(current_.get<exit_message>()->why, false);
        return true;
    }
    return false;
}

bool behaviour_body::is_parents_exit(const message_node& m) const {
    return has_parent_ && m.type->role == message_role::exit &&
           static_cast<const value_message<exit_message>&>(m).value.from == parent_;
}

void behaviour_body::handle_task(task<> running) {
    set(busy | calling);
    run_task(std::move(running));
    no_longer(calling);
}

void behaviour_body::on_task_done() {
    no_longer(busy);
    switch (phase_) {
        case phase::initialising:
            acknowledge();
            return;
        case phase::serving:
            // A coroutine that has not waited is like a function: the loop goes on after the handler's return.
            if (!has(calling)) {
                handled();
            }
            return;
        case phase::suspended:
            end_suspension();
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
    wait_for_next();
    current_ = {};
}

void behaviour_body::wait_for_next() {
    if (has(timed)) {
        begin_timers();
    }
}

void behaviour_body::on_error(exit_reason why, bool reported) {
    no_longer(busy | calling);
    switch (phase_) {
        case phase::initialising:
            if (why.as<behaviour::start_ignored>() != nullptr) {
                refuse_start(start_kind::ignored, {});
                return;
            }
            start_failed(std::move(why), reported);
            return;
        case phase::serving:
            if (!survives(why)) {
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

void behaviour_body::begin_terminate(exit_reason why, bool reported) {
    phase_ = phase::terminating;
    end_loop();
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
        send_answer(last_reply_->first, std::move(last_reply_->second));
    }
    end_process(why_);
}

/// A server that stops replies at its end.
void behaviour_body::answer_later_or_watched(const reply_address& to, owned_message value) {
    if (has(stopping)) {
        last_reply_ =
            std::make_unique<std::pair<reply_address, owned_message>>(to, std::move(value));
        return;
    }
    send_answer(to, std::move(value));
}

void behaviour_body::send_answer(const reply_address& to, owned_message value) {
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
        loop_details more = describe_loop();
        return server_report{behaviour::own_name(),
                             describe_last_message(),
                             describe_state(),
                             why_,
                             last_client_,
                             behaviour::log_of(debug_.get()),
                             std::string{loop().behaviour},
                             std::move(more.state),
                             std::move(more.queued),
                             std::move(more.postponed),
                             std::move(more.timeouts)};
    });
}

void behaviour_body::log_unexpected(const std::string& described) {
    if (!may_report(report_level::warning)) {
        return;
    }
    runtime_core& world = current_runtime();
    const pid me = current_pid();
    world.report_if_possible(report_level::warning, me, [&] {
        return text_report{std::string{loop().behaviour} + " " + behaviour::own_name() +
                           " has no handler for the message " + described + "; it was dropped"};
    });
}

}  // namespace coppice::detail
