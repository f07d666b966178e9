// SPDX-License-Identifier: Apache-2.0

#include "process/runtime_core.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/node_number.hpp"
#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/runtime.hpp"
#include "platform/guarded.hpp"
#include "platform/process_namer.hpp"
#include "process/crash_boundary.hpp"
#include "process/runtimes.hpp"
#include "process/timers.hpp"

namespace coppice::detail {
namespace {

/// For the report of a broken contract. Allocates nothing: the contract may be one of the allocator.
std::size_t name_of_process(char* out, std::size_t room) noexcept {
    const process* const here = base::current_process();
    if (here == nullptr) {
        return 0;
    }
    const pid who = here->self();
    const int length =
        std::snprintf(out, room, "<0.%u.%u>", unsigned{who.index()}, unsigned{who.generation()});
    return length > 0 ? static_cast<std::size_t>(length) : 0;
}

bool has_bonds(const spawn_request& how) noexcept {
    return how.link || how.monitor_tag != 0 || how.second_monitor_tag != 0;
}

}  // namespace

runtime_core::runtime_core(std::unique_ptr<sched::scheduler> scheduler, base::report_sink* reports,
                           base::event_sink* events, settings chosen)
    : node_{base::number_of_new_runtime()},
      settings_{chosen},
      scheduler_{std::move(scheduler)},
      reports_{reports},
      events_{events},
      tags_(std::min(scheduler_->lane_count(), lanes_max)),
      recorder_{node_, *scheduler_, chosen.simulated, chosen.events_kept},
      route_{*this, node_, chosen.first_generation} {
    process_layer::out_of_memory();  // made now, while there is memory
    platform::name_processes_by(&name_of_process);
}

// Destructors of the remaining objects act for no process. Processes go first, since
// processes use the timers.
runtime_core::~runtime_core() {
    const base::without_caller here;
    process_layer::forget(*this);
    route_.table().clear();
    scheduler_.reset();
}

std::uint64_t runtime_core::new_tag() noexcept {
    // The lane decides, not the process on this thread, which may be of another runtime: the lanes of all
    // runtimes have the same numbers.
    return new_tag(scheduler_->local_lane());
}

[[gnu::cold, gnu::noinline]] std::uint64_t runtime_core::new_outside_tag() noexcept {
    return (outside_tags_.fetch_add(1, std::memory_order_relaxed) + 1) |
           (std::uint64_t{lanes_max} << tag_lane_at);
}

void runtime_core::simulate(sched::sim_scheduler& scheduler, signal_delays delays) {
    channels_ = std::make_unique<process_layer::channels>(*this, scheduler, delays);
    route_.open(*channels_);
    if (delays == signal_delays::per_pair) {
        scheduler.let_timers_cross();
    }
}

pid runtime_core::spawn(std::unique_ptr<body>&& what, process* parent, const spawn_request& how) {
    return parent == nullptr ? spawn_root(std::move(what), how)
                             : spawn_child(std::move(what), *parent, how);
}

[[gnu::always_inline]] inline pid runtime_core::begin_life(process& begun,
                                                           std::unique_ptr<body>&& what,
                                                           const process* parent,
                                                           const process_layer::ancestry& ancestors,
                                                           bool is_bounded) noexcept {
    const pid id = begun.self();
    begun.born_at(
        recorder_.started(begun.life_number(), parent == nullptr ? 0 : parent->life_number()));
    begun.be_born(std::move(what), ancestors, is_bounded);
    if (wants_events()) {
        emit(base::event_kind::spawned, id, parent == nullptr ? pid{} : parent->self());
    }
    begun.begin();
    return id;
}

// All steps that may fail come first, then the birth.

pid runtime_core::spawn_root(std::unique_ptr<body>&& what, const spawn_request& how) {
    process& child = table().claim();
    const platform::scoped_lock lock{
        roots_mutex_};  // until the child is open: else a sweep removes it
    try {
        if (how.monitor_tag != 0) {
            child.own_bonds().watched_by(how.monitor_tag, outside_pid(), false);
        }
        if (how.limit != nullptr) {
            bounds_.add(child.index(), *how.limit);
        }
        add_root(child.self());
    } catch (...) {
        forget_bound(child);
        child.be_stillborn();
        throw;
    }
    return begin_life(child, std::move(what), nullptr, {}, how.limit != nullptr);
}

pid runtime_core::spawn_child(std::unique_ptr<body>&& what, process& parent,
                              const spawn_request& how) {
    const process_layer::ancestry& ancestors = parent.ancestry_of_children();
    process& child = table().claim();
    try {
        if (has_bonds(how)) {
            tie(child, parent, how);
        }
        if (how.limit != nullptr) {
            bounds_.add(child.index(), *how.limit);
        }
    } catch (...) {
        parent.own_bonds().forget_link(child.self());
        parent.own_bonds().unwatch(how.monitor_tag);
        parent.own_bonds().unwatch(how.second_monitor_tag);
        child.be_stillborn();
        throw;
    }
    return begin_life(child, std::move(what), &parent, ancestors, how.limit != nullptr);
}

void runtime_core::forget_bound(process& stillborn) noexcept {
    bounds_.remove(stillborn.index());
}

/// Sets up the links and monitors with which a child begins.
void runtime_core::tie(process& child, process& parent, const spawn_request& how) {
    const pid id = child.self();
    process_layer::bonds& of_child = child.own_bonds();
    process_layer::bonds& of_parent = parent.own_bonds();
    if (how.link) {
        of_child.link_from(parent.self());
        of_parent.link_from(id);
    }
    if (how.monitor_tag != 0) {
        of_child.watched_by(how.monitor_tag, parent.self(), how.monitor_to_waiter);
        if (!how.monitor_to_waiter) {
            of_parent.watch(how.monitor_tag, id);
        }
    }
    if (how.second_monitor_tag != 0) {
        of_child.watched_by(how.second_monitor_tag, parent.self(), false);
        of_parent.watch(how.second_monitor_tag, id);
    }
}

/// Removes ended processes when the list has doubled since the last sweep. So each entry is looked at about
/// twice, however long the list is.
void runtime_core::add_root(const pid& added) {
    if (roots_.size() >= roots_to_sweep_) {
        std::erase_if(roots_, [&](const pid& root) { return !is_open(root); });
        roots_to_sweep_ = std::max(roots_to_sweep_min, 2 * roots_.size());
    }
    roots_.push_back(added);
}

std::vector<pid> runtime_core::roots() const {
    const platform::scoped_lock lock{roots_mutex_};
    return roots_;
}

void runtime_core::request_stop(process_layer::stop_wish wish) {
    {
        const platform::scoped_lock lock{why_to_stop_mutex_};
        if (!stop_requested_.load(std::memory_order_relaxed)) {
            why_to_stop_ = std::move(wish);
        }
        // Release: pairs with the acquire of `unless` in outside_answer::wait(), to which run()
        // passes it.
        stop_requested_.store(true, std::memory_order_release);
    }
    outside_.wake_waiters();
}

process_layer::stop_wish runtime_core::why_to_stop() const {
    COPPICE_EXPECTS(stop_requested_.load(std::memory_order_relaxed),
                    "ask for the wish after a stop was requested");
    const platform::scoped_lock lock{why_to_stop_mutex_};
    return why_to_stop_;
}

/// An end that is not quiet counts as a crash. Without memory for the name, the name is left out.
void runtime_core::note_end(const pid& who, bool named, const exit_reason& why) noexcept {
    if (!why.is_quiet()) {
        crashes_.fetch_add(1, std::memory_order_relaxed);
    }
    if (!named) {
        recorder_.note(process_layer::life_event::exit, who, {}, {}, why);
        return;
    }
    std::string name;
    try {
        name = names_.name_of(who);
    } catch (const std::bad_alloc&) {
        name.clear();
    }
    recorder_.note(process_layer::life_event::exit, who, {}, name, why);
}

void runtime_core::note_restart(const pid& started, const pid& supervisor, std::string_view child,
                                const exit_reason& last) noexcept {
    restarts_.fetch_add(1, std::memory_order_relaxed);
    recorder_.note(process_layer::life_event::restart, started, supervisor, child, last);
}

void runtime_core::note_give_up(const pid& supervisor, const pid& parent,
                                std::string_view child) noexcept {
    recorder_.note(process_layer::life_event::give_up, supervisor, supervisor, child,
                   reason::shutdown);
    const bool has_supervisor = route_.is_supervisor(parent) && route_.is_open(parent);
    if (!has_supervisor && on_final_give_up_) {
        on_final_give_up_();
    }
}

void runtime_core::publish(report_level level, const pid& from, report::body_type body) noexcept {
    recorder_.note(from, level, body);
    reports_->publish({level, scheduler_->clock().wall_time(), from, std::move(body)});
}

void runtime_core::publish_always(report_level level, const pid& from,
                                  report::body_type body) noexcept {
    recorder_.note(from, level, body);
    reports_->publish_always({level, scheduler_->clock().wall_time(), from, std::move(body)});
}

void runtime_core::publish_line(report&& line, bool always) noexcept {
    recorder_.note(line.process, line.level, line.body);
    if (always) {
        reports_->publish_always(std::move(line));
    } else {
        reports_->publish(std::move(line));
    }
}

void runtime_core::exit_now(const pid& to, const exit_reason& why) {
    auto* const sent = new process_layer::exit_signal{signal_kind::exit, why};
    sent->from = outside_pid();  // a sender without a channel: the signal overtakes none of its own
    emit_signal(base::event_kind::sent, sent->from, to, sent);
    if (!route_.arrive(to, *sent)) {
        destroy_signal(sent);
    }
}

bool runtime_core::is_open(const pid& who) const noexcept {
    return route_.is_open(who);
}

}  // namespace coppice::detail
