// SPDX-License-Identifier: Apache-2.0
// Messages for later, by the million. CAF cannot take one of them back.

#include <algorithm>
#include <chrono>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;
using namespace std::chrono_literals;

using tick = atom_constant<atom("tick")>;

/// Far away and in no order.
void set_timers(event_based_actor* self, int count) {
    for (int i = 0; i < count; ++i) {
        const auto spread = std::chrono::milliseconds{i * 7919LL % 1'000'003};
        self->delayed_send(self, 1h + spread, tick::value);
    }
}

behavior setter(event_based_actor* self, actor starter) {
    return {[self, starter](go, int count) {
        set_timers(self, warm_up(count));
        const stopwatch clock;
        set_timers(self, count);
        self->send(starter, clock.ns_each(count));
    }};
}

struct firing {
    actor_clock::time_point began = {};
    int left = 0;
};

/// All are due at one moment; the clock starts then, or when the last is set if that is later.
behavior firer(stateful_actor<firing>* self, actor starter) {
    return {
        [self](go, int count) {
            const auto due =
                actor_clock::clock_type::now() + 100ms + std::chrono::microseconds{2LL * count};
            for (int i = 0; i < count; ++i) {
                self->scheduled_send(self, due, tick::value);
            }
            self->state = {std::max(due, actor_clock::clock_type::now()), count};
        },
        [self, starter](tick) {
            if (--self->state.left == 0) {
                const auto took = actor_clock::clock_type::now() - self->state.began;
                self->send(starter, std::chrono::duration<double, std::nano>{took}.count());
            }
        },
    };
}

double told(scoped_actor& me) {
    double value = 0;
    me->receive([&value](double is) { value = is; });
    return value;
}

}  // namespace

double timer_set(actor_system& system, int count) {
    scoped_actor me{system};
    me->send(system.spawn(setter, handle_of(me)), go::value, count);
    const double each = told(me);
    system.clock().cancel_all();
    return each;
}

double timer_fire(actor_system& system, int count) {
    scoped_actor me{system};
    me->send(system.spawn(firer, handle_of(me)), go::value, count);
    return told(me) / count;
}

}  // namespace bench
