// SPDX-License-Identifier: Apache-2.0
// The loop of a gen_server.

#include "coppice/detail/server_loop.hpp"

#include <stdexcept>
#include <utility>

#include "coppice/process.hpp"
#include "process/crash_boundary.hpp"

namespace coppice::detail {

server_loop::~server_loop() {
    clear_timeout();  // a killed server has not cleared its timeout
}

void server_loop::set_continue(owned_message next) {
    if (is_terminating()) {
        throw std::logic_error{
            "continue_with in terminate: the server ends, and no handler runs after terminate"};
    }
    if (continue_ != nullptr) {
        throw std::logic_error{
            "continue_with was called twice: a handler continues once. Let the first "
            "handle_continue ask for the second"};
    }
    continue_ = std::move(next);
}

void server_loop::begin_timers() {
    if (timer_runs_) {
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
void server_loop::stop_timer() noexcept {
    timeout_now_ = false;
    timer_runs_ = false;
    timeout_tag_ = 0;
    if (timeout_timer_ != 0) {
        cancel_tag_timer(std::exchange(timeout_timer_, 0));
    }
}

void server_loop::clear_timeout() noexcept {
    stop_timer();
    no_longer(timed);
    timeout_ = no_time;
}

void server_loop::end_loop() noexcept {
    clear_timeout();
    continue_.reset();
}

// No object here needs a destructor when a function of the loop throws: unwinding would stop to run the destructor.
void server_loop::on_message(any_message m) {
    if (has(timed | watched)) [[unlikely]] {
        note_arrival(*m.node());
    }
    keep(std::move(m));
    if (serves(*current().node())) {
        serve(*current().node());
    } else if (!take_other()) {
        return;
    }
    if (has_none()) [[likely]] {
        drop_current();
    } else {
        after_handler();
    }
}

void server_loop::fail_handler() noexcept {
    set(failed);
    process_layer::fail_here();
}

void server_loop::after_handler() {
    if (has(failed)) {
        no_longer(failed);
    } else if (!has(busy)) {
        handled();
    }
}

/// Any message ends the running timeout, except a system message: the timeout then starts anew.
[[gnu::noinline]] void server_loop::note_arrival(const message_node& arrived) {
    if (arrived.type->role == message_role::system) {
        stop_timer();
        return;
    }
    clear_timeout();
    if (has(watched) && !is_parents_exit(arrived)) {
        tell_arrival(arrived);
    }
}

bool server_loop::take_other() {
    if (took_shared()) {
        return false;
    }
    // `handle_info` is not asked about a request to another class.
    if (current().node()->type->role == message_role::request || !serve_info(current())) {
        refuse_current();
    }
    return true;
}

void server_loop::refuse_current() {
    const message_node& refused = *current().node();
    if (refused.type->role != message_role::request || refused.flag) {
        log_unexpected(current().describe());
        return;
    }
    const char* const handler = refused.kind == signal_kind::call ? "handle_call" : "handle_cast";
    exit(exit_reason::tuple(
        "function_clause", exit_reason::tuple(handler, exit_reason::symbol(current().describe()))));
}

bool server_loop::has_work(bool mailbox_is_empty) const {
    return continue_ != nullptr || (timeout_now_ && mailbox_is_empty);
}

void server_loop::do_work() {
    const bool continues = continue_ != nullptr;
    forget_client();
    if (!continues) {
        clear_timeout();
        if (has(watched)) {
            tell_timeout();
        }
        if (!serve_timeout()) {
            log_unexpected("timeout");
        }
    } else {
        keep(any_message{std::move(continue_)});
        if (!serves(*current().node())) {
            broken_contract("continue_with(this, ...) was called from a base class of the server");
        }
        if (has(watched)) {
            tell_continue(*current().node());
        }
        serve(*current().node());
    }
    after_handler();
}

void server_loop::on_signal(signal& s) {
    if (s.kind == signal_kind::timeout && timeout_tag_ != 0 && s.tag == timeout_tag_) {
        timeout_timer_ = 0;
        timeout_now_ = true;  // messages already in the mailbox go first
    }
}

/// If a supervisor lacks the memory for a call, the supervisor does not end with all its children. The caller
/// gets the reason, as if the supervisor had ended, and the supervisor continues.
bool server_loop::survives(const exit_reason& why) {
    const error_info* const error = why.as_error();
    if (error == nullptr || error->type != process_layer::out_of_memory().as_error()->type ||
        !kind().supervises || !current() || current().node()->kind != signal_kind::call) {
        return false;
    }
    auto* const told = with_reserve([&] { return new down_signal{why}; });
    told->tag = current().node()->tag;
    told->flag = true;
    forget_watcher(told->tag);
    deliver(current().node()->from, told);
    handled();
    return true;
}

}  // namespace coppice::detail
