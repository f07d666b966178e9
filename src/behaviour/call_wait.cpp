// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/call_wait.hpp"

#include <utility>

#include "coppice/detail/reply.hpp"
#include "coppice/process.hpp"
#include "process/caller.hpp"
#include "telemetry/call_span.hpp"

namespace coppice::detail {

namespace {

exit_reason term_of_timeout(nanoseconds timeout) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
    return timeout == forever ? exit_reason{"infinity"}
                              : exit_reason::integer(milliseconds.count());
}

/// Inlined into no coroutine, see base/turn.hpp.
bool is_calling_process(const pid& who) noexcept {
    const process* const here = base::this_turn.whose;
    return here != nullptr && here->self() == who;
}

}  // namespace

exit_reason failed_call(exit_reason why, const char* behaviour, const address& to,
                        std::string_view described, nanoseconds timeout) {
    return exit_reason::tuple(
        std::move(why),
        exit_reason::tuple(behaviour, "call",
                           exit_reason::tuple(term_of(to), exit_reason::symbol(described),
                                              term_of_timeout(timeout))));
}

void exit_with(exit_reason why) {
    exit(std::move(why));
}

call_wait::call_wait(owned_message request, call_target target, nanoseconds timeout)
    : request_{std::move(request)},
      target_{std::move(target)},
      timeout_{timeout},
      described_by_{nullptr} {}

call_parts call_wait::take_parts() {
    if (request_ == nullptr) {
        refuse_second_await("a call");
    }
    return {std::move(request_), std::move(target_), timeout_};
}

[[gnu::noinline]] bool call_wait::await_suspend(suspended here) {
    if (request_ == nullptr) {
        refuse_second_await("a call");
    }
    if (!target_.process || is_calling_process(target_.process)) [[unlikely]] {
        why_ = target_.process ? reason::calling_self : reason::noproc;
        begin_span();
        return false;
    }
    if (described_by_ == nullptr) {
        note_description();  // runs user code, which may throw
    }
    if (telemetry::calls_watched.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        begin_span();
    }
    suspend(here, timeout_, [this](std::uint64_t tag) {
        request_->tag = tag;
        deliver(target_.process, request_.release());
        owes_ |= monitors;
    });
    return true;
}

call_wait::~call_wait() {
    if (owes_ != 0) {
        settle(false);
    }
}

[[gnu::cold, gnu::noinline]] void call_wait::begin_span() noexcept {
    if (telemetry::calls_watched.load(std::memory_order_relaxed) == 0) {
        return;
    }
    span_ = call_span::begin(*request_, target_);
    if (span_ != nullptr) {
        owes_ |= spans;
    }
}

[[gnu::noinline]] void call_wait::settle(bool caller_goes_on) {
    if ((owes_ & monitors) != 0) {
        no_longer(monitors);
        demonitor_for_wait(target_.process, tag());
    }
    if ((owes_ & spans) != 0) {
        no_longer(spans);
        end_span(caller_goes_on);
    }
}

[[gnu::cold, gnu::noinline]] void call_wait::end_span(bool caller_goes_on) noexcept {
    using telemetry::call_failure;
    if (reply_ != nullptr) {
        return call_span::stop(span_);
    }
    const call_failure how = !caller_goes_on                ? call_failure::caller_ended
                             : timed_out                    ? call_failure::timeout
                             : why_ == reason::noproc       ? call_failure::noproc
                             : why_ == reason::calling_self ? call_failure::calling_self
                                                            : call_failure::server_ended;
    call_span::fail(span_, caller_goes_on ? why_ : reason::killed, how);
}

// A failed call needs a description of the request, which is gone by then. Most calls do not fail. So if a
// type name is the whole description, only the type is noted here, and the name is built on failure.
void call_wait::note_description() {
    described_by_ = request_->type->described_by(*request_);
    if (described_by_ == nullptr) {
        described_ = std::make_unique<const std::string>(request_->type->describe(*request_));
    }
}

bool call_wait::on_signal(signal& s) {
    why_ = static_cast<down_signal&>(s).why;
    no_longer(monitors);
    return true;
}

reply_effect call_wait::on_reply(message_node& reply) noexcept {
    if (reply_ != nullptr) {
        return reply_effect::none;  // a second reply to the call
    }
    if (reply.flag) {
        no_longer(monitors);  // the server has removed the monitor
    }
    reply_ = taken_value(reply);
    return reply_effect::is_kept;
}

exit_reason call_wait::failure(const char* behaviour) {
    if (request_ != nullptr && described_by_ == nullptr) {
        note_description();
    }
    return failed_call(std::move(why_), behaviour, target_.to,
                       described_by_ != nullptr ? readable_type_name(*described_by_) : *described_,
                       timeout_);
}

exit_reason call_wait::failure_in_sys(const char* function) {
    return exit_reason::tuple(
        std::move(why_),
        exit_reason::tuple("sys", function,
                           exit_reason::tuple(term_of(target_.to), term_of_timeout(timeout_))));
}

exit_reason term_of(const address& to) {
    if (const via_name* const via = to.via()) {
        return exit_reason::tuple("via", "registry",
                                  exit_reason::tuple(exit_reason::symbol(via->registry()),
                                                     exit_reason::symbol(via->key())));
    }
    return to.name().empty() ? exit_reason::process(to.who()) : exit_reason::symbol(to.name());
}

}  // namespace coppice::detail
