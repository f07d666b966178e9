// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "behaviour/start_ignored.hpp"
#include "behaviour/stop_request.hpp"
#include "coppice/detail/behaviour_body.hpp"
#include "coppice/gen_server.hpp"
#include "process/caller.hpp"
#include "process/runtimes.hpp"
#include "telemetry/call_span.hpp"

namespace coppice {
namespace detail {

bool call_wait::await_ready() {
    if (request_ == nullptr) {
        refuse_second_await("a call");
    }
    if (!target_.process) {
        why_ = reason::noproc;
    } else if (target_.process == current_pid()) {
        why_ = reason::calling_self;
    } else {
        return false;
    }
    begin_span();
    return true;
}

void call_wait::await_suspend(suspended here) {
    note_description();  // runs user code, which may throw
    if (calls_watched.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        begin_span();
    }
    suspend(here, timeout_, [this](std::uint64_t tag) {
        request_->tag = tag;
        deliver(target_.process, request_.release());
        owes_ |= monitors;
    });
}

call_wait::~call_wait() {
    if (owes_ != 0) {
        settle(false);
    }
}

[[gnu::cold, gnu::noinline]] void call_wait::begin_span() noexcept {
    if (calls_watched.load(std::memory_order_relaxed) == 0) {
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
        described_ = request_->type->describe(*request_);
    }
}

bool call_wait::on_signal(signal& s) {
    if (s.kind == signal_kind::reply) {
        auto& reply = static_cast<reply_signal&>(s);
        reply_ = std::move(reply.message);
        if (reply.flag) {
            no_longer(monitors);  // the server has removed the monitor
        }
        return true;
    }
    if (s.kind == signal_kind::down) {
        why_ = static_cast<down_signal&>(s).why;
        no_longer(monitors);
        return true;
    }
    return false;
}

owned_message call_wait::take_reply() {
    if (owes_ != 0) {
        settle(true);
    }
    return std::move(reply_);
}

exit_reason call_wait::failure() {
    if (request_) {
        note_description();
    }
    if (described_by_ != nullptr) {
        described_ = readable_type_name(*described_by_);
    }
    return exit_reason::tuple(
        std::move(why_),
        exit_reason::tuple("gen_server", "call",
                           exit_reason::tuple(term_of(target_.to), exit_reason::symbol(described_),
                                              timeout_term())));
}

exit_reason call_wait::failure_in_sys(const char* function) {
    return exit_reason::tuple(
        std::move(why_),
        exit_reason::tuple("sys", function,
                           exit_reason::tuple(term_of(target_.to), timeout_term())));
}

exit_reason term_of(const address& to) {
    return to.name().empty() ? exit_reason::process(to.who()) : exit_reason::symbol(to.name());
}

exit_reason call_wait::timeout_term() const {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_);
    return timeout_ == forever ? exit_reason{"infinity"}
                               : exit_reason::integer(milliseconds.count());
}

namespace {

/// For a replying process in the client's runtime.
void reply_from_here(const reply_address& to, reply_signal* sent) {
    send_prepared(to.client, sent, [&to, sent](const caller& me) {
        sent->from = me->self();
        if (sent->from == to.server) {
            me->forget_watcher(to.tag);
            sent->flag = true;
        }
    });
}

}  // namespace

void send_reply(const reply_address& to, owned_message value) {
    // The server has done its work, so the reply may use the reserve.
    auto sent = with_reserve([&] { return std::make_unique<reply_signal>(std::move(value)); });
    sent->tag = to.tag;
    if (const process* here = current_process(); here != nullptr || acts_for_nobody()) {
        if (here != nullptr && here->world().node() == to.client.node()) {
            reply_from_here(to, sent.release());
            return;
        }
        if (world_of_living() == nullptr) {
            return;
        }
    }
    deliver_anywhere(to.client, sent.release());
}

namespace {

/// Waits for the end of a process that was asked to stop.
class stop_wait final : waiter {
  public:
    stop_wait(const pid& who, exit_reason why, nanoseconds timeout)
        : who_{who}, why_{std::move(why)}, timeout_{timeout} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here) {
        suspend(here, timeout_, [this](std::uint64_t tag) {
            owned_message asked{new stop_request{why_}};
            monitor_for_wait(who_, tag);
            deliver(who_, asked.release());
        });
    }
    void await_resume() {
        if (timed_out) {
            demonitor_for_wait(who_, tag());
            exit(reason::timeout);
        }
        if (!(ended_with_ == why_)) {
            exit(std::move(ended_with_));
        }
    }

  private:
    bool on_signal(signal& s) override {
        if (s.kind == signal_kind::down) {
            ended_with_ = static_cast<down_signal&>(s).why;
            return true;
        }
        return false;
    }

    pid who_;
    exit_reason why_;
    nanoseconds timeout_;
    exit_reason ended_with_;
};

}  // namespace
}  // namespace detail

task<> stop(pid who, exit_reason why, time_span timeout) {
    if (timeout < detail::nanoseconds::zero()) {
        throw badarg_error{"stop: the time is negative; it has to be zero or more"};
    }
    if (!who) {
        exit(reason::noproc);
    }
    if (who == self()) {
        exit(reason::calling_self);
    }
    detail::stop_wait stopping{who, std::move(why), timeout};
    co_await stopping;
}

void stop_with(exit_reason why) {
    if (detail::server_base* server = detail::current_server()) {
        server->set_stop(std::move(why));
    }
}

void timeout_after(time_span time) {
    detail::server_base* const server = detail::current_server();
    if (server == nullptr) {
        return;
    }
    if (time < detail::nanoseconds::zero()) {
        throw badarg_error{"timeout_after: the time is negative; it has to be zero or more"};
    }
    server->set_timeout(time);
}

void ignore() {
    exit(exit_reason::of(detail::start_ignored{}));
}

}  // namespace coppice
