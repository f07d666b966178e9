// SPDX-License-Identifier: Apache-2.0
// Delayed messages, by the million. CAF cannot cancel a single delayed message.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;
using namespace std::chrono_literals;

using tick = atom_constant<atom("tick")>;

/// Far in the future, in no order.
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
    std::clock_t used = 0;
    int left = 0;
};

/// A time by which `count` timers are set.
actor_clock::time_point time_to_set(int count) {
    return actor_clock::clock_type::now() + 100ms + std::chrono::microseconds{2LL * count};
}

/// Due one after another within a second. Measures processor time.
behavior fire_within_a_second(stateful_actor<firing>* self, actor starter) {
    return {
        [self](go, int count) {
            const auto first = time_to_set(count);
            for (int i = 0; i < count; ++i) {
                const std::chrono::nanoseconds later = 1'000'000'000ns * i / count;
                self->scheduled_send(self, first + later, tick::value);
            }
            self->state.used = std::clock();
            self->state.left = count;
        },
        [self, starter](tick) {
            if (--self->state.left == 0) {
                const auto used = static_cast<double>(std::clock() - self->state.used);
                self->send(starter, used / CLOCKS_PER_SEC * 1e9);
            }
        },
    };
}

/// All are due at one moment. The clock starts at that moment, or when the last timer is set, if later.
behavior fire_at_once(stateful_actor<firing>* self, actor starter) {
    return {
        [self](go, int count) {
            const auto due = time_to_set(count);
            for (int i = 0; i < count; ++i) {
                self->scheduled_send(self, due, tick::value);
            }
            self->state.began = std::max(due, actor_clock::clock_type::now());
            self->state.left = count;
        },
        [self, starter](tick) {
            if (--self->state.left == 0) {
                const auto took = actor_clock::clock_type::now() - self->state.began;
                self->send(starter, std::chrono::duration<double, std::nano>{took}.count());
            }
        },
    };
}

behavior never_rest(event_based_actor* self) {
    self->send(self, tick::value);
    return {[self](tick) { self->send(self, tick::value); }};
}

struct lateness {
    stopwatch asleep = {};
    std::vector<double> samples = {};
};

void sleep_a_little(stateful_actor<lateness>* self) {
    self->state.asleep = {};
    self->delayed_send(self, 1ms, tick::value);
}

behavior wake_up(stateful_actor<lateness>* self, actor starter, int count) {
    sleep_a_little(self);
    return {[self, starter, count](tick) {
        std::vector<double>& samples = self->state.samples;
        samples.push_back(self->state.asleep.ns() - 1e6);
        if (static_cast<int>(samples.size()) < count) {
            sleep_a_little(self);
        } else {
            self->send(starter, samples);
        }
    }};
}

figures p50_and_p99(std::vector<double>& samples) {
    std::sort(samples.begin(), samples.end());
    const std::size_t last = samples.size() - 1;
    return {{"_p50", samples[last / 2]}, {"_p99", samples[last * 99 / 100]}};
}

double told(scoped_actor& me) {
    double value = 0;
    me->receive([&value](double is) { value = is; });
    return value;
}

}  // namespace

figures timer_set(actor_system& system, int count) {
    scoped_actor me{system};
    me->send(system.spawn(setter, handle_of(me)), go::value, count);
    const double each = told(me);
    system.clock().cancel_all();
    return each;
}

figures timer_fire(actor_system& system, int count) {
    scoped_actor me{system};
    me->send(system.spawn(fire_within_a_second, handle_of(me)), go::value, count);
    return told(me) / count;
}

figures timer_burst(actor_system& system, int count) {
    scoped_actor me{system};
    me->send(system.spawn(fire_at_once, handle_of(me)), go::value, count);
    return told(me) / count;
}

figures fairness(actor_system& system, int count) {
    scoped_actor me{system};
    std::vector<actor> restless;
    for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
        restless.push_back(system.spawn(never_rest));
    }
    const actor sleeper = system.spawn(wake_up, handle_of(me), count);
    std::vector<double> late;
    me->receive([&late](std::vector<double>& samples) { late = std::move(samples); });
    kill_all(restless);
    return p50_and_p99(late);
}

}  // namespace bench
