// SPDX-License-Identifier: Apache-2.0

#include "behaviour/stream_tender.hpp"

#include <utility>
#include <vector>

#include "coppice/detail/send_reply.hpp"
#include "coppice/receive.hpp"

namespace coppice::behaviour {

using detail::stream_event;

task<> stream_tender::run() {
    trap_exit(plan_.traps_exits);
    consumer_ = monitor(plan_.consumer);
    for (;;) {
        any_message m = co_await receive_any();
        if (auto* const order = m.get<stream_order>()) {
            auto starting = start(std::move(*order));
            co_await starting;
        } else if (m.is<stream_stop>()) {
            auto stopping = stop();
            co_await stopping;
            co_return;
        } else {
            take(std::move(m));
        }
    }
}

task<> stream_tender::start(stream_order order) {
    auto starting = plan_.starter->start(std::move(order.work));
    const detail::started_task begun = co_await starting;
    if (begun.is_refused) {
        tell({stream_event::kind::refused, order.position, nullptr, {}});
        co_return;
    }
    running& entry = running_[begun.key.tag];
    entry.position = order.position;
    entry.process = begun.key.process;
    if (plan_.timeout != detail::forever) {
        entry.limit = send_after(plan_.timeout, self(), late{begun.key.tag});
    }
    tell({stream_event::kind::started, order.position, nullptr, {}});
}

/// Exit messages and foreign messages have no effect.
void stream_tender::take(any_message m) {
    if (const auto* const down = m.get<down_message>()) {
        end(*down);
    } else if (const auto* const over = m.get<late>()) {
        if (const auto found = running_.find(over->tag); found != running_.end()) {
            kill(found->second);
            found->second.is_late = true;
        }
    } else if (const auto found = running_.find(detail::tag_of(*m.node()));
               found != running_.end()) {
        found->second.answer.reset(m.release());
    }
}

void stream_tender::end(const down_message& down) {
    if (down.monitor == consumer_) {
        end_with_consumer(down.why);
    }
    const auto found = running_.find(down.monitor.value());
    if (found == running_.end()) {
        return;
    }
    running ended = std::move(found->second);
    running_.erase(found);
    if (ended.limit) {
        cancel_timer(ended.limit);
    }
    const auto kind = ended.is_late ? stream_event::kind::timed_out : stream_event::kind::ended;
    tell({kind, ended.position, std::move(ended.answer), down.why});
}

/// The signal comes first: a tender that dies between the two leaves no task behind.
void stream_tender::kill(running& which) {
    exit(which.process, reason::kill);
    unlink(which.process);
}

task<> stream_tender::stop() {
    trap_exit(true);
    std::vector<std::uint64_t> tags;
    tags.reserve(running_.size());
    for (auto& [tag, each] : running_) {
        kill(each);
        tags.push_back(tag);
    }
    for (std::size_t ended = 0; ended < tags.size();) {
        detail::task_wait waiting{tags, detail::forever};
        const detail::owned_message got = co_await waiting;
        if (got->type->role == detail::message_role::down) {
            ++ended;
        }
    }
}

void stream_tender::end_with_consumer(const exit_reason& why) {
    for (const auto& [tag, each] : running_) {
        exit(each.process, why);
    }
    exit(why);
}

void stream_tender::tell(stream_event event) {
    detail::send_reply(
        {plan_.consumer, plan_.tag, {}},
        detail::owned_message{new detail::value_message<stream_event>(std::move(event))});
}

}  // namespace coppice::behaviour
