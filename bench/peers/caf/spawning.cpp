// SPDX-License-Identifier: Apache-2.0
// The cost of an actor: time to start and end, and memory.

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;

struct progress {
    int left = 0;
    std::vector<actor> all = {};
};
using spawner = stateful_actor<progress>;

void say_hello(event_based_actor* self, const actor& to) {
    self->send(to, hello::value);
}

behavior spawn_and_hear(spawner* self, actor starter) {
    return {
        [self](go, int count) {
            self->state.left = count;
            for (int i = 0; i < count; ++i) {
                self->spawn(say_hello, actor{self});
            }
        },
        [self, starter](hello) {
            if (--self->state.left == 0) {
                self->send(starter, done::value);
            }
        },
    };
}

void spawn_next(event_based_actor* self, const actor& first, int left) {
    if (left == 0) {
        self->send(first, done::value);
    } else {
        self->spawn(spawn_next, first, left - 1);
    }
}

behavior spawn_a_chain(event_based_actor* self, actor starter) {
    return {
        [self](go, int count) { self->spawn(spawn_next, actor{self}, count - 1); },
        [self, starter](done) { self->send(starter, done::value); },
    };
}

behavior idle(event_based_actor* self, const actor& starter) {
    self->send(starter, hello::value);
    return {[self](done) { self->quit(); }};
}

struct number {
    int value = 1;
};

behavior idle_server(stateful_actor<number>* self, const actor& starter) {
    self->send(starter, hello::value);
    return {[self](go) { return self->state.value; }};
}

using spawn_one = actor (*)(spawner*);

actor spawn_process(spawner* self) {
    return self->spawn(idle, actor{self});
}

actor spawn_server(spawner* self) {
    return self->spawn(idle_server, actor{self});
}

void spawn_batch(spawner* self, spawn_one how) {
    const int batch = std::min(self->state.left, 1000);
    for (int i = 0; i < batch; ++i) {
        self->state.all.push_back(how(self));
    }
}

/// In batches, so that queued messages stay out of the measurement. Keeps the handles:
/// an actor without handles ends.
behavior spawn_idle(spawner* self, actor starter, spawn_one how) {
    return {
        [self, how](go, int count) {
            self->state.left = count;
            self->state.all.reserve(static_cast<std::size_t>(count));
            spawn_batch(self, how);
        },
        [self, starter, how, heard = 0](hello) mutable {
            --self->state.left;
            if (self->state.left == 0) {
                self->send(starter, done::value);
            } else if (++heard % 1000 == 0) {
                spawn_batch(self, how);
            }
        },
    };
}

double resident_bytes() {
    std::ifstream pages{"/proc/self/statm"};
    double size = 0;
    double resident = 0;
    pages >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double measure(scoped_actor& me, const actor& who, int count) {
    const stopwatch clock;
    me->send(who, go::value, count);
    wait_for_done(me);
    return clock.ns_each(count);
}

double measure_warm(scoped_actor& me, const actor& who, int count) {
    measure(me, who, warm_up(count));
    const double each = measure(me, who, count);
    kill_all({who});
    return each;
}

double memory_each(actor_system& system, int count, spawn_one how) {
    scoped_actor me{system};
    const actor owner = system.spawn(spawn_idle, handle_of(me), how);
    const double before = resident_bytes();
    measure(me, owner, count);
    const double each = (resident_bytes() - before) / count;
    kill_all({owner});
    return each;
}

}  // namespace

figures spawn_exit(actor_system& system, int count) {
    scoped_actor me{system};
    return measure_warm(me, system.spawn(spawn_and_hear, handle_of(me)), count);
}

figures spawn_chain(actor_system& system, int count) {
    scoped_actor me{system};
    return measure_warm(me, system.spawn(spawn_a_chain, handle_of(me)), count);
}

figures memory_process(actor_system& system, int count) {
    return memory_each(system, count, spawn_process);
}

figures memory_server(actor_system& system, int count) {
    return memory_each(system, count, spawn_server);
}

}  // namespace bench
