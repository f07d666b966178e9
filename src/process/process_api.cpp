// SPDX-License-Identifier: Apache-2.0
// The functions of coppice/process.hpp, which programs call. Questions to a process are in process_info.cpp.

#include "coppice/process.hpp"

#include <exception>
#include <utility>

#include "process/caller.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice {

using detail::process;
using detail::runtime_core;
using process_layer::caller;

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
        me.deliver(to, new process_layer::exit_signal{detail::signal_kind::exit, why});
        me->world().release_follower(to);
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
    process* const here = process_layer::process_here();
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
        return "the name is not allowed; give a name that is not empty or undefined";
    }
    if (world.to_pids().is_elsewhere(who)) {
        return "the process is of another node";
    }
    if (!world.to_pids().mark_named(who)) {
        return "the process has ended";
    }
    switch (world.names().give(name, who)) {
        case process_layer::name_table::result::name_taken:
            return "the name is taken by " + to_string(world.names().find(name));
        case process_layer::name_table::result::already_named:
            return "the process is already registered as \"" + world.names().name_of(who) + "\"";
        case process_layer::name_table::result::ok:
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
    const process* here = process_layer::process_here();
    return here == nullptr ? std::vector<std::string>{} : here->world().names().all();
}

std::vector<pid> processes() {
    const process* here = process_layer::process_here();
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

// Inlined into no coroutine, see base/turn.hpp.
[[gnu::noinline]] bool due_yield_awaiter::await_ready() const {
    const base::turn& here = base::this_turn;
    return here.whose == nullptr ? process_layer::process_here() == nullptr
                                 : !here.whose->has_spent(here.ends_at);
}

void yield_awaiter::await_suspend(detail::suspended here) const {
    process_layer::calling_process().give_way(here);
}

}  // namespace coppice
