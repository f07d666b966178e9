// SPDX-License-Identifier: Apache-2.0
// The objects that a runtime owns, for the layers that work in the runtime.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_sink.hpp"
#include "base/report_sink.hpp"
#include "coppice/callback.hpp"
#include "platform/guarded.hpp"
#include "process/bounds.hpp"
#include "process/channels.hpp"
#include "process/extensions.hpp"
#include "process/flight_recorder.hpp"
#include "process/name_table.hpp"
#include "process/outside_waits.hpp"
#include "process/process.hpp"
#include "process/route.hpp"
#include "process/stuck_turns.hpp"
#include "sched/scheduler.hpp"

namespace coppice::process_layer {

/// Why a runtime is to end.
struct stop_wish {
    exit_reason why = reason::normal;  ///< `normal`: the runtime ends as intended.
    std::string told = {};             ///< A sentence for people, may be empty.
};

/// A thread of the program waits for room under the policy `wait`. True if the process has taken the signal. False
/// if there is nothing to wait for.
bool waited_for_room(detail::runtime_core& world, const pid& to, detail::signal& moved) noexcept;

}  // namespace coppice::process_layer

namespace coppice::detail {

class runtime_core : public std::enable_shared_from_this<runtime_core> {
  public:
    struct settings {
        unsigned turn_budget = 500;  ///< Resumptions and sends of a process in one turn.
        bool capture_stacks = true;
        bool sample_stuck_stacks = true;
        std::uint32_t first_generation = 1;  ///< Of every slot. Not 0.
        std::size_t events_kept = 4096;      ///< In the flight recorder, for each thread.
        bool simulated = false;
        unsigned blocking_threads = 16;
        std::size_t blocking_queue = 1024;
    };

    runtime_core(std::unique_ptr<sched::scheduler> scheduler, base::report_sink* reports,
                 base::event_sink* events, settings chosen);
    ~runtime_core();
    runtime_core(const runtime_core&) = delete;
    runtime_core& operator=(const runtime_core&) = delete;

    std::uint32_t node() const noexcept { return node_; }
    const settings& chosen() const noexcept { return settings_; }
    sched::scheduler& scheduler() noexcept { return *scheduler_; }
    process_layer::process_table& table() noexcept { return route_.table(); }
    process_layer::name_table& names() noexcept { return names_; }
    std::uint64_t new_tag() noexcept;
    /// The same for a thread that knows its lane.
    std::uint64_t new_tag(unsigned lane) noexcept {
        if (lane == sched::scheduler::no_lane) [[unlikely]] {
            return new_outside_tag();
        }
        // Only the lane's thread writes the counter, so a plain load and store suffice.
        auto& last = tags_[lane].last;
        const std::uint64_t next = last.load(std::memory_order_relaxed) + 1;
        last.store(next, std::memory_order_relaxed);
        return next | (std::uint64_t{lane} << tag_lane_at);
    }

    /// See `route`.
    const process* slot_of(const pid& who) const noexcept { return route_.slot_of(who); }
    /// The route of signals to a pid.
    process_layer::route& to_pids() noexcept { return route_; }
    process_layer::receipt deliver(const pid& to, signal* moved) {
        return route_.deliver(to, moved);
    }
    process_layer::receipt offer(const pid& to, signal& moved) noexcept {
        return route_.offer(to, moved);
    }
    process_layer::receipt offer_now(const pid& to, signal& moved) noexcept {
        return route_.offer_now(to, moved);
    }
    /// From now on this runtime is a simulation.
    void simulate(sched::sim_scheduler& scheduler, signal_delays delays);
    /// Delivers an exit signal of the runtime: from the end of a linked process, or from the shutdown.
    void deliver_exit(const pid& to, process_layer::exit_signal* sent) {
        deliver(to, sent);
        release_follower(to);
    }
    /// Makes an exit signal arrive at once, even in a simulation. For the test kit. Throws std::bad_alloc.
    void exit_now(const pid& to, const exit_reason& why);
    void release_follower(const pid& told) const noexcept { route_.release_follower(told); }
    /// Not inline: the test kit calls this function of a shared library, which hides the route.
    bool is_open(const pid& who) const noexcept;

    pid spawn(std::unique_ptr<body>&& what, process* parent, const spawn_request& how);
    std::vector<pid> processes() const {
        return living([](const process&) { return true; });
    }
    std::vector<pid> supervisors() const {
        return living([](const process& each) { return each.is_supervisor(); });
    }
    std::uint64_t alive() const noexcept {
        const std::uint64_t gone = exits();  // read first: each exit follows a spawn
        return spawns() - gone;
    }
    void count_death() noexcept { recorder_.count_end(); }
    std::uint64_t spawns() const noexcept { return recorder_.starts(); }
    std::uint64_t exits() const noexcept { return recorder_.ends(); }
    std::uint64_t crashes() const noexcept { return crashes_.load(std::memory_order_relaxed); }
    std::uint64_t restarts() const noexcept { return restarts_.load(std::memory_order_relaxed); }

    process_layer::flight_recorder& recorder() noexcept { return recorder_; }
    /// Records an end. An end with `normal` and without a name may go to the recorder directly.
    void note_end(const pid& who, bool named, const exit_reason& why) noexcept;
    /// Records the restart of a child by a supervisor. The child's last life ended with `last`.
    void note_restart(const pid& started, const pid& supervisor, std::string_view child,
                      const exit_reason& last) noexcept;
    /// Records that a supervisor has exceeded the restart intensity. If no supervisor is above, the callback
    /// of `on_final_give_up` runs.
    void note_give_up(const pid& supervisor, const pid& parent, std::string_view child) noexcept;
    /// Set before the first process starts.
    void on_final_give_up(callback<void()> then) noexcept { on_final_give_up_ = std::move(then); }

    /// Objects that the layers above keep for this runtime.
    process_layer::extensions& extended() noexcept { return extensions_; }
    process_layer::followers& waiting_senders() noexcept { return followers_; }
    process_layer::bounds& bounds_of_mailboxes() noexcept { return bounds_; }
    const process_layer::bounds& bounds_of_mailboxes() const noexcept { return bounds_; }
    process_layer::stuck_turns& stuck_turns_now() noexcept { return stuck_turns_; }
    process_layer::outside_waits& outside() noexcept { return outside_; }
    /// Asks for the end of the runtime. No process is told: the request is for the thread that waits to stop
    /// the runtime. The first of several requests gives the reason.
    void request_stop(process_layer::stop_wish wish = {});
    const std::atomic<bool>& stop_requested() const noexcept { return stop_requested_; }
    /// Precondition: a stop was requested.
    process_layer::stop_wish why_to_stop() const;
    /// The pid of all monitoring threads outside. No process has this pid; down signals to the
    /// pid go to the threads.
    pid outside_pid() const noexcept { return {node_, UINT32_MAX, 1}; }

    /// Calls `seen(slot, pid)` for each living process.
    template <class Seen>
    void for_each_living(Seen seen) const {
        for_each_living(0, UINT32_MAX, seen);
    }
    /// Looks at `slots` slots from `first` on. Returns the next slot, or 0 at the end.
    template <class Seen>
    std::uint32_t for_each_living(std::uint32_t first, std::uint32_t slots, Seen seen) const {
        const std::uint32_t limit = table().limit();
        const std::uint32_t end = limit - first > slots ? first + slots : limit;
        for (std::uint32_t i = first; i < end; ++i) {
            const process& slot = table().slot(i);
            const pid id = slot.id(slot.generation());
            if (slot.is_open(id.generation())) {
                seen(slot, id);
            }
        }
        return end == limit ? 0 : end;
    }
    const process_layer::process_table& table() const noexcept { return route_.table(); }
    const process_layer::name_table& names() const noexcept { return names_; }
    const sched::scheduler& scheduler() const noexcept { return *scheduler_; }
    const process_layer::flight_recorder& recorder() const noexcept { return recorder_; }
    const process_layer::stuck_turns& stuck_turns_now() const noexcept { return stuck_turns_; }
    /// The number of reports that no handler got.
    std::uint64_t reports_lost() const noexcept {
        return reports_ == nullptr ? 0 : reports_->lost();
    }
    base::report_sink* reports() noexcept { return reports_; }

    /// Processes started from outside, oldest first. Some may have ended.
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
    /// Publishes a line of the logger. `always`: the first handler takes the line at any level.
    void publish_line(report&& line, bool always) noexcept;
    /// The sink of the reports lives as long as this object, for threads outside that publish at the end.
    void keep_reports(std::shared_ptr<base::report_sink> kept) noexcept {
        kept_reports_ = std::move(kept);
    }
    /// As `publish`, at any level.
    void publish_always(report_level level, const pid& from, report::body_type body) noexcept;
    /// Publishes the report from `make()`, if the level is wanted. Without memory the report is lost and
    /// counted, and nothing else fails.
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
    void forget_bound(process& stillborn) noexcept;
    static void tie(process& child, process& parent, const spawn_request& how);
    pid begin_life(process& begun, std::unique_ptr<body>&& what, const process* parent,
                   const process_layer::ancestry& ancestors, bool is_bounded) noexcept;
    void add_root(const pid& added) COPPICE_REQUIRES(roots_mutex_);
    template <class Wanted>
    std::vector<pid> living(Wanted wanted) const {
        std::vector<pid> out;
        if (alive() == 0) {
            return out;  // without a look at each slot, of which there may be a million
        }
        for_each_living([&](const process& slot, const pid& id) {
            if (wanted(slot)) {
                out.push_back(id);
            }
        });
        return out;
    }

    std::uint64_t new_outside_tag() noexcept;

    static constexpr unsigned lanes_max = 255;
    static constexpr unsigned tag_lane_at = 56;
    struct alignas(64) tag_counter {
        std::atomic<std::uint64_t> last{0};
    };

    std::shared_ptr<base::report_sink> kept_reports_;  ///< First, so that it is destroyed last.
    const std::uint32_t node_;
    const settings settings_;
    std::unique_ptr<sched::scheduler> scheduler_;
    base::report_sink* reports_;
    base::event_sink* events_;
    process_layer::name_table names_;
    std::vector<tag_counter> tags_;
    std::atomic<std::uint64_t> outside_tags_{0};
    std::atomic<std::uint64_t> crashes_{0};
    std::atomic<std::uint64_t> restarts_{0};
    process_layer::flight_recorder recorder_;
    callback<void()> on_final_give_up_;
    std::atomic<bool> stop_requested_{false};
    mutable platform::mutex why_to_stop_mutex_;
    process_layer::stop_wish why_to_stop_ COPPICE_GUARDED_BY(why_to_stop_mutex_);
    process_layer::extensions extensions_;
    process_layer::followers followers_;
    process_layer::bounds bounds_;
    process_layer::outside_waits outside_;
    process_layer::stuck_turns stuck_turns_{*this};
    mutable platform::mutex roots_mutex_;
    static constexpr std::size_t roots_to_sweep_min = 64;
    std::vector<pid> roots_ COPPICE_GUARDED_BY(roots_mutex_);
    std::size_t roots_to_sweep_ COPPICE_GUARDED_BY(roots_mutex_) = roots_to_sweep_min;
    std::unique_ptr<process_layer::channels> channels_;  ///< Null unless this is a simulation.
    process_layer::route route_;
};

}  // namespace coppice::detail

namespace coppice::process_layer {

inline pid process_parts::id(std::uint32_t generation) const noexcept {
    return {runtime_.node(), index_, generation};
}

}  // namespace coppice::process_layer
