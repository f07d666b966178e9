// SPDX-License-Identifier: Apache-2.0

#include "boot/orderly_stop.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <new>
#include <ranges>
#include <utility>

#include "boot/runtime_impl.hpp"
#include "process/signals.hpp"

namespace coppice::boot {

using detail::nanoseconds;
using detail::runtime_impl;

namespace {

/// Limit for printing and flushing the reports at the end, however long the deadline.
constexpr nanoseconds longest_flush = std::chrono::seconds{10};

/// If a part of the stop runs out of memory, the next parts take over. The last parts need no memory.
template <class Part>
void run_part(Part part) {
    try {
        detail::with_reserve(part);
    } catch (const std::bad_alloc&) {
        return;
    }
}

nanoseconds share_of(nanoseconds limit, int parts, int of) {
    return limit == time::never ? limit : limit / of * parts;
}

}  // namespace

/// A process that is alive at the deadline.
struct remaining_process {
    remaining_process(runtime_impl& world, const pid& who, bool supervises)
        : named{who, world.core->names().name_of(who)},
          is_supervisor{supervises},
          monitor{world, who} {}

    blocking_process named;
    bool is_supervisor;
    outside_monitor monitor;
};

orderly_stop::orderly_stop(runtime_impl& world, nanoseconds limit)
    : runtime_{world},
      ordered_until_{time::deadline_after(world.now(), share_of(limit, 3, 4))},
      deadline_{time::deadline_after(world.now(), limit)},
      forced_{limit <= nanoseconds::zero()} {}

void orderly_stop::force_stop() noexcept {
    // Release: pairs with the acquires in is_over() and in the waits that get `forced_`.
    if (forced_.exchange(true, std::memory_order_acq_rel)) {
        // Release: pairs with the acquires in the waits that get `waits_cancelled_`.
        waits_cancelled_.store(true, std::memory_order_release);
    }
    runtime_.wake_waiters();
}

bool orderly_stop::is_over() const noexcept {
    // Acquire: pairs with the release in force_stop().
    return forced_.load(std::memory_order_acquire) || runtime_.now() >= deadline_;
}

nanoseconds orderly_stop::left_until(nanoseconds when) const noexcept {
    return std::max(when - runtime_.now(), nanoseconds::zero());
}

stop_result orderly_stop::run() {
    run_part([&] { ask_roots(); });
    run_part([&] { ask_supervisors(); });
    run_part([&] { ask_all_processes(); });
    run_part([&] { kill_remaining(); });
    wait_for_stuck();
    stop_scheduler();
    run_part([&] { record_stuck(); });
    runtime_.core->outside().close();
    runtime_.core->bounds_of_mailboxes().let_threads_wait(false);
    flush_reports();
    return std::move(result_);
}

void orderly_stop::ask_supervisors() {
    wait_for(runtime_.core->supervisors(), ordered_until_);
    if (const auto supervisors = runtime_.core->supervisors(); !supervisors.empty()) {
        ask_all(supervisors);
        wait_for(supervisors, time::deadline_after(runtime_.now(), left_until(deadline_) / 2));
    }
}

/// Includes processes that are started meanwhile. Looks again when all asked processes have ended, and from
/// time to time until then.
void orderly_stop::ask_all_processes() {
    std::vector<pid> asked;
    for (int looks = 8; looks > 0 && !is_over();) {
        const std::vector<pid> left = runtime_.core->processes();
        if (left.empty()) {
            return;
        }
        std::vector<pid> new_processes;
        std::ranges::copy_if(left, std::back_inserter(new_processes), [&](const pid& each) {
            return !std::ranges::binary_search(asked, each);
        });
        ask_all(new_processes);
        asked.insert(asked.end(), new_processes.begin(), new_processes.end());
        std::ranges::sort(asked);
        looks -= new_processes.empty() ? 1 : 0;
        wait_for(left,
                 time::deadline_after(runtime_.now(), left_until(deadline_) / std::max(looks, 1)));
    }
}

/// The signal counts as an exit signal of the parent.
void orderly_stop::ask(const pid& who) {
    auto* asked = new process_layer::exit_signal{detail::signal_kind::exit, reason::shutdown};
    asked->flag = true;
    runtime_.core->deliver_exit(who, asked);
}

void orderly_stop::ask_roots() {
    std::vector<pid> roots = runtime_.core->roots();
    std::erase_if(roots, [&](const pid& root) { return !runtime_.core->is_open(root); });
    auto left = static_cast<nanoseconds::rep>(roots.size());
    for (const pid& root : roots | std::views::reverse) {
        if (is_over()) {
            return;
        }
        const outside_monitor ended{runtime_, root};
        ask(root);
        // One share is reserved for the remains of the last root.
        ended.wait(left_until(ordered_until_) / (left + 1), forced_);
        --left;
    }
}

void orderly_stop::ask_all(const std::vector<pid>& left) {
    for (const pid& each : left) {
        if (is_over()) {
            return;
        }
        ask(each);
    }
}

void orderly_stop::wait_for(const std::vector<pid>& those, nanoseconds until) {
    for (const pid& each : those) {
        if (is_over()) {
            return;
        }
        outside_monitor{runtime_, each}.wait(left_until(until), forced_);
    }
}

void orderly_stop::kill_remaining() {
    // Acquire: pairs with the release in force_stop().
    const bool were_asked = !forced_.load(std::memory_order_acquire);
    const std::vector<pid> supervisors = runtime_.core->supervisors();
    std::deque<remaining_process> late;
    for (const pid& each : runtime_.core->processes()) {
        late.emplace_back(runtime_, each,
                          std::ranges::find(supervisors, each) != supervisors.end());
    }
    for (const remaining_process& each : late) {
        runtime_.kill(each.monitor.who());
    }
    grace_until_ = time::deadline_after(runtime_.now(), runtime_.kill_grace);
    for (remaining_process& each : late) {
        each.named.killed = each.monitor.wait(left_until(grace_until_), waits_cancelled_);
        record_blocking(each, were_asked);
    }
    if (result_.blocking.empty()) {
        result_.blocking = std::move(waiting_);
    }
    kill_newly_started();
}

/// Names a late process, with two exceptions. A process that was not asked is not named. A supervisor is
/// named only if no other process is, since it waits for one of the others.
void orderly_stop::record_blocking(remaining_process& late, bool was_asked) {
    if (late.named.killed && late.monitor.why() != reason::killed) {
        return;  // ended just before the kill
    }
    result_.killed += late.named.killed ? 1U : 0U;
    if (!late.named.killed) {
        result_.blocking.push_back(std::move(late.named));
    } else if (was_asked) {
        (late.is_supervisor ? waiting_ : result_.blocking).push_back(std::move(late.named));
    }
}

/// Processes that were started during the kill. The stop neither waited for such processes nor names one.
void orderly_stop::kill_newly_started() {
    for (const pid& each : runtime_.core->processes()) {
        const outside_monitor ended{runtime_, each};
        runtime_.kill(each);
        ended.wait(left_until(grace_until_), waits_cancelled_);
    }
}

/// Includes handlers of processes that count as ended for the other processes.
void orderly_stop::wait_for_stuck() {
    process_layer::stuck_turns& stuck = runtime_.core->stuck_turns_now();
    if (!stuck.wait_for_all(left_until(deadline_), forced_)) {
        stuck.wait_for_all(left_until(grace_until_), waits_cancelled_);
    }
}

void orderly_stop::stop_scheduler() {
    if (!runtime_.simulated()) {
        const nanoseconds patience = waits_cancelled_ ? nanoseconds::zero() : runtime_.kill_grace;
        runtime_.thread_scheduler_->stop(std::chrono::steady_clock::now() + patience);
    }
}

void orderly_stop::flush_reports() {
    const nanoseconds limit = std::clamp(left_until(deadline_), runtime_.kill_grace, longest_flush);
    if (!runtime_.hub->flush(limit, forced_)) {
        runtime_.hub->flush(runtime_.kill_grace, waits_cancelled_);
    }
}

void orderly_stop::record_stuck() {
    auto& named = result_.blocking;
    const auto still_stuck = runtime_.core->stuck_turns_now().all();
    for (const stuck_process& stuck : still_stuck) {
        const auto found = std::ranges::find(named, stuck.process, &blocking_process::process);
        if (found != named.end()) {
            found->stuck = true;
        } else {
            named.push_back({stuck.process, stuck.registered_name, stuck.has_ended, true});
        }
    }
}

}  // namespace coppice::boot
