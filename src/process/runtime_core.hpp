// SPDX-License-Identifier: Apache-2.0
// What a runtime owns, for the layers that work in it.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "base/event_sink.hpp"
#include "base/report_sink.hpp"
#include "process/channels.hpp"
#include "process/name_table.hpp"
#include "process/outside_waits.hpp"
#include "process/overruns.hpp"
#include "process/process.hpp"
#include "process/process_table.hpp"
#include "sched/scheduler.hpp"

namespace coppice::detail {

class runtime_core : public std::enable_shared_from_this<runtime_core> {
  public:
    struct settings {
        unsigned turn_budget = 500;  ///< Resumptions and sends of a process in one turn.
        bool capture_stacks = true;
        bool sample_stuck_stacks = true;
        std::uint32_t first_generation = 1;  ///< Of every slot. Not 0.
    };

    runtime_core(std::unique_ptr<sched::scheduler> scheduler, base::report_sink* reports,
                 base::event_sink* events, settings chosen);
    ~runtime_core();
    runtime_core(const runtime_core&) = delete;
    runtime_core& operator=(const runtime_core&) = delete;

    std::uint32_t node() const noexcept { return node_; }
    const settings& chosen() const noexcept { return settings_; }
    sched::scheduler& scheduler() noexcept { return *scheduler_; }
    process_table& table() noexcept { return table_; }
    name_table& names() noexcept { return names_; }
    std::uint64_t new_tag() noexcept;

    /// The slot of a process that may be alive; null if the pid is of another runtime or never was.
    process* slot_of(const pid& who) const noexcept {
        return who.node() == node_ ? table_.at(who.index()) : nullptr;
    }
    /// Consumes the signal; a process that is gone answers as the dead do. Returns who got it, if
    /// anybody did. Throws std::bad_alloc for a call to the dead, and for nothing else.
    process* deliver(const pid& to, signal* sent);
    /// Likewise, but a signal that nobody takes is still the caller's.
    process* offer(const pid& to, signal& sent) noexcept;
    /// Likewise, and takes no time in a simulation either.
    process* offer_now(const pid& to, signal& sent) noexcept;
    /// From now on this is a simulation.
    void simulate(sched::sim_scheduler& scheduler, signal_delays delays);
    /// For every exit signal that no process sends.
    void deliver_exit(const pid& to, exit_signal* sent) {
        deliver(to, sent);
        rouse(to);
    }
    /// After an exit signal: the process hears of it even while it waits for a receiver to catch up.
    void rouse(const pid& told) const noexcept;
    bool is_open(const pid& who) const noexcept;

    pid spawn(std::unique_ptr<body>&& what, process* parent, spawn_request how);
    std::vector<pid> processes() const {
        return living([](const process&) { return true; });
    }
    std::vector<pid> supervisors() const {
        return living([](const process& each) { return each.is_supervisor(); });
    }
    std::uint64_t alive() const noexcept { return alive_.load(std::memory_order_acquire); }
    void count_birth() noexcept { alive_.fetch_add(1, std::memory_order_relaxed); }
    void count_death() noexcept { alive_.fetch_sub(1, std::memory_order_acq_rel); }

    followers& waiting_senders() noexcept { return followers_; }
    overruns& lost_turns() noexcept { return overruns_; }
    outside_waits& outside() noexcept { return outside_; }
    /// Somebody wants the runtime to end. Nobody in it is told: it is for the thread that waits to
    /// stop it.
    void request_stop() noexcept {
        stop_requested_.store(true, std::memory_order_release);
        outside_.nudge();
    }
    const std::atomic<bool>& stop_requested() const noexcept { return stop_requested_; }
    /// Who monitors for threads outside: no process, but down signals to it are theirs.
    pid outside_pid() const noexcept { return {node_, UINT32_MAX, 1}; }

    /// Processes that were started from outside, oldest first.
    std::vector<pid> roots() const;

    void emit(base::event_kind kind, const pid& subject, const pid& other = {},
              std::string_view text = {}, const exit_reason* why = nullptr) noexcept {
        if (events_ != nullptr) {
            events_->on_event({kind, subject, other, text, why, scheduler_->clock().now()});
        }
    }
    void emit_signal(base::event_kind kind, const pid& subject, const pid& other,
                     const signal* moved) noexcept {
        if (events_ != nullptr) {
            events_->on_event(
                {kind, subject, other, {}, nullptr, scheduler_->clock().now(), moved});
        }
    }
    bool wants_events() const noexcept { return events_ != nullptr; }
    bool wants(report_level level) const noexcept {
        return reports_ != nullptr && reports_->wants(level);
    }
    void publish(report_level level, const pid& from, report::body_type body) noexcept;
    /// Likewise what `make()` makes, if the level is wanted. One for which there is no memory is lost,
    /// and counted: nothing else fails with it.
    template <class Make>
    void report_if_possible(report_level level, const pid& from, Make make) {
        if (!wants(level)) {
            return;
        }
        try {
            publish(level, from, make());
        } catch (const std::bad_alloc&) {
            reports_->lose();
        }
    }

  private:
    pid spawn_root(std::unique_ptr<body>&& what, const spawn_request& how);
    pid spawn_child(std::unique_ptr<body>&& what, process& parent, const spawn_request& how);
    static void tie(process& child, process& parent, const spawn_request& how);
    pid begin_life(process& begun, const pid& parent) noexcept;
    void add_root(const pid& added);  // with roots_mutex_ locked
    template <class Wanted>
    std::vector<pid> living(Wanted wanted) const {
        std::vector<pid> out;
        for (std::uint32_t i = 0; i < table_.limit(); ++i) {
            const process& slot = table_.slot(i);
            const pid id = slot.id(slot.generation());
            if (slot.is_open(id.generation()) && wanted(slot)) {
                out.push_back(id);
            }
        }
        return out;
    }

    static constexpr unsigned lanes_max = 255;
    struct alignas(64) tag_counter {
        std::atomic<std::uint64_t> last{0};
    };

    const std::uint32_t node_;
    const settings settings_;
    std::unique_ptr<sched::scheduler> scheduler_;
    base::report_sink* reports_;
    base::event_sink* events_;
    name_table names_;
    std::vector<tag_counter> tags_;
    std::atomic<std::uint64_t> outside_tags_{0};
    std::atomic<std::uint64_t> alive_{0};
    std::atomic<bool> stop_requested_{false};
    followers followers_;
    outside_waits outside_;
    overruns overruns_{*this};
    mutable std::mutex roots_mutex_;
    static constexpr std::size_t roots_to_sweep_min = 64;
    std::vector<pid> roots_;
    std::size_t roots_to_sweep_ = roots_to_sweep_min;
    std::unique_ptr<channels> channels_;  ///< Null unless this is a simulation.
    process_table table_;
};

inline pid process::id(std::uint32_t generation) const noexcept {
    return {world_.node(), index_, generation};
}

}  // namespace coppice::detail
