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

namespace coppice::detail {
namespace {

/// Limit for printing and flushing the reports at the end, however long the deadline.
constexpr nanoseconds longest_flush = std::chrono::seconds{10};

/// If a part of the stop runs out of memory, the next parts take over. The last parts need no memory.
template <class Part>
void go_on_without_memory(Part part) {
    try {
        with_reserve(part);
    } catch (const std::bad_alloc&) {
        return;
    }
}

nanoseconds share_of(nanoseconds limit, int parts, int of) {
    return limit == time::never ? limit : limit / of * parts;
}

}  // namespace

/// A process that is alive at the deadline.
struct late_process {
    late_process(runtime_impl& world, const pid& who, bool supervises)
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
      hurried_{limit <= nanoseconds::zero()} {}

void orderly_stop::hurry() noexcept {
    // Release: pairs with the acquires in is_over() and in the waits that get `hurried_`.
    if (hurried_.exchange(true, std::memory_order_acq_rel)) {
        // Release: pairs with the acquires in the waits that get `hurried_again_`.
        hurried_again_.store(true, std::memory_order_release);
    }
    runtime_.nudge();
}

bool orderly_stop::is_over() const noexcept {
    // Acquire: pairs with the release in hurry().
    return hurried_.load(std::memory_order_acquire) || runtime_.now() >= deadline_;
}

nanoseconds orderly_stop::left_until(nanoseconds when) const noexcept {
    return std::max(when - runtime_.now(), nanoseconds::zero());
}

stop_result orderly_stop::run() {
    go_on_without_memory([&] { ask_roots(); });
    go_on_without_memory([&] { ask_supervisors(); });
    go_on_without_memory([&] { ask_everybody(); });
    go_on_without_memory([&] { kill_late(); });
    wait_for_stuck();
    end_workers();
    go_on_without_memory([&] { name_stuck(); });
    runtime_.core->outside().close();
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
void orderly_stop::ask_everybody() {
    std::vector<pid> asked;
    for (int looks = 8; looks > 0 && !is_over();) {
        const std::vector<pid> left = runtime_.core->processes();
        if (left.empty()) {
            return;
        }
        std::vector<pid> newcomers;
        std::ranges::copy_if(left, std::back_inserter(newcomers), [&](const pid& each) {
            return !std::ranges::binary_search(asked, each);
        });
        ask_all(newcomers);
        asked.insert(asked.end(), newcomers.begin(), newcomers.end());
        std::ranges::sort(asked);
        looks -= newcomers.empty() ? 1 : 0;
        wait_for(left,
                 time::deadline_after(runtime_.now(), left_until(deadline_) / std::max(looks, 1)));
    }
}

/// The signal counts as an exit signal of the parent.
void orderly_stop::ask(const pid& who) {
    auto* asked = new exit_signal{signal_kind::exit, reason::shutdown};
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
        ended.wait(left_until(ordered_until_) / (left + 1), hurried_);
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
        outside_monitor{runtime_, each}.wait(left_until(until), hurried_);
    }
}

void orderly_stop::kill_late() {
    // Acquire: pairs with the release in hurry().
    const bool were_asked = !hurried_.load(std::memory_order_acquire);
    const std::vector<pid> supervisors = runtime_.core->supervisors();
    std::deque<late_process> late;
    for (const pid& each : runtime_.core->processes()) {
        late.emplace_back(runtime_, each,
                          std::ranges::find(supervisors, each) != supervisors.end());
    }
    for (const late_process& each : late) {
        runtime_.kill(each.monitor.who());
    }
    grace_until_ = time::deadline_after(runtime_.now(), runtime_.kill_grace);
    for (late_process& each : late) {
        each.named.killed = each.monitor.wait(left_until(grace_until_), hurried_again_);
        name_late(each, were_asked);
    }
    if (result_.blocking.empty()) {
        result_.blocking = std::move(waiting_);
    }
    kill_latecomers();
}

/// Names a late process, with two exceptions. A process that was not asked is not named. A supervisor is
/// named only if no other process is, since it waits for one of the others.
void orderly_stop::name_late(late_process& late, bool was_asked) {
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
void orderly_stop::kill_latecomers() {
    for (const pid& each : runtime_.core->processes()) {
        const outside_monitor ended{runtime_, each};
        runtime_.kill(each);
        ended.wait(left_until(grace_until_), hurried_again_);
    }
}

/// Includes handlers of processes that count as ended for the other processes.
void orderly_stop::wait_for_stuck() {
    stuck_turns& stuck = runtime_.core->stuck_turns_now();
    if (!stuck.wait_for_all(left_until(deadline_), hurried_)) {
        stuck.wait_for_all(left_until(grace_until_), hurried_again_);
    }
}

void orderly_stop::end_workers() {
    if (!runtime_.simulated()) {
        const nanoseconds patience = hurried_again_ ? nanoseconds::zero() : runtime_.kill_grace;
        runtime_.thread_scheduler_->stop(std::chrono::steady_clock::now() + patience);
    }
}

void orderly_stop::flush_reports() {
    const nanoseconds limit = std::clamp(left_until(deadline_), runtime_.kill_grace, longest_flush);
    if (!runtime_.hub->flush(limit, hurried_)) {
        runtime_.hub->flush(runtime_.kill_grace, hurried_again_);
    }
}

void orderly_stop::name_stuck() {
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

}  // namespace coppice::detail
