// SPDX-License-Identifier: Apache-2.0

#include "sched/sentinel.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/turn.hpp"
#include "platform/guarded.hpp"
#include "sched/scheduler_thread.hpp"
#include "sched/stuck_turn_listener.hpp"
#include "sched/thread_scheduler.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds longest_tick = 2ms;
constexpr nanoseconds shortest_tick = 100us;
// A runtime that works now and then seldom wakes the sentinel.
constexpr unsigned quiet_ticks_max = 10;

}  // namespace

thread_local const sentinel* sentinel::watching = nullptr;

sentinel::sentinel(thread_scheduler& watched, nanoseconds stuck_after)
    : watched_{watched},
      stuck_after_{stuck_after},
      tick_{std::clamp(stuck_after / 4, shortest_tick, longest_tick)} {}

sentinel::~sentinel() {
    stop();
}

void sentinel::start() {
    observations_.resize(watched_.threads_.size());
    thread_ = std::thread{[this] { watch(); }};
}

void sentinel::stop() {
    {
        const platform::scoped_lock lock{mutex_};
        stopping_ = true;
        changed_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void sentinel::wake() noexcept {
    const platform::scoped_lock lock{mutex_};
    notified_ = true;
    changed_.notify_one();
}

void sentinel::watch() {
    const base::without_caller acting;
    watching = this;
    platform::unique_lock lock{mutex_};
    while (!stopping_) {
        sleep(lock);
        lock.unlock();
        check_all();
        lock.lock();
    }
}

// Dekker, with sequentially consistent orders: the sentinel stores `asleep_` and then reads
// idle_count_ in all_parked(); a scheduler thread that wakes up decrements idle_count_ and then,
// before a turn, reads `asleep_` in wake_if_asleep(). At least one of the two sees the other.
void sentinel::sleep(platform::unique_lock& lock) {
    if (quiet_ticks_ < quiet_ticks_max) {
        changed_.wait_for(lock.native(), tick_,
                          [&]() COPPICE_REQUIRES(mutex_) { return stopping_; });
        return;
    }
    // Dekker, see above.
    asleep_.store(true, std::memory_order_seq_cst);
    if (watched_.all_parked()) {
        changed_.wait(lock.native(),
                      [&]() COPPICE_REQUIRES(mutex_) { return stopping_ || notified_; });
    }
    // Pairs with wake_if_asleep().
    asleep_.store(false, std::memory_order_seq_cst);
    notified_ = false;
    quiet_ticks_ = 0;
}

void sentinel::check_all() {
    quiet_ticks_ = watched_.all_parked() ? quiet_ticks_ + 1 : 0;
    unsigned lost = 0;
    for (const auto& each : watched_.threads_) {
        observation& last = observations_[each->index];
        check_turn(*each, last);
        lost += last.is_stuck ? 1U : 0U;
    }
    adjust_spares(lost);
    for (const auto& each : watched_.threads_) {
        report_stuck_turn(*each, observations_[each->index]);
    }
}

/// Tells the listener of a stuck turn. The listener takes a while, but a spare already stands in, so
/// no runnable waits for the listener.
void sentinel::report_stuck_turn(const scheduler_thread& each, observation& last) {
    if (!last.is_stuck || last.is_reported) {
        return;
    }
    try {
        const turn_in_progress turn{*last.whose, each.turns, each.running, last.turn};
        watched_.listener_->turn_is_stuck(*last.whose, turn,
                                          each.number.load(std::memory_order_relaxed),
                                          watched_.clock().now() - last.since);
        last.is_reported = true;
    } catch (const std::bad_alloc&) {
        return;  // the next look tries again
    }
}

/// Keeps as many spares at work as scheduler threads are lost. A lost spare counts
/// as a lost thread.
void sentinel::adjust_spares(unsigned lost) {
    unsigned at_work = 0;
    unsigned leaving = 0;  // retiring spares, soon available again
    for (unsigned i = watched_.shard_count(); i < watched_.lane_count(); ++i) {
        scheduler_thread& spare = *watched_.threads_[i];
        watched_.join_spare(spare);
        if (spare.has_to_end) {
            ++leaving;
        } else if (!spare.active && at_work < lost) {
            at_work += watched_.start_spare(spare) ? 1U : 0U;
        } else if (spare.active && at_work >= lost && !observations_[i].is_stuck) {
            watched_.retire_spare(spare);
        } else {
            at_work += spare.active ? 1U : 0U;
        }
    }
    const bool short_of_spares = at_work + leaving < lost;
    if (short_of_spares && !out_of_spares_) {
        watched_.listener_->out_of_spares(watched_.settings_.spares);
    }
    out_of_spares_ = short_of_spares;
}

void sentinel::check_turn(scheduler_thread& each, observation& last) {
    const nanoseconds now = watched_.clock().now();
    // Acquire: pairs with the release store of `turns` in thread_scheduler::work(), so that
    // `running` is of this turn or a later one.
    const std::uint64_t turn = each.turns.load(std::memory_order_acquire);
    runnable* const whose = each.running.load(std::memory_order_acquire);
    if (whose == nullptr || whose != last.whose || turn != last.turn) {
        if (last.is_reported) {
            watched_.listener_->turn_ended(*last.whose, now - last.since);
        }
        last = {.turn = turn, .whose = whose, .since = now};
        return;
    }
    if (!last.asked_to_yield) {
        last.asked_to_yield = true;
        whose->ask_to_yield();
    }
    redistribute(each);
    const nanoseconds so_far = now - last.since;
    if (so_far < stuck_after_) {
        return;
    }
    if (!std::exchange(last.is_stuck, true)) {
        return;  // check_all() reports the stuck turn first
    }
    whose->serve_in_absence(so_far);
}

/// Gives the timers and runnables behind a long turn to all threads: busy scheduler threads would
/// not come to steal.
void sentinel::redistribute(scheduler_thread& behind) {
    watched_.fire_due(behind.timers);
    while (runnable* kept = behind.take_from_slots()) {
        watched_.injector_.push(*kept);
    }
    while (runnable* first = behind.queue.steal_into(moved_)) {
        watched_.injector_.push(*first);
        while (runnable* next = moved_.pop()) {
            watched_.injector_.push(*next);
        }
    }
    if (!watched_.injector_.empty()) {
        watched_.wake_if_needed();
    }
}

}  // namespace coppice::sched
