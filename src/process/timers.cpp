// SPDX-License-Identifier: Apache-2.0

#include "process/timers.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "process/turn.hpp"

namespace coppice {
namespace detail {
namespace {

// A timer's value: a mark, so that it is never 0; 7 bits of shard; 24 of generation; 32 of slot.
constexpr std::uint64_t mark = std::uint64_t{1} << 63U;
constexpr unsigned shard_at = 56;
constexpr unsigned generation_at = 32;
constexpr std::uint64_t shard_mask = 0x7F;

struct place {
    unsigned shard;
    time::timer_id id;
};

place place_of(std::uint64_t value) noexcept {
    return {static_cast<unsigned>((value >> shard_at) & shard_mask),
            {static_cast<std::uint32_t>(value),
             static_cast<std::uint32_t>(value >> generation_at) & time::timer_id::generation_mask}};
}

timer value_of(const place& where) noexcept {
    return timer{mark | (std::uint64_t{where.shard} << shard_at) |
                 (std::uint64_t{where.id.generation} << generation_at) | where.id.slot};
}

struct send_to_pid final : time::timer_action {
    send_to_pid(runtime_core& w, const pid& t, owned_message m)
        : world{w}, to{t}, message{std::move(m)} {}
    void fire() noexcept override { world.deliver(to, message.release()); }
    runtime_core& world;
    pid to;
    owned_message message;
};

struct send_to_name final : time::timer_action {
    send_to_name(runtime_core& w, std::string t, owned_message m)
        : world{w}, to{std::move(t)}, message{std::move(m)} {}
    void fire() noexcept override {
        if (const pid named = world.names().find(to)) {
            world.deliver(named, message.release());
        }
    }
    runtime_core& world;
    std::string to;
    owned_message message;
};

struct send_timeout final : time::timer_action {
    send_timeout(runtime_core& w, const pid& t, std::uint64_t g) : world{w}, to{t}, tag{g} {}
    void fire() noexcept override {
        auto* due = new timeout_signal;
        due->tag = tag;
        world.deliver(to, due);
    }
    runtime_core& world;
    pid to;
    std::uint64_t tag;
};

struct send_wrapped final : time::timer_action {
    send_wrapped(runtime_core& w, const pid& t, owned_message m)
        : world{w}, to{t}, message{std::move(m)}, shard{w.scheduler().local_shard()} {}
    void fire() noexcept override {
        world.deliver(to, new value_message<timeout_message>(timeout_message{
                              value_of({shard, id}), any_message{std::move(message)}}));
    }
    runtime_core& world;
    pid to;
    owned_message message;
    unsigned shard;
};

void require_positive(nanoseconds after) {
    if (after < nanoseconds::zero()) {
        throw badarg_error{"a timer's time is negative; it has to be zero or more"};
    }
}

/// Whose time need not begin before the next reading of a clock that is slow to read.
constexpr nanoseconds long_wait = std::chrono::seconds{1};

time::timer_id add_to(time::timer_queue& timers, const platform::clock& clock, nanoseconds after,
                      std::uint64_t owner, time::action_ptr action) {
    if (after < long_wait || !clock.slow_to_read()) {
        return timers.add(time::deadline_after(clock.now(), after), owner, std::move(action));
    }
    const auto added = timers.add_undated(after, owner, std::move(action));
    if (added.many) {
        timers.begin_undated(clock.now());
    }
    return added.id;
}

/// Adds a timer to the queue of this thread's worker.
timer arm(runtime_core& world, nanoseconds after, std::uint64_t owner, time::action_ptr action) {
    sched::scheduler& scheduler = world.scheduler();
    const unsigned shard = scheduler.local_shard();
    const time::timer_id id =
        add_to(scheduler.timers(shard), scheduler.clock(), after, owner, std::move(action));
    scheduler.timer_added(shard);
    return value_of({shard, id});
}

/// A process that was declared dead while its handler goes on sends nothing later either.
bool caller_is_dead() {
    return !current_process()->inside();
}

timer arm_for(const pid& to, nanoseconds after, time::action_ptr action) {
    require_positive(after);
    runtime_core& world = current_world();
    process* slot = world.slot_of(to);
    if (caller_is_dead() || slot == nullptr || slot->is_dying(to.generation())) {
        return {};  // as if it had been cancelled by its process's end
    }
    slot->mark_timed();
    const timer armed = arm(world, after, timer_owner(to), std::move(action));
    if (slot->is_dying(to.generation())) {
        const unsigned shard = place_of(armed.value()).shard;
        world.scheduler().timers(shard).cancel_all_of(timer_owner(to));
    }
    return armed;
}

}  // namespace

timer add_timer(nanoseconds after, const pid& to, owned_message sent) {
    return arm_for(to, after, std::make_unique<send_to_pid>(current_world(), to, std::move(sent)));
}

timer add_timer(nanoseconds after, std::string_view to, owned_message sent) {
    require_positive(after);
    runtime_core& world = current_world();
    if (caller_is_dead()) {
        return {};
    }
    return arm(world, after, 0,
               std::make_unique<send_to_name>(world, std::string{to}, std::move(sent)));
}

timer add_wrapping_timer(nanoseconds after, const pid& to, owned_message sent) {
    return arm_for(to, after, std::make_unique<send_wrapped>(current_world(), to, std::move(sent)));
}

std::uint64_t start_tag_timer(nanoseconds after, std::uint64_t tag) {
    runtime_core& world = current_world();
    return arm(world, after, 0, std::make_unique<send_timeout>(world, current_pid(), tag)).value();
}

void cancel_tag_timer(runtime_core& world, std::uint64_t value) noexcept {
    const place where = place_of(value);
    world.scheduler().timers(where.shard).cancel(where.id);
}

void cancel_tag_timer(std::uint64_t value) noexcept {
    if (const process* self = current_process()) {
        cancel_tag_timer(self->world(), value);
    }
}

}  // namespace detail

using namespace detail;

namespace {

/// Asks a timer's queue for its deadline with `ask`; answers the time left until then.
template <class Ask>
std::optional<nanoseconds> remaining(timer which, Ask ask) {
    sched::scheduler& scheduler = current_world().scheduler();
    const place where = place_of(which.value());
    if (!which || where.shard >= scheduler.shard_count()) {
        return std::nullopt;
    }
    const std::optional<nanoseconds> deadline = ask(scheduler.timers(where.shard), where.id);
    if (!deadline) {
        return std::nullopt;
    }
    if (*deadline < nanoseconds::zero()) {
        return -*deadline;  // its time has yet to begin
    }
    return std::max(*deadline - scheduler.clock().now(), nanoseconds::zero());
}

}  // namespace

std::optional<std::chrono::nanoseconds> cancel_timer(timer which) {
    return remaining(which, [](auto& timers, time::timer_id id) { return timers.cancel(id); });
}

std::optional<std::chrono::nanoseconds> read_timer(timer which) {
    return remaining(which, [](auto& timers, time::timer_id id) { return timers.deadline_of(id); });
}

}  // namespace coppice
