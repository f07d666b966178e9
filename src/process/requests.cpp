// SPDX-License-Identifier: Apache-2.0
// Requests whose responses are messages. Such a request stands among the monitors of the sender: the
// reply and the end of the server are signals with the tag of the request, and no wait has this tag.

#include <algorithm>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "coppice/detail/response.hpp"
#include "process/caller.hpp"

namespace coppice {

std::string to_string(const response_message& m) {
    return m.reply ? "{" + to_string(m.request) + "," + m.reply.describe() + "}"
                   : "{'DOWN'," + to_string(m.request) + ",process," + to_string(m.why) + "}";
}

namespace detail {

/// A reply of another process than the server leaves the monitor of the server: the monitor is removed here.
/// If the function throws, nothing has changed.
void process::receive_response(signal& s) {
    const pid server = *bonds_.target_of(s.tag);
    owned_signal demonitor;
    if (s.kind == signal_kind::reply && !s.flag) {
        demonitor.reset(new process_layer::plain_signal{signal_kind::demonitor});
        demonitor->from = self();
        demonitor->tag = s.tag;
    }
    bonds_.down_from(s.tag, [&] {
        auto* message = new value_message<response_message>(ref{s.tag}, any_message{});
        message->from = s.from;
        if (s.kind == signal_kind::reply) {
            message->value.reply = any_message{taken_value(static_cast<message_node&>(s))};
        } else {
            message->value.why = std::move(static_cast<down_signal&>(s).why);
        }
        mailbox_.append(*message);
    });
    if (demonitor) {
        runtime_.deliver(server, demonitor.release());
    }
}

namespace {

/// The tag of a new request; 0 of a dead process, whose request begins nothing.
[[gnu::noinline]] std::uint64_t begin_watch(const pid& to) {
    const process_layer::caller me;
    if (!me) {
        return 0;
    }
    const std::uint64_t tag = me->world().new_tag();
    if (to) {
        me->own_bonds().watch(tag, to);
    }
    return tag;
}

}  // namespace

ref begin_request(const pid& to, owned_message request) {
    const std::uint64_t tag = begin_watch(to);
    if (tag == 0) {
        return {};
    }
    if (!to) {
        deliver(current_pid(),
                new value_message<response_message>(ref{tag}, any_message{}, reason::noproc));
        return ref{tag};
    }
    request->tag = tag;
    request->to_monitor = true;
    try {
        deliver(to, request.release());
    } catch (...) {
        abandon_request(ref{tag});
        throw;
    }
    return ref{tag};
}

void abandon_request(ref which) noexcept {
    process* const here = process_layer::process_here();
    if (here == nullptr || !which) {
        return;
    }
    try {
        if (!here->unwatch(which.value())) {
            here->take_response(which.value());
        }
    } catch (const std::bad_alloc&) {
        return;
        // The monitor stays. No wait takes the response.
    }
}

namespace {

/// The requests are in order, so a look at a message costs the logarithm of the number.
class response_wait final : timed_waiter {
  public:
    response_wait(std::span<const ref> of, nanoseconds timeout) : of_{of}, timeout_{timeout} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(suspended here) {
        looks = mailbox_look::by_type;
        suspend(here, timeout_);
    }
    response_message await_resume() {
        return taken_ == nullptr
                   ? response_message{}
                   : std::move(*static_cast<response_message*>(taken_->type->payload(*taken_)));
    }

  private:
    bool wants(const message_node& node) override {
        return is_a<response_message>(node) &&
               std::ranges::binary_search(
                   of_, static_cast<const value_message<response_message>&>(node).value.request);
    }
    void take(owned_message taken) override { taken_ = std::move(taken); }

    const std::span<const ref> of_;
    const nanoseconds timeout_;
    owned_message taken_;
};

}  // namespace

task<response_message> next_response(std::span<const ref> of, nanoseconds timeout) {
    response_wait waiting{of, timeout};
    co_return co_await waiting;
}

}  // namespace detail
}  // namespace coppice
