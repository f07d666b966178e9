// SPDX-License-Identifier: Apache-2.0

#include "process/timers.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "process/caller.hpp"
#include "process/timer_value.hpp"

namespace coppice {
namespace detail {
namespace {

/// If no process takes the message, the caller keeps the message.
void deliver_message(runtime_core& world, const pid& to, owned_message& message) noexcept {
    if (world.offer(to, *message).is_accepted()) {
        static_cast<void>(message.release());
    }
}

/// Prepares a message for the route, before the message waits in a timer.
owned_message prepared(runtime_core& world, owned_message leaving) noexcept {
    if (process_layer::signal_route* const way = world.to_pids().opened(); way != nullptr) {
        way->prepare(*leaving);
    }
    return leaving;
}

using sight_kind = time::timer_sight::kind;

struct send_to_pid final : time::timer_action {
    send_to_pid(runtime_core& w, const pid& t, owned_message m)
        : world{w}, to{t}, message{prepared(w, std::move(m))} {}
    void fire() noexcept override { deliver_message(world, to, message); }
    time::timer_sight sight() const noexcept override { return {sight_kind::message, to, {}}; }
    bool is_spent() const noexcept override { return message == nullptr; }
    runtime_core& world;
    pid to;
    owned_message message;
};

struct send_to_name final : time::timer_action {
    send_to_name(runtime_core& w, std::string t, owned_message m)
        : world{w}, to{std::move(t)}, message{prepared(w, std::move(m))} {}
    void fire() noexcept override {
        if (const pid named = world.names().find(to)) {
            deliver_message(world, named, message);
        }
    }
    time::timer_sight sight() const noexcept override { return {sight_kind::message, {}, to}; }
    bool is_spent() const noexcept override { return message == nullptr; }
    runtime_core& world;
    std::string to;
    owned_message message;
};

/// To the process that has a key of a registry when the timer fires.
struct send_by_way_of final : time::timer_action {
    send_by_way_of(runtime_core& w, address t, owned_message m)
        : world{w}, to{std::move(t)}, message{prepared(w, std::move(m))} {}
    void fire() noexcept override {
        if (const pid found = to.via()->whereis_in(world)) {
            deliver_message(world, found, message);
        }
    }
    time::timer_sight sight() const noexcept override { return {sight_kind::message, {}, {}}; }
    bool is_spent() const noexcept override { return message == nullptr; }
    runtime_core& world;
    address to;
    owned_message message;
};

struct send_wrapped final : time::timer_action {
    using envelope = value_message<timeout_message>;

    send_wrapped(runtime_core& w, const pid& t, owned_message m, unsigned s)
        : world{w},
          to{t},
          message{prepared(
              w, owned_message{new envelope{timeout_message{{}, any_message{std::move(m)}}}})},
          shard{s} {}
    void fire() noexcept override {
        static_cast<envelope&>(*message).value.from = process_layer::value_of({shard, id});
        deliver_message(world, to, message);
    }
    time::timer_sight sight() const noexcept override {
        return {sight_kind::wrapped_message, to, {}};
    }
    bool is_spent() const noexcept override { return message == nullptr; }
    runtime_core& world;
    pid to;
    owned_message message;
    unsigned shard;
};

void require_not_negative(nanoseconds after) {
    if (after < nanoseconds::zero()) {
        throw badarg_error{"a timer's time is negative; it has to be zero or more"};
    }
}

/// Sets a timer with a message. The time begins now, so the timer goes before timers that are
/// set later and due later.
timer arm(runtime_core& world, unsigned shard, nanoseconds after, std::uint64_t owner,
          time::action_ptr action) {
    sched::scheduler& scheduler = world.scheduler();
    const nanoseconds deadline = time::deadline_after(scheduler.clock().now(), after);
    const auto added = scheduler.timers(shard).add(deadline, owner, std::move(action));
    if (added.sooner) {
        scheduler.timer_added(shard);
    }
    return process_layer::value_of({shard, added.id});
}

/// The shard of the process with the name, or else the name's own shard, so timers for one name go in order.
unsigned shard_of(runtime_core& world, std::string_view name) {
    sched::scheduler& scheduler = world.scheduler();
    const pid named = world.names().find(name);
    if (const auto shard = world.to_pids().mark_timed(named, scheduler.local_shard())) {
        return *shard;
    }
    return static_cast<unsigned>(process_layer::name_key{name}.hash() % scheduler.shard_count());
}

/// `make` makes the action for a shard. If the process has ended, the result is as for a
/// timer cancelled by the end. `to` is a copy: the pid may be a part of the message, and the timer may fire
/// before the function returns.
template <class Make>
timer arm_for(pid to, nanoseconds after, Make make) {
    runtime_core* const here = process_layer::runtime_of_caller();
    if (here == nullptr) {
        return {};
    }
    require_not_negative(after);
    runtime_core& world = *here;
    process_layer::route& receivers = world.to_pids();
    if (receivers.is_elsewhere(to)) {
        throw badarg_error{
            "the receiver of a timer must be a process of this node; let a process of this node "
            "forward the message"};
    }
    const auto shard = receivers.mark_timed(to, world.scheduler().local_shard());
    if (!shard) {
        return {};
    }
    const timer armed =
        arm(world, *shard, after, process_layer::timer_owner(to), make(world, *shard));
    if (receivers.is_dying(to)) {
        world.scheduler().timers(*shard).cancel_all_of(process_layer::timer_owner(to));
    }
    return armed;
}

}  // namespace

timer add_timer(nanoseconds after, const pid& to, owned_message sent) {
    return arm_for(to, after, [&](runtime_core& world, unsigned) {
        return std::make_unique<send_to_pid>(world, to, std::move(sent));
    });
}

timer add_timer(nanoseconds after, const address& to, owned_message sent) {
    if (!to.is_name() && !to.is_via()) {
        return add_timer(after, to.who(), std::move(sent));
    }
    runtime_core* const here = process_layer::runtime_of_caller();
    if (here == nullptr) {
        return {};
    }
    require_not_negative(after);
    if (to.is_via()) {
        // One shard for each key, so timers for one key go in order.
        const auto shard = to.via()->hash() % here->scheduler().shard_count();
        return arm(*here, static_cast<unsigned>(shard), after, 0,
                   std::make_unique<send_by_way_of>(*here, to, std::move(sent)));
    }
    return arm(*here, shard_of(*here, to.name()), after, 0,
               std::make_unique<send_to_name>(*here, to.name(), std::move(sent)));
}

timer add_wrapping_timer(nanoseconds after, const pid& to, owned_message sent) {
    return arm_for(to, after, [&](runtime_core& world, unsigned shard) {
        return std::make_unique<send_wrapped>(world, to, std::move(sent), shard);
    });
}

}  // namespace detail

namespace process_layer {
namespace {

timer_kind kind_of(time::timer_sight::kind effect) noexcept {
    switch (effect) {
        case detail::sight_kind::wrapped_message:
            return timer_kind::start_timer;
        case detail::sight_kind::end_of_wait:
            return timer_kind::wait;
        default:
            return timer_kind::send_after;
    }
}

constexpr auto due_first = [](const timer_glance& left, const timer_glance& right) {
    return left.due < right.due;
};

/// The `limit` soonest of all offered timers, as a heap: the top is due last.
class soonest {
  public:
    explicit soonest(std::size_t limit) : limit_{limit} {}
    void offer(timer_glance offered, const time::timer_sight& sight) {
        if (found_.size() == limit_) {
            if (!due_first(offered, found_.front())) {
                return;
            }
            std::ranges::pop_heap(found_, due_first);
            found_.pop_back();
        }
        offered.name = sight.name;
        found_.push_back(std::move(offered));
        std::ranges::push_heap(found_, due_first);
    }
    std::vector<timer_glance> all() && {
        std::ranges::sort_heap(found_, due_first);
        return std::move(found_);
    }

  private:
    const std::size_t limit_;
    std::vector<timer_glance> found_;
};

}  // namespace

std::vector<timer_glance> glance_at_timers(detail::runtime_core& world, std::size_t limit) {
    soonest found{limit};
    sched::scheduler& scheduler = world.scheduler();
    for (unsigned shard = 0; limit > 0 && shard < scheduler.shard_count(); ++shard) {
        // Read for each shard: a wait that began after the reading would end early.
        const nanoseconds now = scheduler.clock().now();
        scheduler.timers(shard).begin_undated(now);  // each gets an action while there is memory
        scheduler.timers(shard).for_each([&](const time::timer_action& each) {
            const time::timer_sight sight = each.sight();
            const nanoseconds due = each.deadline < nanoseconds::zero()
                                        ? -each.deadline  // the time has yet to begin
                                        : std::max(each.deadline - now, nanoseconds::zero());
            const timer armed = value_of({shard, each.id});
            found.offer({armed, kind_of(sight.effect), due, sight.to, {}}, sight);
        });
    }
    return std::move(found).all();
}

}  // namespace process_layer

using namespace detail;

namespace {

/// Asks a timer's queue for the deadline with `ask`; returns the time left until then.
template <class Ask>
std::optional<nanoseconds> remaining(timer which, Ask ask) {
    runtime_core* const here = process_layer::runtime_of_caller();
    if (here == nullptr) {
        return std::nullopt;
    }
    sched::scheduler& scheduler = here->scheduler();
    const process_layer::timer_place where = process_layer::place_of(which.value());
    if (!which || where.shard >= scheduler.shard_count()) {
        return std::nullopt;
    }
    const std::optional<nanoseconds> deadline = ask(scheduler.timers(where.shard), where.id);
    if (!deadline) {
        return std::nullopt;
    }
    if (*deadline < nanoseconds::zero()) {
        return -*deadline;  // the time has yet to begin
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
