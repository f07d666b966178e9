// SPDX-License-Identifier: Apache-2.0
// The begin of every wait, and the timers of waits and of servers.

#include <chrono>
#include <memory>
#include <utility>

#include "base/turn.hpp"
#include "process/caller.hpp"
#include "process/timer_value.hpp"

namespace coppice::detail {
namespace {

/// Action and signal in one. Until the timer fires, `from` is the receiver.
struct send_timeout final : time::timer_action, process_layer::timeout_signal {
    send_timeout(runtime_core& w, const pid& to, std::uint64_t g) : world{w} {
        from = to;
        tag = g;
    }
    void fire() noexcept override { world.deliver(std::exchange(from, {}), this); }
    timer_action* fire_and_release() noexcept override {
        fire();
        return nullptr;
    }
    time::timer_sight sight() const noexcept override {
        return {time::timer_sight::kind::end_of_wait, from, {}};
    }
    runtime_core& world;
};

/// If the clock is slow to read, the time of such a long wait begins when the thread next dates timers.
constexpr nanoseconds long_wait = std::chrono::seconds{1};

bool begins_late(nanoseconds after, const sched::place& here) noexcept {
    return after >= long_wait && here.clock_is_slow;
}

/// Dates the undated timers if they are many, and wakes the thread of the timers if it has to come sooner.
void announce(const time::timer_queue::armed& added, sched::scheduler& scheduler,
              const sched::place& here) noexcept {
    if (added.many) {
        here.timers.begin_undated(scheduler.clock().now());
    }
    if (added.sooner) {
        scheduler.timer_added(here.shard);
    }
}

}  // namespace

// The timer of a wait only ends the wait, so there is no order to keep between dated and undated timers.
struct timed_waiter::arming {
    static time::action_ptr action_of(const wait_timer& timer) {
        const auto& wait = static_cast<const timed_waiter&>(timer);
        const process& owner = *wait.owner_;
        return std::make_unique<send_timeout>(owner.world(), owner.self(), wait.tag_);
    }

    [[gnu::always_inline]] static void begin_undated(timed_waiter& wait,
                                                     sched::scheduler& scheduler,
                                                     const sched::place& here,
                                                     nanoseconds timeout) noexcept {
        wait.has_timer_ = true;
        const auto added = here.timers.add_undated(timeout, wait, &action_of);
        if (added.sooner || added.many) [[unlikely]] {
            announce(added, scheduler, here);
        }
    }

    [[gnu::noinline]] static void begin_dated(timed_waiter& wait, sched::scheduler& scheduler,
                                              const sched::place& here, nanoseconds timeout) {
        try {
            const auto added = here.timers.add(
                time::deadline_after(scheduler.clock().now(), timeout), wait, &action_of);
            wait.has_timer_ = true;
            announce(added, scheduler, here);
        } catch (...) {
            wait.finish();
            throw;
        }
    }
};

// Every wait begins in one of two functions. The order: the wait is registered, the timer starts, and then the
// awaitable starts the awaited operation. Both are inlined into no coroutine, see base/turn.hpp.

[[gnu::always_inline]] inline process& waiter::begin(std::coroutine_handle<> here,
                                                     bool only_polls) {
    process* const self = base::this_turn.whose;
    if (self == nullptr) [[unlikely]] {
        process_layer::refuse_wait_outside();
    }
    owner_ = self;
    resumes = here;
    polls = only_polls;
    self->wait_on(*this);
    return *self;
}

[[gnu::noinline]] void waiter::suspend(std::coroutine_handle<> here) {
    begin(here, false);
}

[[gnu::noinline]] void timed_waiter::begin(std::coroutine_handle<> here, nanoseconds timeout,
                                           bool is_answered) {
    runtime_core& world = waiter::begin(here, timeout <= nanoseconds::zero()).world();
    const bool is_timed = !polls && timeout != forever;
    if (is_timed || is_answered) {
        sched::scheduler& scheduler = world.scheduler();
        const sched::place& place = scheduler.here();
        tag_ = world.new_tag(place.lane);
        if (is_timed) {
            begins_late(timeout, place) ? arming::begin_undated(*this, scheduler, place, timeout)
                                        : arming::begin_dated(*this, scheduler, place, timeout);
        }
    }
}

void waiter::end_timer() noexcept {
    if (has_timer_) {
        has_timer_ = false;
        wait_timer& timer = static_cast<timed_waiter&>(*this);
        static_cast<time::timer_queue*>(timer.queue)->cancel(timer);
    }
}

void waiter::finish() noexcept {
    COPPICE_EXPECTS(owner_ != nullptr, "finish a wait that has begun");
    end_timer();
    owner_->forget_wait(*this);
}

std::uint64_t start_tag_timer(nanoseconds after, std::uint64_t tag) {
    const process_layer::caller me;
    if (!me) {
        return 0;
    }
    runtime_core& world = me->world();
    sched::scheduler& scheduler = world.scheduler();
    const sched::place& place = scheduler.here();
    auto action = std::make_unique<send_timeout>(world, me->self(), tag);
    const auto added = begins_late(after, place)
                           ? place.timers.add_undated(after, 0, std::move(action))
                           : place.timers.add(time::deadline_after(scheduler.clock().now(), after),
                                              0, std::move(action));
    announce(added, scheduler, place);
    return process_layer::value_of({place.shard, added.id}).value();
}

void cancel_tag_timer(runtime_core& world, std::uint64_t value) noexcept {
    const process_layer::timer_place where = process_layer::place_of(value);
    world.scheduler().timers(where.shard).cancel(where.id);
}

void cancel_tag_timer(std::uint64_t value) noexcept {
    if (const process* self = base::current_process()) {
        cancel_tag_timer(self->world(), value);
    }
}

}  // namespace coppice::detail
