// SPDX-License-Identifier: Apache-2.0
// The consumer of a stream of asynchronous tasks.

#include "coppice/detail/stream_core.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <new>
#include <utility>

#include "behaviour/stream_tender.hpp"
#include "coppice/tasks.hpp"

namespace coppice::detail {

namespace {

class linked_starter final : public task_starter {
  public:
    task<started_task> start(std::unique_ptr<task_work> work) override {
        co_return started_task{start_task(std::move(work)), false};
    }
};

const stream_event& event_in(const message_node& message) noexcept {
    return static_cast<const value_message<stream_event>&>(message).value;
}

/// Waits for the next event of one kind, or for the end of the tender.
class stream_wait final : public task_wait {
  public:
    stream_wait(std::span<const std::uint64_t> tags, bool is_receipt) noexcept
        : task_wait{tags, forever}, is_receipt_{is_receipt} {}

  private:
    bool wants(const message_node& node) override {
        return task_wait::wants(node) && (node.type->role == message_role::down ||
                                          event_in(node).is_receipt() == is_receipt_);
    }

    bool is_receipt_;
};

/// The function of the tender's process.
struct tend {
    std::unique_ptr<behaviour::stream_tender> tender;
    task<> operator()() const { return tender->run(); }
};

bool caller_traps_exits() {
    const bool traps = trap_exit(true);
    trap_exit(traps);
    return traps;
}

}  // namespace

std::unique_ptr<task_starter> make_linked_starter() {
    return std::make_unique<linked_starter>();
}

stream_core::stream_core(std::unique_ptr<task_starter> starter, stream_settings settings)
    : starter_{std::move(starter)}, settings_{settings} {
    if (settings_.max_concurrency == 0) {
        throw badarg_error{"async_stream: max_concurrency is at least 1"};
    }
    if (settings_.timeout < nanoseconds::zero()) {
        throw badarg_error{"async_stream: the timeout is not negative"};
    }
}

/// The end of the consumer ends the tender by the link, with the consumer's reason.
stream_core::~stream_core() {
    if (is_over_ || !tender_ || !in_process() || is_ending()) {
        return;
    }
    try {
        abandon();
    } catch (const std::bad_alloc&) {
        return;  // the end of the consumer ends the tender
    }
}

void stream_core::abandon() {
    is_over_ = true;
    deliver(tender_, stop_.release());
    if (current_pid() == owner_) {
        leave();
    }
}

void stream_core::enter() {
    const pid me = current_pid();
    if (starter_ == nullptr) {
        if (me != owner_) {
            throw badarg_error{"the stream belongs to " + to_string(owner_) +
                               ", which asked for its first item"};
        }
        return;
    }
    owner_ = me;
    tag_ = new_tag();
    stop_.reset(new value_message<behaviour::stream_stop>());
    auto tender = std::make_unique<behaviour::stream_tender>(behaviour::stream_tender::plan{
        me, tag_, std::move(starter_), settings_.timeout, caller_traps_exits()});
    tender_ = spawn_process(make_function_body(tend{std::move(tender)}),
                            {.link = true, .monitor_tag = tag_});
}

std::optional<stream_item> stream_core::next_item() {
    if (results_.empty() || (settings_.is_ordered && results_.front().position != delivered_)) {
        return std::nullopt;
    }
    std::ranges::pop_heap(results_, std::greater{}, &stream_item::position);
    std::optional<stream_item> out{std::move(results_.back())};
    results_.pop_back();
    ++delivered_;
    return out;
}

task<> stream_core::add(std::unique_ptr<task_work> work) {
    const std::size_t position = added_;
    deliver(tender_, new value_message<behaviour::stream_order>(position, std::move(work)));
    auto waiting = next_event(true);
    const stream_event answer = co_await waiting;
    if (answer.what == stream_event::kind::refused) {
        auto closing = close();
        co_await closing;
        throw max_children_error{};
    }
    ++added_;
    ++running_;
}

task<> stream_core::wait() {
    auto waiting = next_event(false);
    stream_event event = co_await waiting;
    --running_;
    if (event.what == stream_event::kind::timed_out && event.answer == nullptr &&
        !settings_.kills_late) {
        abandon();
        fail(reason::timeout);
    }
    store(std::move(event));
}

void stream_core::store(stream_event event) {
    stream_item& added = results_.emplace_back();
    added.position = event.position;
    added.news.ended = event.answer == nullptr;
    added.news.answer = std::move(event.answer);
    added.news.why =
        event.what == stream_event::kind::timed_out ? reason::timeout : std::move(event.why);
    std::ranges::push_heap(results_, std::greater{}, &stream_item::position);
}

task<> stream_core::close() {
    if (is_over_ || !tender_) {
        is_over_ = true;
        co_return;
    }
    deliver(tender_, stop_.release());
    is_over_ = true;
    const std::array<std::uint64_t, 1> tags{tag_};
    for (;;) {
        task_wait waiting{tags, forever};
        owned_message next = co_await waiting;
        task_news got = task_news::of(std::move(next));
        if (got.ended) {
            leave();
            if (got.why != reason::normal) {
                fail(std::move(got.why));
            }
            co_return;
        }
    }
}

/// Waits for a receipt, or for the end of a task. The end of the tender is the end of the consumer.
task<stream_event> stream_core::next_event(bool is_receipt) {
    const std::array<std::uint64_t, 1> tags{tag_};
    stream_wait waiting{tags, is_receipt};
    const owned_message got = co_await waiting;
    if (got->type->role == message_role::down) {
        exit_reason why = static_cast<const value_message<down_message>&>(*got).value.why;
        is_over_ = true;
        leave();
        fail(std::move(why));
    }
    co_return std::move(static_cast<value_message<stream_event>&>(*got).value);
}

/// Removes all that the stream has put into the mailbox.
void stream_core::leave() {
    unlink(tender_);
    take_exit_message(tender_);
    demonitor(ref{tag_}, demonitor_option::flush);
    const std::array<std::uint64_t, 1> tags{tag_};
    while (take_tagged(tags) != nullptr) {
    }
}

void stream_core::fail(exit_reason why) {
    exit_from_task(std::move(why), "stream", exit_reason::tuple(timeout_term(settings_.timeout)));
}

}  // namespace coppice::detail
