// SPDX-License-Identifier: Apache-2.0
// The public functions of a process, and functions for the templates of the public headers.

#include <exception>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/answers.hpp"
#include "process/caller.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice {
namespace detail {

[[gnu::cold, gnu::noinline]] void require_nobody() noexcept {
    if (!acts_for_nobody()) {
        broken_contract(
            "a process function was called outside of a process: use the members of "
            "coppice::runtime "
            "there");
    }
}

namespace {

/// For functions that only bodies and awaitables call, in the turn of a process.
process& calling_process() {
    process* running = current_process();
    if (running == nullptr) {
        broken_contract("something of a process was resumed outside of its turn");
    }
    return *running;
}

}  // namespace

void refuse_second_await(const char* what) {
    throw std::logic_error{std::string{what} + " is awaited once: make another one"};
}

void destroy_for_nobody(void (*destroy)(void*), void* what) noexcept {
    const for_nobody_outside here;
    destroy(what);
}

bool in_process() noexcept {
    return current_process() != nullptr;
}

bool is_ending() noexcept {
    process* const here = current_process();
    return here != nullptr && here->is_doomed();
}

runtime_core& current_runtime() {
    return calling_process().world();
}

pid current_pid() {
    const process* here = process_here();
    return here == nullptr ? pid{} : here->self();
}

std::uint64_t new_tag() {
    const process* here = process_here();
    return here == nullptr ? 0 : here->world().new_tag();
}

nanoseconds time_after(nanoseconds time) {
    return time::deadline_after(now(), time);
}

nanoseconds now() {
    const process* here = process_here();
    return here == nullptr ? nanoseconds::zero() : here->world().scheduler().clock().now();
}

pid spawn_process(std::unique_ptr<body> what, spawn_request how) {
    const caller parent;  // `what` outlives the hold: a refused body is destroyed outside
    return parent ? parent->world().spawn(std::move(what), &*parent, how) : pid{};
}

pid spawn_process(runtime_core& world, std::unique_ptr<body> what, spawn_request how) {
    const for_nobody_outside here;
    std::unique_ptr<body> taken = std::move(what);  // a refused body is destroyed in this scope
    return world.spawn(std::move(taken), nullptr, how);
}

[[gnu::cold, gnu::noinline]] void refuse_outside(runtime_core* world, const pid& dead,
                                                 signal* refused) {
    if (world != nullptr) {
        refuse(*world, dead, refused);
    } else {
        destroy_signal(refused);
    }
}

void deliver(const pid& to, signal* sent) {
    send_prepared(to, sent, [sent](const caller& me) { sent->from = me->self(); });
}

message_node* taken_from(any_message&& forwarded) {
    if (!forwarded) {
        throw std::invalid_argument{
            "send: this any_message is empty; it has been sent on or moved from"};
    }
    return forwarded.release();
}

void forward(const pid& to, owned_message sent) {
    if (sent->kind != signal_kind::call) {
        deliver(to, sent.release());
        return;
    }
    signal* const call = sent.release();
    send_prepared(to, call, [call](const caller& me) {
        me->forget_watcher(call->tag);  // the caller now depends on the new receiver's life
    });
}

void deliver_from_outside(runtime_core& world, const pid& to, signal* sent) {
    const for_nobody_outside here;
    world.deliver(to, sent);
}

bool is_alive_now(const pid& who) {
    const process* here = process_here();
    return here != nullptr && here->world().is_open(who);
}

void run_task(task<> root) {
    calling_process().run_task(std::move(root));
}

void end_process(exit_reason why) {
    calling_process().end(std::move(why));
}

pid whereis_name(std::string_view name) {
    const process* here = process_here();
    return here == nullptr ? pid{} : here->world().names().find(name);
}

pid named_receiver(std::string_view name) {
    const pid named = whereis_name(name);
    if (const caller me; me && !named) {
        me.refuse(badarg_error{"send: no process is registered as \"" + std::string{name} + "\""});
    }
    return named;
}

pid whereis_name(runtime_core& world, std::string_view name) {
    return world.names().find(name);
}

void monitor_for_wait(const pid& target, std::uint64_t tag) {
    auto* asked = new monitor_signal{nullptr};
    asked->tag = tag;
    asked->flag = true;
    deliver(target, asked);
}

end_request::end_request(exit_reason why, std::optional<exit_reason> why_then)
    : monitor_{new monitor_signal{nullptr}},
      first_{new exit_signal{signal_kind::exit, std::move(why)}},
      second_{why_then ? new exit_signal{signal_kind::exit, std::move(*why_then)} : nullptr} {
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
        auto* told = with_reserve([] { return new plain_signal{signal_kind::demonitor}; });
        told->tag = tag;
        deliver(target, told);
    } catch (const std::bad_alloc&) {
        return;
    }
}

void forget_watcher(std::uint64_t tag) {
    if (const caller me; me) {
        me->forget_watcher(tag);
    }
}

owned_message take_exit_message(const pid& from) {
    return calling_process().take_exit_message(from);
}

std::vector<owned_message> take_exit_messages() {
    return calling_process().take_exit_messages();
}

// Every wait begins here. The order: the wait is registered, the timer starts, and then the awaitable starts
// the awaited operation.
void waiter::begin(std::coroutine_handle<> here, nanoseconds timeout, bool is_answered) {
    process& self = calling_process();
    owner_ = &self;
    resumes = here;
    polls = timeout <= nanoseconds::zero();
    const bool is_timed = !polls && timeout != forever;
    if (is_timed || is_answered) {
        tag_ = self.world().new_tag();
    }
    self.wait_on(*this);
    if (is_timed) {
        begin_timer(timeout);
    }
}

[[gnu::noinline]] void waiter::begin_timer(nanoseconds timeout) {
    try {
        timer_ = start_tag_timer(timeout, tag_);
    } catch (...) {
        finish();
        throw;
    }
}

void waiter::end_timer() noexcept {
    if (timer_ != 0) {
        cancel_tag_timer(owner_->world(), std::exchange(timer_, 0));
    }
}

void waiter::finish() noexcept {
    COPPICE_EXPECTS(owner_ != nullptr, "finish a wait that has begun");
    end_timer();
    owner_->forget_wait(*this);
}

}  // namespace detail

using detail::caller;
using detail::process;
using detail::runtime_core;

std::string to_string(const exit_message& m) {
    return "{'EXIT'," + to_string(m.from) + "," + to_string(m.why) + "}";
}

std::string to_string(const down_message& m) {
    return "{'DOWN'," + to_string(m.monitor) + ",process," +
           (m.name.empty() ? to_string(m.process) : m.name) + "," + to_string(m.why) + "}";
}

void exit(exit_reason why) {
    throw detail::process_exit{std::move(why)};
}

namespace {

/// Dooms the calling process if the exit signal is to the process itself and fatal; else sends the signal.
/// True if the caller has to throw.
bool dies_of_own_exit(const caller& me, const pid& to, const exit_reason& why) {
    if (to != me->self() || !me->dies_of_own_signal(why)) {
        me.deliver(to, new detail::exit_signal{detail::signal_kind::exit, why});
        me->world().rouse(to);
        return false;
    }
    me->doom(why == reason::kill ? reason::killed : why);
    // A destructor may not throw: then the process ends without unwinding from here.
    return !me->has_ended() && std::uncaught_exceptions() == 0;
}

}  // namespace

void exit(const pid& to, exit_reason why) {
    if (const caller me; !me || !dies_of_own_exit(me, to, why)) {
        return;
    }
    throw detail::process_exit{std::move(why)};  // unwinds; the reason is settled above
}

void link(const pid& to) {
    const caller me;
    if (!me) {
        return;
    }
    if (to != me->self() && !me->traps_exits() && me->world().to_pids().knows_ended(to)) {
        me.refuse(noproc_error{"link: " + to_string(to) + " has ended"});
        return;
    }
    me->link_to(to);
}

void unlink(const pid& from) {
    if (const caller me; me) {
        me->unlink_from(from);
    }
}

namespace {

ref monitor_process(const pid& target, detail::name_if_any name) {
    const caller me;
    if (!me) {
        return {};
    }
    const std::uint64_t tag = me->world().new_tag();
    if (target == me->self()) {
        return ref{tag};  // never fires
    }
    me->monitor(tag, target, std::move(name));
    return ref{tag};
}

}  // namespace

ref monitor(const pid& target) {
    return monitor_process(target, nullptr);
}

ref monitor(std::string_view name) {
    return monitor_process(whereis(name), std::make_unique<std::string>(name));
}

bool demonitor(ref which, demonitor_option option) {
    process* const here = detail::process_here();
    if (here == nullptr || which.node() != 0) {
        return false;
    }
    const bool was_active = here->unwatch(which.value());
    if (!was_active && option == demonitor_option::flush) {
        here->take_down_message(which.value());
    }
    return was_active;
}

bool trap_exit(bool on) {
    const caller me;
    return me && me->trap_exit(on);
}

priority_level priority(priority_level level) {
    static_assert(static_cast<int>(sched::rank::low) == static_cast<int>(priority_level::low) &&
                  static_cast<int>(sched::rank::max) == static_cast<int>(priority_level::max));
    const caller me;
    return me ? static_cast<priority_level>(me->urgency.exchange(static_cast<sched::rank>(level),
                                                                 std::memory_order_relaxed))
              : priority_level::normal;
}

std::string_view to_string(priority_level level) {
    switch (level) {
        case priority_level::low:
            return "low";
        case priority_level::normal:
            return "normal";
        case priority_level::high:
            return "high";
        case priority_level::max:
            return "max";
    }
    return "?";
}

namespace {

/// Gives the name. Returns an error text, empty on success.
std::string give_name(runtime_core& world, std::string_view name, const pid& who) {
    if (name.empty() || name == "undefined") {
        return "the name is not allowed; give one that is not empty or undefined";
    }
    if (world.to_pids().is_elsewhere(who)) {
        return "the process is of another node";
    }
    if (!world.to_pids().mark_named(who)) {
        return "the process has ended";
    }
    switch (world.names().give(name, who)) {
        case detail::name_table::result::name_taken:
            return "the name is taken by " + to_string(world.names().find(name));
        case detail::name_table::result::already_named:
            return "the process is already registered as \"" + world.names().name_of(who) + "\"";
        case detail::name_table::result::ok:
            break;
    }
    if (world.to_pids().is_dying(who)) {
        world.names().take_from(who);
        return "the process has ended";
    }
    world.emit(base::event_kind::named, who, {}, name);
    return {};
}

}  // namespace

void register_name(std::string_view name, const pid& who) {
    const caller me;
    if (!me) {
        return;
    }
    if (const std::string wrong = give_name(me->world(), name, who); !wrong.empty()) {
        me.refuse(badarg_error{"register_name(\"" + std::string{name} + "\", " + to_string(who) +
                               "): " + wrong});
    }
}

void unregister_name(std::string_view name) {
    const caller me;
    if (!me) {
        return;
    }
    if (const pid who = me->world().names().take(name)) {
        me->world().emit(base::event_kind::unnamed, who, {}, name);
    } else {
        me.refuse(badarg_error{"unregister_name: no process is registered as \"" +
                               std::string{name} + "\""});
    }
}

std::vector<std::string> registered() {
    const process* here = detail::process_here();
    return here == nullptr ? std::vector<std::string>{} : here->world().names().all();
}

std::vector<pid> processes() {
    const process* here = detail::process_here();
    return here == nullptr ? std::vector<pid>{} : here->world().processes();
}

std::string_view to_string(process_status status) {
    switch (status) {
        case process_status::running:
            return "running";
        case process_status::runnable:
            return "runnable";
        case process_status::waiting:
            return "waiting";
    }
    return "?";
}

bool due_yield_awaiter::await_ready() const {
    const detail::turn& here = detail::turn_here();
    return here.whose == nullptr ? detail::process_here() == nullptr
                                 : !here.whose->has_spent(here.ends_at);
}

void yield_awaiter::await_suspend(detail::suspended here) const {
    detail::calling_process().give_way(here);
}

}  // namespace coppice
