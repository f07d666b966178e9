// SPDX-License-Identifier: Apache-2.0

#include "sched/thread_scheduler.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/transfer.hpp"
#include "platform/guarded.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t slot_streak_max = 64;    // then the queue gets a turn
constexpr std::uint32_t low_rank_turns = 8;      // as often as in OTP
constexpr std::uint32_t timer_check_turns = 16;  // reading the clock costs as much as a message
constexpr unsigned timers_a_turn = 256;  // the messages are received while still in the cache
constexpr std::uint32_t injector_check_turns = 61;       // prime: in step with no pattern
constexpr std::chrono::nanoseconds timer_pause = 250us;  // BEAM counts whole milliseconds
constexpr std::chrono::nanoseconds longest_sleep = 1h;   // a later time_point may overflow

void pause_cpu() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

constinit thread_local scheduler_thread* thread_scheduler::current_thread = nullptr;

thread_scheduler::thread_scheduler(settings chosen)
    : settings_{chosen},
      in_use_{std::max(chosen.workers, 1U)},
      active_{in_use_.load()},
      sentinel_{*this, chosen.stuck_after} {
    const unsigned regular = in_use_.load();
    idle_.reserve(regular + chosen.spares);
    for (unsigned i = 0; i < regular + chosen.spares; ++i) {
        threads_.push_back(std::make_unique<scheduler_thread>(*this, i, i >= regular));
        threads_.back()->seen_turns.resize(regular + chosen.spares);
        threads_.back()->active = i < regular;
    }
}

thread_scheduler::~thread_scheduler() = default;

// No scheduler thread takes a turn before all threads exist: if the system cannot provide enough
// threads, the start has had no effect.
void thread_scheduler::start(const std::shared_ptr<void>& keep_alive) {
    keep_alive_ = keep_alive;
    try {
        for (unsigned i = 0; i < in_use_.load(); ++i) {
            launch(*threads_[i]);
        }
        if (is_watched()) {
            sentinel_.start();
        }
    } catch (...) {
        // Pairs with has_work().
        stopping_.store(true, std::memory_order_seq_cst);
        release_threads();
        for (auto& each : threads_) {
            if (each->thread.joinable()) {
                each->thread.join();
            }
        }
        have_begun_ = false;
        // Pairs with has_work() of the threads of a later start.
        stopping_.store(false, std::memory_order_seq_cst);
        keep_alive_.reset();
        throw;
    }
    release_threads();
}

void thread_scheduler::release_threads() noexcept {
    const platform::scoped_lock lock{ended_mutex_};
    have_begun_ = true;
    ended_changed_.notify_all();
}

void thread_scheduler::launch(scheduler_thread& started) {
    started.ended = false;
    started.thread = std::thread{[this, self = &started, keep = keep_alive_] { work(*self); }};
}

unsigned thread_scheduler::stop(std::chrono::steady_clock::time_point deadline) {
    sentinel_.stop();
    // Pairs with has_work(). A thread that misses it is notified.
    stopping_.store(true, std::memory_order_seq_cst);
    for (auto& each : threads_) {
        each->notify();
    }
    unsigned left = 0;
    for (auto& each : threads_) {
        if (!each->thread.joinable()) {
            continue;
        }
        platform::unique_lock lock{ended_mutex_};
        if (ended_changed_.wait_until(lock.native(), deadline, [&] { return each->ended; })) {
            lock.unlock();
            each->thread.join();
        } else {
            each->thread.detach();
            ++left;
        }
    }
    keep_alive_.reset();
    return left;
}

scheduler_thread* thread_scheduler::own_thread() const noexcept {
    scheduler_thread* self = current_thread;
    return self != nullptr && self->scheduler == this ? self : nullptr;
}

void thread_scheduler::enqueue(runnable& woken) noexcept {
    scheduler_thread* const self = own_thread();
    if (self == nullptr || woken.urgency.load(std::memory_order_relaxed) != rank::normal) {
        return share(woken);
    }
    if (runnable* displaced = self->woken_slot.put(woken)) {
        push(*self, *displaced);
    }
}

/// Enqueues a runnable for all scheduler threads. A function of its own, called last: so a wake-up on a
/// scheduler thread saves no registers.
[[gnu::noinline]] void thread_scheduler::share(runnable& woken) noexcept {
    if (!push_ranked(woken)) {
        injector_.push(woken);
        wake_if_needed();
    }
}

void thread_scheduler::enqueue_back(runnable& yielded) noexcept {
    scheduler_thread* self = own_thread();
    if (self != nullptr) {
        self->after_long_turn = true;
    }
    if (self == nullptr || yielded.urgency.load(std::memory_order_relaxed) != rank::normal) {
        return share(yielded);
    }
    if (self->yielded_slot.empty() && self->queue.empty()) {
        // No other runnable waits here, and no thief need be woken.
        self->yielded_slot.put(yielded);
        return;
    }
    if (runnable* other = self->yielded_slot.take()) {
        push(*self, *other);
    }
    push(*self, yielded);
}

/// False if the rank is normal.
bool thread_scheduler::push_ranked(runnable& added) noexcept {
    const rank urgency = added.urgency.load(std::memory_order_relaxed);
    if (urgency == rank::normal) {
        return false;
    }
    ranked_.push(added, urgency);
    wake_if_needed();
    return true;
}

[[gnu::noinline]] void thread_scheduler::push(scheduler_thread& self, runnable& added) noexcept {
    if (!self.queue.push(added)) {
        injector_.push(added);
    }
    wake_if_needed();
}

void thread_scheduler::wake_if_needed() noexcept {
    // Dekker: the caller has published a runnable. For idle_count_ see run_queue::push(), for
    // searching_ see search().
    if (idle_count_.load(std::memory_order_seq_cst) > 0 &&
        searching_.load(std::memory_order_seq_cst) == 0) {
        wake_one();
    }
}

void thread_scheduler::wake_one() noexcept {
    scheduler_thread* chosen = nullptr;
    {
        const platform::scoped_lock lock{idle_mutex_};
        if (idle_.empty()) {
            return;
        }
        chosen = idle_.back();
        idle_.pop_back();
        // Pairs with wake_if_needed() and all_parked().
        idle_count_.fetch_sub(1, std::memory_order_seq_cst);
    }
    chosen->notify();
}

unsigned thread_scheduler::local_shard() const noexcept {
    const scheduler_thread* self = own_thread();
    return self == nullptr ? 0 : self->index % shard_count();
}

unsigned thread_scheduler::shard_count() const noexcept {
    return lane_count() - settings_.spares;
}

unsigned thread_scheduler::local_lane() const noexcept {
    const scheduler_thread* self = own_thread();
    return self == nullptr ? no_lane : self->index;
}

unsigned thread_scheduler::lane_count() const noexcept {
    return static_cast<unsigned>(threads_.size());
}

time::timer_queue& thread_scheduler::timers(unsigned shard) noexcept {
    return threads_[shard]->timers;
}

void thread_scheduler::timer_added(unsigned shard) noexcept {
    scheduler_thread& owner = *threads_[shard];
    if (&owner == current_thread) {
        return;  // the thread is awake and checks its timers before sleeping
    }
    owner.notify();
}

bool thread_scheduler::is_own_thread() const noexcept {
    return own_thread() != nullptr || sentinel_.is_own_thread();
}

void thread_scheduler::work(scheduler_thread& self) {
    const base::without_caller outside_turns;
    detail::begin_stack_here();
    current_thread = &self;
    // A spare goes on with the count of an earlier thread.
    base::messages_here = self.messages.load(std::memory_order_relaxed);
    note_awake(self);
    self.number.store(platform::this_thread_number(), std::memory_order_relaxed);
    {
        platform::unique_lock lock{ended_mutex_};
        ended_changed_.wait(lock.native(),
                            [&]() COPPICE_REQUIRES(ended_mutex_) { return have_begun_; });
    }
    while (!stopping_.load(std::memory_order_relaxed) &&
           !self.retires.load(std::memory_order_relaxed)) {
        ++self.tick;
        runnable* next = goes_on_with_slot(self) ? self.woken_slot.take() : nullptr;
        if (next != nullptr) {
            ++self.slot_streak;
        } else if (next = next_of_all(self); next == nullptr) {
            park(self);
            continue;
        }
        self.running.store(next, std::memory_order_relaxed);
        // Release: pairs with the acquires in sentinel::check_turn() and turn_in_progress. A thread
        // that sees the number of this turn sees `running` of this turn or later. Only this thread
        // writes `turns`, so a load and a store suffice.
        self.turns.store(self.turns.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        next->run_turn();
        self.running.store(nullptr, std::memory_order_release);
    }
    self.messages.store(base::messages_here, std::memory_order_relaxed);
    note_asleep(self);
    if (self.is_spare) {
        release_runnables(self);
    }
    current_thread = nullptr;
    const platform::scoped_lock lock{ended_mutex_};
    self.ended = true;
    ended_changed_.notify_all();
}

namespace {

// The rules that put another runnable before the runnable in the LIFO slot. They read the scheduler thread
// alone, so the usual turn asks them all at little cost.

static_assert(timer_check_turns % low_rank_turns == 0, "the usual turn tests one number for both");

bool checks_timers(const scheduler_thread& self) noexcept {
    return self.tick % timer_check_turns == 0 || self.after_long_turn || self.more_is_due;
}

bool checks_low_rank(const scheduler_thread& self) noexcept {
    return self.tick % low_rank_turns == 0;
}

bool checks_injector(const scheduler_thread& self) noexcept {
    return self.after_long_turn || self.tick % injector_check_turns == 0;
}

bool slot_has_had_its_share(const scheduler_thread& self) noexcept {
    return self.slot_streak >= slot_streak_max;
}

}  // namespace

/// Whether no rule puts another runnable before the runnable in the LIFO slot. The usual turn.
[[gnu::always_inline]] inline bool thread_scheduler::goes_on_with_slot(
    const scheduler_thread& self) const noexcept {
    return !checks_low_rank(self) && !checks_timers(self) && !checks_injector(self) &&
           !slot_has_had_its_share(self) && !ranked_.has_urgent();
}

/// The next runnable of this thread or, after a search, of another thread. Fires due timers before. Null if
/// there is no runnable. A thread that has parked comes here first, see `more_is_due`.
[[gnu::noinline]] runnable* thread_scheduler::next_of_all(scheduler_thread& self) {
    if (checks_timers(self)) {
        self.more_is_due = fire_due(self.timers, timers_a_turn);
        self.messages.store(base::messages_here, std::memory_order_relaxed);
    }
    runnable* next = next_of(self);
    if (next == nullptr) {
        next = search(self);
    }
    if (next != nullptr && std::exchange(self.was_parked, false)) {
        sentinel_.wake_if_asleep();
    }
    return next;
}

runnable* thread_scheduler::next_of(scheduler_thread& self) noexcept {
    if (runnable* urgent = ranked_.pop_urgent()) {
        return urgent;
    }
    if (checks_low_rank(self)) {
        if (runnable* patient = ranked_.pop_low()) {
            return patient;
        }
    }
    const bool looks_outside = checks_injector(self);
    self.after_long_turn = false;
    if (looks_outside) {
        if (runnable* outside = injector_.pop()) {
            return outside;
        }
    }
    if (slot_has_had_its_share(self)) {
        self.slot_streak = 0;
        if (runnable* waiting = next_behind_slot(self)) {
            return waiting;
        }
    }
    if (runnable* woken = self.woken_slot.take()) {
        ++self.slot_streak;
        return woken;
    }
    self.slot_streak = 0;
    if (runnable* waiting = next_in_line(self)) {
        return waiting;
    }
    if (runnable* outside = injector_.pop()) {
        return outside;
    }
    return ranked_.pop_low();
}

runnable* thread_scheduler::next_in_line(scheduler_thread& self) noexcept {
    runnable* const yielded = self.yielded_slot.take();
    return yielded != nullptr ? yielded : self.queue.pop();
}

/// The runnable that has waited while the LIFO slot took many turns in a row. Null if there is
/// none, or if an idle thread is going to take the runnable.
runnable* thread_scheduler::next_behind_slot(scheduler_thread& self) noexcept {
    if (idle_count_.load(std::memory_order_relaxed) > 0) {
        // The runnable is no part of the exchange in the LIFO slot, so an idle thread
        // had better run it.
        if (runnable* yielded = self.yielded_slot.take()) {
            push(self, *yielded);
            return nullptr;
        }
    }
    return next_in_line(self);
}

runnable* thread_scheduler::search(scheduler_thread& self) noexcept {
    // Pairs with wake_if_needed().
    if (searching_.fetch_add(1, std::memory_order_seq_cst) > 0) {
        searching_.fetch_sub(1, std::memory_order_seq_cst);  // one searching thread is enough
        return nullptr;
    }
    for (auto& other : threads_) {
        self.seen_turns[other->index] = other->turns.load(std::memory_order_relaxed);
    }
    runnable* found = nullptr;
    const auto give_up = time::deadline_after(clock_.now(), settings_.spin);
    // A timer is due before the search ends: the sooner the thread sleeps, the more timers are
    // due at the wake-up. So short a search cannot tell whether another thread is stuck: the
    // sentinel finds out.
    const bool brief = is_watched() && self.timers.next_due() <= give_up;
    do {
        self.more_is_due = fire_due(self.timers, timers_a_turn);
        found = next_of(self);
        if (found == nullptr) {
            found = steal(self, false);
        }
        for (int i = 0; found == nullptr && i < 64; ++i) {
            pause_cpu();
        }
    } while (found == nullptr && !brief && clock_.now() < give_up &&
             !stopping_.load(std::memory_order_relaxed));
    if (found == nullptr && !brief) {
        found = steal(self, true);
    }
    // Dekker: a searcher decrements searching_ and then calls has_queued_runnables(); a pusher
    // publishes a runnable and then reads searching_ in wake_if_needed().
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    if (found != nullptr && has_queued_runnables()) {
        wake_if_needed();  // a push meanwhile saw a searcher and woke no thread
    }
    return found;
}

runnable* thread_scheduler::steal(scheduler_thread& self, bool stuck_slots_too) noexcept {
    // Acquire: pairs with the release in start_spare().
    const std::size_t count = in_use_.load(std::memory_order_acquire);
    for (std::size_t i = 1; i < count; ++i) {
        scheduler_thread& victim = *threads_[(self.index + i) % count];
        if (runnable* stolen = victim.queue.steal_into(self.queue)) {
            self.steals.store(self.steals.load(std::memory_order_relaxed) + 1,
                              std::memory_order_relaxed);
            return stolen;
        }
        const bool stuck =
            victim.turns.load(std::memory_order_relaxed) == self.seen_turns[victim.index];
        if (stuck_slots_too && stuck) {
            if (runnable* stolen = victim.take_from_slots()) {
                return stolen;
            }
        }
    }
    return nullptr;
}

bool thread_scheduler::has_work(const scheduler_thread& self) const noexcept {
    // Pairs with the stores in stop() and start().
    return stopping_.load(std::memory_order_seq_cst) || has_queued_runnables() ||
           self.timers.next_due() <= clock_.now();
}

bool thread_scheduler::has_queued_runnables() const noexcept {
    return !injector_.empty() || !ranked_.empty() ||
           std::any_of(threads_.begin(), threads_.end(),
                       [](const auto& each) { return !each->queue.empty(); });
}

void thread_scheduler::park(scheduler_thread& self) {
    {
        const platform::scoped_lock lock{idle_mutex_};
        idle_.push_back(&self);
        // Dekker: idle_count_ is incremented and then has_work() looks, see
        // run_queue::push().
        idle_count_.fetch_add(1, std::memory_order_seq_cst);
    }
    if (!has_work(self)) {
        sleep(self);
    }
    {
        const platform::scoped_lock lock{self.mutex};
        self.notified = false;
    }
    {
        const platform::scoped_lock lock{idle_mutex_};
        if (std::erase(idle_, &self) > 0) {
            // Dekker with sentinel::sleep(), which reads idle_count_ in all_parked().
            idle_count_.fetch_sub(1, std::memory_order_seq_cst);
        }
    }
    self.was_parked = self.more_is_due = true;
    for (unsigned i = 0; i < shard_count(); ++i) {
        // All shards, since another scheduler thread may be stuck in a turn. This thread checks its
        // own timers again before the next turn, see `more_is_due`.
        fire_due(threads_[i]->timers, timers_a_turn);
    }
}

void thread_scheduler::sleep(scheduler_thread& self) {
    self.messages.store(base::messages_here, std::memory_order_relaxed);
    note_asleep(self);
    {
        platform::unique_lock lock{self.mutex};
        const auto is_notified = [&]() COPPICE_REQUIRES(self.mutex) { return self.notified; };
        const auto due = self.timers.next_due();
        if (due == time::never) {
            self.woken.wait(lock.native(), is_notified);
        } else if (!self.woken.wait_for(lock.native(), sleep_for(self, due), is_notified)) {
            self.last_timer_at = clock_.now();
        }
    }
    note_awake(self);
}

void thread_scheduler::note_asleep(scheduler_thread& self) const noexcept {
    // Release: pairs with the acquires in view_of().
    self.slept.store(self.slept.load(std::memory_order_relaxed) - clock_.now().count() - 1,
                     std::memory_order_release);
}

void thread_scheduler::note_awake(scheduler_thread& self) const noexcept {
    // Release: pairs with the acquires in view_of().
    self.slept.store(self.slept.load(std::memory_order_relaxed) + 1 + clock_.now().count(),
                     std::memory_order_release);
}

std::vector<lane_view> thread_scheduler::look_at_lanes() const {
    std::vector<lane_view> out;
    out.reserve(threads_.size());
    for (const auto& each : threads_) {
        out.push_back(view_of(*each));
    }
    return out;
}

/// A spare without a thread counts as asleep.
lane_view thread_scheduler::view_of(const scheduler_thread& each) const noexcept {
    lane_view out;
    out.index = each.index;
    out.is_spare = each.is_spare;
    out.is_active = each.active.load(std::memory_order_relaxed);
    out.queue_len = each.queue.size() + (each.woken_slot.empty() ? 0U : 1U) +
                    (each.yielded_slot.empty() ? 0U : 1U);
    out.turns = each.turns.load(std::memory_order_relaxed);
    out.steals = each.steals.load(std::memory_order_relaxed);
    out.messages = each.messages.load(std::memory_order_relaxed);
    std::int64_t slept = 0;
    std::int64_t now = 0;
    do {  // seqlock-like: `now` was read while `slept` did not change
        // Acquire: pairs with the releases in note_asleep() and note_awake().
        slept = each.slept.load(std::memory_order_acquire);
        now = clock_.now().count();
    } while (each.slept.load(std::memory_order_acquire) != slept);
    out.busy = std::chrono::nanoseconds{slept < 0 ? -(slept + 1) : now - slept};
    out.running = each.running.load(std::memory_order_relaxed);
    return out;
}

/// How long to sleep. Where timers follow each other closely, the thread sleeps past some of them:
/// to sleep and wake up for each timer would cost more than the work of all these timers.
std::chrono::nanoseconds thread_scheduler::sleep_for(const scheduler_thread& self,
                                                     std::chrono::nanoseconds due) const noexcept {
    const auto now = clock_.now();
    const bool timers_are_frequent = now - self.last_timer_at < timer_pause;
    return std::clamp(due - now, timers_are_frequent ? timer_pause : 0ns, longest_sleep);
}

bool thread_scheduler::all_parked() const noexcept {
    // Dekker, see sentinel::sleep(). Pairs with park() and wake_one(), and with start_spare() and
    // release_runnables().
    return idle_count_.load(std::memory_order_seq_cst) == active_.load(std::memory_order_seq_cst);
}

bool thread_scheduler::start_spare(scheduler_thread& spare) {
    // Release: pairs with the acquire in steal().
    in_use_.store(std::max(in_use_.load(std::memory_order_relaxed), spare.index + 1),
                  std::memory_order_release);
    spare.active.store(true, std::memory_order_relaxed);
    // Pairs with all_parked().
    active_.fetch_add(1, std::memory_order_seq_cst);
    try {
        launch(spare);
        return true;
    } catch (const std::exception&) {  // no thread or no memory available
        spare.active.store(false, std::memory_order_relaxed);
        // Pairs with all_parked().
        active_.fetch_sub(1, std::memory_order_seq_cst);
        return false;
    }
}

void thread_scheduler::retire_spare(scheduler_thread& spare) {
    spare.retires.store(true, std::memory_order_relaxed);
    spare.notify();
}

void thread_scheduler::join_spare(scheduler_thread& spare) {
    {
        const platform::scoped_lock lock{ended_mutex_};
        if (!spare.ended || !spare.thread.joinable()) {
            return;
        }
    }
    spare.thread.join();
    spare.retires.store(false, std::memory_order_relaxed);
    spare.active.store(false, std::memory_order_relaxed);
}

/// Gives the runnables that a spare has left to all threads.
void thread_scheduler::release_runnables(scheduler_thread& leaving) noexcept {
    while (runnable* kept = leaving.take_from_slots()) {
        injector_.push(*kept);
    }
    while (runnable* waiting = leaving.queue.pop()) {
        injector_.push(*waiting);
    }
    // Pairs with all_parked().
    active_.fetch_sub(1, std::memory_order_seq_cst);
    wake_if_needed();
}

void thread_scheduler::fire_due(time::timer_queue& timers) noexcept {
    while (fire_due(timers, timers_a_turn)) {
    }
}

/// True if `at_most` timers have fired, so that more may be due.
bool thread_scheduler::fire_due(time::timer_queue& timers, unsigned at_most) noexcept {
    if (timers.due_not_before() == time::never) {
        return false;
    }
    time::timer_list undelivered{};
    const bool may_be_more = timers.fire_due(clock_.now(), at_most, undelivered) == at_most;
    if (!undelivered.empty() && leftovers_.add(undelivered)) {
        enqueue(leftovers_);
    }
    return may_be_more;
}

}  // namespace coppice::sched
