// SPDX-License-Identifier: Apache-2.0
// The functions of coppice/detail/kernel.hpp, and the waits of a process.

#include "coppice/detail/kernel.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "coppice/address.hpp"
#include "coppice/detail/reply.hpp"
#include "process/answers.hpp"
#include "process/caller.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

[[gnu::cold, gnu::noinline]] void refuse_foreign_thread() noexcept {
    if (!base::acts_without_caller()) {
        detail::broken_contract(
            "a process function was called outside of a process: use the members of "
            "coppice::runtime there");
    }
}

[[gnu::cold, gnu::noinline]] void refuse_wait_outside() noexcept {
    detail::broken_contract("a coroutine of a process was resumed outside of the process's turn");
}

[[gnu::cold, gnu::noinline]] void refuse_outside(detail::runtime_core* world, const pid& dead,
                                                 detail::signal* refused) {
    if (world != nullptr) {
        refuse(*world, dead, refused);
    } else {
        destroy_signal(refused);
    }
}

}  // namespace coppice::process_layer

namespace coppice::detail {

void refuse_second_await(const char* what) {
    throw std::logic_error{std::string{what} + " may be awaited only once: create another one"};
}

void destroy_without_caller(void (*destroy)(void*), void* what) noexcept {
    const base::without_caller_outside here;
    destroy(what);
}

bool in_process() noexcept {
    return base::current_process() != nullptr;
}

bool is_ending() noexcept {
    process* const here = base::current_process();
    return here != nullptr && here->is_doomed();
}

runtime_core& current_runtime() {
    return process_layer::calling_process().world();
}

[[gnu::noinline]] pid current_pid() {
    const process* const here = process_layer::process_of_turn();
    return here == nullptr ? pid{} : here->self();
}

std::uint64_t new_tag() {
    const process* here = process_layer::process_here();
    return here == nullptr ? 0 : here->world().new_tag();
}

nanoseconds time_after(nanoseconds time) {
    return time == forever ? forever : time::deadline_after(now(), time);
}

nanoseconds time_until(nanoseconds point) {
    return point == forever ? forever : std::max(nanoseconds::zero(), point - now());
}

nanoseconds now() {
    const process* here = process_layer::process_here();
    return here == nullptr ? nanoseconds::zero() : here->world().scheduler().clock().now();
}

namespace {

/// Read and written between suspensions only, by functions that are inlined into no coroutine.
constinit thread_local const mailbox_limit* limit_for_next = nullptr;

}  // namespace

limit_of_next_child::limit_of_next_child(const mailbox_limit& given) noexcept {
    limit_for_next = &given;
}

limit_of_next_child::~limit_of_next_child() {
    limit_for_next = nullptr;
}

[[gnu::noinline]] pid spawn_child_function(std::unique_ptr<body> what) {
    return spawn_process(std::move(what),
                         {.link = true, .limit = std::exchange(limit_for_next, nullptr)});
}

[[gnu::noinline]] pid spawn_process(std::unique_ptr<body> what, spawn_request how) {
    process* const here = process_layer::process_of_turn();
    if (here == nullptr) {
        return {};
    }
    // `what` outlives the hold: a refused body is destroyed outside
    const process_layer::caller parent{*here};
    return parent ? here->world().spawn(std::move(what), here, how) : pid{};
}

pid spawn_process(runtime_core& world, std::unique_ptr<body> what, spawn_request how) {
    const base::without_caller_outside here;
    std::unique_ptr<body> taken = std::move(what);  // a refused body is destroyed in this scope
    return world.spawn(std::move(taken), nullptr, how);
}

// Functions that read the turn of the thread are inlined into no coroutine, see base/turn.hpp.

[[gnu::noinline]] void deliver(const pid& to, signal* sent) {
    process_layer::send_prepared(
        to, sent, [sent](const process_layer::caller& me) { sent->from = me->self(); });
}

message_node* taken_from(any_message&& forwarded) {
    if (!forwarded) {
        throw std::invalid_argument{
            "send: this any_message is empty, because the message was sent or moved from"};
    }
    return forwarded.release();
}

[[gnu::noinline]] void forward(const pid& to, owned_message sent) {
    if (sent->kind != signal_kind::call) {
        deliver(to, sent.release());
        return;
    }
    signal* const call = sent.release();
    process_layer::send_prepared(to, call, [call](const process_layer::caller& me) {
        // The caller now depends on the life of the new receiver.
        me->own_bonds().forget_watcher(call->tag);
    });
}

void deliver_from_outside(runtime_core& world, const pid& to, signal* sent) {
    const bool may_wait = base::current_process() == nullptr && !base::acts_without_caller();
    const base::without_caller_outside here;
    if (may_wait && process_layer::waited_for_room(world, to, *sent)) {
        return;
    }
    world.deliver(to, sent);
}

namespace {

send_status status_of(process_layer::receipt got) noexcept {
    switch (got.how) {
        case process_layer::sent::taken:
        case process_layer::sent::remote:
            return send_status::sent;
        case process_layer::sent::full:
            return send_status::full;
        case process_layer::sent::dropped:
            return send_status::dropped;
        case process_layer::sent::dead:
            break;
    }
    return send_status::gone;
}

}  // namespace

[[gnu::noinline]] send_status try_deliver(const pid& to, owned_message& message) {
    process* const here = process_layer::process_of_turn();
    if (here == nullptr) {
        return send_status::gone;
    }
    const process_layer::caller me{*here};
    if (!me) {
        return send_status::gone;
    }
    message->from = me->self();
    const process_layer::receipt got = me.offer_if_room(to, *message);
    if (got.is_accepted()) {
        static_cast<void>(message.release());
    }
    return status_of(got);
}

send_status try_deliver_from_outside(runtime_core& world, const pid& to, owned_message& message) {
    const base::without_caller_outside here;
    const process_layer::receipt got = world.to_pids().offer_if_room(to, *message);
    if (got.is_accepted()) {
        static_cast<void>(message.release());
    } else if (got.how != process_layer::sent::full) {
        message.reset();  // in this scope
    }
    return status_of(got);
}

bool is_alive_now(const pid& who) {
    const process* here = process_layer::process_here();
    return here != nullptr && here->world().is_open(who);
}

void run_task(task<> root) {
    process_layer::calling_process().run_task(std::move(root));
}

[[gnu::noinline]] void end_process(exit_reason why) {
    process* const here = base::this_turn.whose;
    if (here == nullptr) [[unlikely]] {
        process_layer::refuse_wait_outside();
    }
    here->end(std::move(why));
}

pid whereis_name(std::string_view name) {
    const process* here = process_layer::process_here();
    return here == nullptr ? pid{} : here->world().names().find(name);
}

pid named_receiver(std::string_view name) {
    const pid named = whereis_name(name);
    if (const process_layer::caller me; me && !named) {
        me.refuse(badarg_error{"send: no process is registered as \"" + std::string{name} + "\""});
    }
    return named;
}

pid receiver_at(const address& to) {
    if (to.is_name()) {
        return named_receiver(to.name());
    }
    const pid found = to.whereis();
    if (const process_layer::caller me; me && !found && to.is_via()) {
        me.refuse(badarg_error{"send: no process is registered as " + to_string(to)});
    }
    return found;
}

pid whereis_name(runtime_core& world, std::string_view name) {
    return world.names().find(name);
}

void monitor_for_wait(const pid& target, std::uint64_t tag) {
    auto* asked = new process_layer::monitor_signal{nullptr};
    asked->tag = tag;
    asked->flag = true;
    deliver(target, asked);
}

end_request::end_request(exit_reason why, std::optional<exit_reason> why_then)
    : monitor_{new process_layer::monitor_signal{nullptr}},
      first_{new process_layer::exit_signal{signal_kind::exit, std::move(why)}},
      second_{why_then ? new process_layer::exit_signal{signal_kind::exit, std::move(*why_then)}
                       : nullptr} {
    monitor_->flag = true;
}

void end_request::send(const pid& target, std::uint64_t tag) {
    monitor_->tag = tag;
    deliver(target, monitor_.release());
    deliver(target, first_.release());
    if (second_) {
        deliver(target, second_.release());
    }
}

void demonitor_for_wait(const pid& target, std::uint64_t tag) noexcept {
    try {
        auto* told =
            with_reserve([] { return new process_layer::plain_signal{signal_kind::demonitor}; });
        told->tag = tag;
        deliver(target, told);
    } catch (const std::bad_alloc&) {
        return;
    }
}

void forget_watcher(std::uint64_t tag) {
    if (const process_layer::caller me; me) {
        me->own_bonds().forget_watcher(tag);
    }
}

owned_message take_exit_message(const pid& from) {
    return process_layer::calling_process().take_exit_message(from);
}

std::vector<owned_message> take_exit_messages() {
    return process_layer::calling_process().take_exit_messages();
}

owned_message take_tagged(std::span<const std::uint64_t> tags) {
    return process_layer::calling_process().take_tagged(tags);
}

std::size_t scheduler_threads() {
    const process* here = process_layer::process_here();
    return here == nullptr ? 1 : here->world().scheduler().shard_count();
}

}  // namespace coppice::detail
