// SPDX-License-Identifier: Apache-2.0

#include "sched/worker_scheduler.hpp"

#include <algorithm>
#include <utility>

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t slot_streak_max = 64;    // then the queue gets its turn
constexpr std::uint32_t timer_check_turns = 16;  // reading the clock costs as much as a message
constexpr std::uint32_t injector_check_turns =
    61;  // prime, to fall out of step with user's patterns
constexpr auto watch_interval = 2ms;
constexpr std::chrono::nanoseconds longest_sleep = 1h;  // a time_point of more may overflow

void pause_cpu() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

struct alignas(64) worker_scheduler::worker {
    worker(worker_scheduler& s, unsigned i) : scheduler{&s}, index{i} {}

    worker_scheduler* const scheduler;
    const unsigned index;
    run_queue queue;
    std::atomic<runnable*> slot{
        nullptr};  ///< Runs next. Its worker and stuck-slot thieves exchange it.
    std::atomic<std::uint64_t> turns{0};  ///< Written by its worker; thieves watch it.
    std::uint32_t slot_streak = 0;        ///< Its worker only.
    std::uint32_t tick = 0;               ///< Its worker only.
    bool timers_wait = true;              ///< A long turn may be over. Its worker only.
    bool was_parked = false;              ///< And has had no turn since. Its worker only.
    std::vector<std::uint64_t>
        seen_turns;  ///< Of each other worker, when it began to search. Own only.
    time::timer_queue timers;
    std::mutex mutex;
    std::condition_variable woken;
    bool notified = false;  ///< Guarded by mutex.
    bool ended = false;     ///< Guarded by the scheduler's ended_mutex_.
    std::thread thread;
};

thread_local worker_scheduler::worker* worker_scheduler::current_worker = nullptr;

worker_scheduler::worker_scheduler(settings chosen) : settings_{chosen} {
    for (unsigned i = 0; i < std::max(chosen.workers, 1U); ++i) {
        workers_.push_back(std::make_unique<worker>(*this, i));
        workers_.back()->seen_turns.resize(std::max(chosen.workers, 1U));
    }
}

worker_scheduler::~worker_scheduler() = default;

void worker_scheduler::start(const std::shared_ptr<void>& keep_alive) {
    for (auto& each : workers_) {
        each->thread = std::thread{[this, self = each.get(), keep = keep_alive] { work(*self); }};
    }
}

unsigned worker_scheduler::stop(std::chrono::steady_clock::time_point deadline) {
    stopping_.store(true, std::memory_order_seq_cst);
    for (auto& each : workers_) {
        const std::scoped_lock lock{each->mutex};
        each->notified = true;
        each->woken.notify_one();
    }
    unsigned left = 0;
    for (auto& each : workers_) {
        if (!each->thread.joinable()) {
            continue;
        }
        std::unique_lock lock{ended_mutex_};
        if (ended_changed_.wait_until(lock, deadline, [&] { return each->ended; })) {
            lock.unlock();
            each->thread.join();
        } else {
            each->thread.detach();
            ++left;
        }
    }
    return left;
}

worker_scheduler::worker* worker_scheduler::own_worker() const noexcept {
    worker* self = current_worker;
    return self != nullptr && self->scheduler == this ? self : nullptr;
}

void worker_scheduler::enqueue(runnable& woken) noexcept {
    worker* self = own_worker();
    if (self == nullptr) {
        injector_.push(woken);
        wake_if_needed();
        return;
    }
    // Release: pairs with the acquire of a thief. The owner's own exchange needs no order.
    runnable* displaced = self->slot.exchange(&woken, std::memory_order_acq_rel);
    if (displaced != nullptr) {
        push(*self, *displaced);
    }
}

void worker_scheduler::enqueue_back(runnable& tired) noexcept {
    worker* self = own_worker();
    if (self == nullptr) {
        injector_.push(tired);
        wake_if_needed();
    } else {
        self->timers_wait = true;
        push(*self, tired);
    }
}

void worker_scheduler::push(worker& self, runnable& added) noexcept {
    if (!self.queue.push(added)) {
        injector_.push(added);
    }
    wake_if_needed();
}

void worker_scheduler::wake_if_needed() noexcept {
    if (idle_count_.load(std::memory_order_seq_cst) > 0 &&
        searching_.load(std::memory_order_seq_cst) == 0) {
        wake_one();
    }
}

void worker_scheduler::wake_one() noexcept {
    worker* chosen = nullptr;
    {
        const std::scoped_lock lock{idle_mutex_};
        if (idle_.empty()) {
            return;
        }
        chosen = idle_.back();
        idle_.pop_back();
        idle_count_.fetch_sub(1, std::memory_order_seq_cst);
    }
    const std::scoped_lock lock{chosen->mutex};
    chosen->notified = true;
    chosen->woken.notify_one();
}

unsigned worker_scheduler::local_shard() const noexcept {
    const worker* self = own_worker();
    return self == nullptr ? 0 : self->index;
}

unsigned worker_scheduler::shard_count() const noexcept {
    return static_cast<unsigned>(workers_.size());
}

time::timer_queue& worker_scheduler::timers(unsigned shard) noexcept {
    return workers_[shard]->timers;
}

void worker_scheduler::timer_added(unsigned shard) noexcept {
    worker& owner = *workers_[shard];
    if (&owner == current_worker) {
        return;  // awake, and will look before it sleeps
    }
    const std::scoped_lock lock{owner.mutex};
    owner.notified = true;
    owner.woken.notify_one();
}

void worker_scheduler::work(worker& self) {
    current_worker = &self;
    while (!stopping_.load(std::memory_order_relaxed)) {
        if (++self.tick % timer_check_turns == 0 || std::exchange(self.timers_wait, false)) {
            fire_due(self.timers);
        }
        runnable* next = next_of(self);
        if (next == nullptr) {
            next = search(self);
        }
        if (next == nullptr) {
            park(self);
            continue;
        }
        if (std::exchange(self.was_parked, false)) {
            keep_watched();
        }
        self.turns.fetch_add(1, std::memory_order_relaxed);
        next->run_turn();
    }
    current_worker = nullptr;
    const std::scoped_lock lock{ended_mutex_};
    self.ended = true;
    ended_changed_.notify_all();
}

runnable* worker_scheduler::next_of(worker& self) noexcept {
    if (self.tick % injector_check_turns == 0) {
        if (runnable* outside = injector_.pop()) {
            return outside;
        }
    }
    if (self.slot_streak >= slot_streak_max) {
        self.slot_streak = 0;
        if (runnable* waiting = self.queue.pop()) {
            return waiting;
        }
    }
    if (self.slot.load(std::memory_order_relaxed) != nullptr) {
        if (runnable* woken = self.slot.exchange(nullptr, std::memory_order_acq_rel)) {
            ++self.slot_streak;
            return woken;
        }
    }
    self.slot_streak = 0;
    if (runnable* waiting = self.queue.pop()) {
        return waiting;
    }
    return injector_.pop();
}

runnable* worker_scheduler::search(worker& self) noexcept {
    if (searching_.fetch_add(1, std::memory_order_seq_cst) > 0) {
        searching_.fetch_sub(1, std::memory_order_seq_cst);  // one who looks around is enough
        return nullptr;
    }
    for (auto& other : workers_) {
        self.seen_turns[other->index] = other->turns.load(std::memory_order_relaxed);
    }
    runnable* found = nullptr;
    const auto give_up = clock_.now() + settings_.spin;
    do {
        fire_due(self.timers);
        found = next_of(self);
        if (found == nullptr) {
            found = steal(self, false);
        }
        for (int i = 0; found == nullptr && i < 64; ++i) {
            pause_cpu();
        }
    } while (found == nullptr && clock_.now() < give_up &&
             !stopping_.load(std::memory_order_relaxed));
    if (found == nullptr) {
        found = steal(self, true);
    }
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    if (found != nullptr && something_to_do(self)) {
        wake_if_needed();  // whoever pushed meanwhile saw a searcher and woke nobody
    }
    return found;
}

runnable* worker_scheduler::steal(worker& self, bool stuck_slots_too) noexcept {
    const std::size_t count = workers_.size();
    for (std::size_t i = 1; i < count; ++i) {
        worker& victim = *workers_[(self.index + i) % count];
        if (runnable* stolen = victim.queue.steal_into(self.queue)) {
            return stolen;
        }
        const bool stuck =
            victim.turns.load(std::memory_order_relaxed) == self.seen_turns[victim.index];
        if (stuck_slots_too && stuck && victim.slot.load(std::memory_order_relaxed) != nullptr) {
            if (runnable* stolen = victim.slot.exchange(nullptr, std::memory_order_acq_rel)) {
                return stolen;
            }
        }
    }
    return nullptr;
}

bool worker_scheduler::something_to_do(const worker& self) const noexcept {
    return stopping_.load(std::memory_order_seq_cst) || !injector_.empty() ||
           self.timers.next_due() <= clock_.now() ||
           std::any_of(workers_.begin(), workers_.end(),
                       [](const auto& each) { return !each->queue.empty(); });
}

std::chrono::nanoseconds worker_scheduler::sleep_until(const worker& self,
                                                       bool watches) const noexcept {
    const auto own = self.timers.next_due();
    return watches ? std::min(own, clock_.now() + watch_interval) : own;
}

// A worker that gets up when all slept takes its turn unwatched, and may not come out of it again:
// so it gets another one up, which finds nothing to do and watches. Whoever parks meanwhile has
// either registered before this worker left, and is found here, or sees that it is busy.
void worker_scheduler::keep_watched() noexcept {
    if (idle_count_.load(std::memory_order_seq_cst) > 0 &&
        watchers_.load(std::memory_order_seq_cst) == 0) {
        wake_one();
    }
}

void worker_scheduler::park(worker& self) {
    bool watches = false;
    {
        const std::scoped_lock lock{idle_mutex_};
        idle_.push_back(&self);
        const unsigned idle = idle_count_.fetch_add(1, std::memory_order_seq_cst) + 1;
        watches = idle < workers_.size() && watchers_.load(std::memory_order_relaxed) == 0;
        watchers_.fetch_add(watches ? 1 : 0, std::memory_order_seq_cst);
    }
    if (!something_to_do(self)) {
        std::unique_lock lock{self.mutex};
        const auto until = sleep_until(self, watches);
        if (until == time::never) {
            self.woken.wait(lock, [&] { return self.notified; });
        } else {
            self.woken.wait_for(lock, std::min(until - clock_.now(), longest_sleep),
                                [&] { return self.notified; });
        }
    }
    {
        const std::scoped_lock lock{self.mutex};
        self.notified = false;
    }
    {
        const std::scoped_lock lock{idle_mutex_};
        if (std::erase(idle_, &self) > 0) {
            idle_count_.fetch_sub(1, std::memory_order_seq_cst);
        }
        watchers_.fetch_sub(watches ? 1 : 0, std::memory_order_seq_cst);
    }
    self.was_parked = true;
    for (auto& each : workers_) {
        fire_due(each->timers);  // also those of a worker that is stuck in a turn
    }
}

void worker_scheduler::fire_due(time::timer_queue& timers) noexcept {
    if (timers.next_due() == time::never) {
        return;
    }
    const auto now = clock_.now();
    while (auto due = timers.take_due(now)) {
        due->fire();
    }
}

}  // namespace coppice::sched
