// SPDX-License-Identifier: Apache-2.0
// The public functions of a process, and what the templates of the public headers need.

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"
#include "process/turn.hpp"

namespace coppice {
namespace detail {
namespace {

process& calling_process() {
    process* running = current_process();
    if (running == nullptr) {
        broken_contract(
            "a process function was called outside of a process: use the members of "
            "coppice::runtime "
            "there");
    }
    return *running;
}

void deliver_from(process& sender, const pid& to, signal* sent) {
    const custody::hold held = sender.inside();
    if (!held) {
        destroy_signal(sent);
        return;
    }
    sent->from = sender.self();
    sender.spend_on(sender.world().deliver(to, sent));
}

}  // namespace

void broken_contract(const char* what) {
    std::fprintf(stderr, "coppice: %s\n", what);
    std::abort();
}

void refuse_second_await(const char* what) {
    throw std::logic_error{std::string{what} + " is awaited once: make another one"};
}

body& current_body() {
    return calling_process().running_body();
}

bool in_process() noexcept {
    return current_process() != nullptr;
}

bool is_ending() noexcept {
    return calling_process().is_doomed();
}

runtime_core& current_world() {
    return calling_process().world();
}

pid current_pid() {
    return calling_process().self();
}

std::uint64_t new_tag() {
    return current_world().new_tag();
}

nanoseconds now() {
    return current_world().scheduler().clock().now();
}

pid spawn_process(std::unique_ptr<body> what, spawn_request how) {
    process& parent = calling_process();
    const custody::hold held = parent.inside();
    if (!held) {
        throw process_exit{reason::killed};  // the dead have no children
    }
    return parent.world().spawn(std::move(what), &parent, how);
}

pid spawn_process(runtime_core& world, std::unique_ptr<body> what, spawn_request how) {
    return world.spawn(std::move(what), nullptr, how);
}

void deliver(const pid& to, signal* sent) {
    deliver_from(calling_process(), to, sent);
}

void deliver_from_outside(runtime_core& world, const pid& to, signal* sent) {
    world.deliver(to, sent);
}

bool is_alive_now(const pid& who) {
    return current_world().is_open(who);
}

void run_task(task<> root) {
    calling_process().run_task(std::move(root));
}

void end_process(exit_reason why) {
    calling_process().end(std::move(why));
}

pid whereis_name(std::string_view name) {
    return current_world().names().find(name);
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
    calling_process().forget_watcher(tag);
}

owned_message take_exit_message(const pid& from) {
    return calling_process().take_exit_message(from);
}

std::vector<owned_message> take_exit_messages() {
    return calling_process().take_exit_messages();
}

// The one place where a wait begins: first it is registered, then its timer starts, and then the
// caller starts what answers.
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
        try {
            timer_ = start_tag_timer(timeout, tag_);
        } catch (...) {
            finish();
            throw;
        }
    }
}

void waiter::finish() noexcept {
    if (owner_ == nullptr) {
        return;
    }
    if (timer_ != 0) {
        cancel_tag_timer(owner_->world(), std::exchange(timer_, 0));
    }
    owner_->forget_wait(*this);
}

}  // namespace detail

using detail::calling_process;
using detail::process;
using detail::runtime_core;

void exit(exit_reason why) {
    throw detail::process_exit{std::move(why)};
}

void exit(const pid& to, exit_reason why) {
    process& self = calling_process();
    if (to == self.self() && self.dies_of_own_signal(why)) {
        if (const detail::custody::hold held = self.inside()) {
            self.doom(why == reason::kill ? reason::killed : why);
        }
        throw detail::process_exit{std::move(why)};  // unwinds; the reason is settled above
    }
    detail::deliver(to, new detail::exit_signal{detail::signal_kind::exit, std::move(why)});
    self.world().rouse(to);
}

void link(const pid& to) {
    process& self = calling_process();
    if (to != self.self() && !self.traps_exits() && !self.world().is_open(to)) {
        throw noproc_error{"link: " + to_string(to) + " has ended"};
    }
    self.link_to(to);
}

void unlink(const pid& from) {
    calling_process().unlink_from(from);
}

namespace {

ref monitor_process(const pid& target, detail::name_if_any name) {
    process& self = calling_process();
    const std::uint64_t tag = self.world().new_tag();
    if (target == self.self()) {
        return ref{tag};  // never fires
    }
    self.monitor(tag, target, std::move(name));
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
    process& self = calling_process();
    if (self.unwatch(which.value())) {
        return true;
    }
    if (option == demonitor_option::flush) {
        self.take_down_message(which.value());
    }
    return false;
}

bool trap_exit(bool on) {
    return calling_process().trap_exit(on);
}

priority_level priority(priority_level level) {
    static_assert(static_cast<int>(sched::rank::low) == static_cast<int>(priority_level::low) &&
                  static_cast<int>(sched::rank::max) == static_cast<int>(priority_level::max));
    return static_cast<priority_level>(calling_process().urgency.exchange(
        static_cast<sched::rank>(level), std::memory_order_relaxed));
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

void register_name(std::string_view name, const pid& who) {
    runtime_core& world = detail::current_world();
    const std::string shown =
        "register_name(\"" + std::string{name} + "\", " + to_string(who) + "): ";
    if (name.empty() || name == "undefined") {
        throw badarg_error{shown +
                           "the name is not allowed; give one that is not empty or undefined"};
    }
    process* slot = world.slot_of(who);
    if (slot == nullptr || slot->is_dying(who.generation())) {
        throw badarg_error{shown + "the process has ended"};
    }
    slot->mark_named();
    switch (world.names().give(name, who)) {
        case detail::name_table::result::name_taken:
            throw badarg_error{shown + "the name is taken by " + to_string(whereis(name))};
        case detail::name_table::result::already_named:
            throw badarg_error{shown + "the process is already registered as \"" +
                               world.names().name_of(who) + "\""};
        case detail::name_table::result::ok:
            break;
    }
    if (slot->is_dying(who.generation())) {
        world.names().take_from(who);
        throw badarg_error{shown + "the process has ended"};
    }
    world.emit(base::event_kind::named, who, {}, name);
}

void unregister_name(std::string_view name) {
    runtime_core& world = detail::current_world();
    const pid who = world.names().take(name);
    if (!who) {
        throw badarg_error{"unregister_name: no process is registered as \"" + std::string{name} +
                           "\""};
    }
    world.emit(base::event_kind::unnamed, who, {}, name);
}

std::vector<std::string> registered() {
    return detail::current_world().names().all();
}

std::vector<pid> processes() {
    return detail::current_world().processes();
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
    if (here.whose == nullptr) {
        calling_process();  // says that there is none
    }
    return !here.whose->has_spent(here.ends_at);
}

void yield_awaiter::await_suspend(detail::suspended here) const {
    calling_process().give_way(here);
}

}  // namespace coppice
