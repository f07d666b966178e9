// SPDX-License-Identifier: Apache-2.0
// Names, links and monitors.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;

behavior wait_for_the_end(event_based_actor* self) {
    return {[self](done) { self->quit(); }};
}

std::vector<atom_value> register_some(actor_system& system, const actor& who, int count) {
    std::vector<atom_value> names;
    for (int i = 0; i < count; ++i) {
        names.push_back(atom_from_string("proc_" + std::to_string(i)));
        system.registry().put(names.back(), who);
    }
    return names;
}

void find_all(actor_system& system, const std::vector<atom_value>& names, int count) {
    auto name = names.begin();
    for (int i = 0; i < count; ++i) {
        if (!system.registry().get<strong_actor_ptr>(*name)) {
            throw std::logic_error{"a name is lost"};
        }
        if (++name == names.end()) {
            name = names.begin();
        }
    }
}

behavior watch_and_forget(event_based_actor* self, actor watched, actor starter) {
    return {[self, watched, starter](go, int count) {
        for (int i = 0; i < count; ++i) {
            self->monitor(watched);
            self->demonitor(watched);
        }
        self->send(starter, done::value);
    }};
}

double measure(scoped_actor& me, const actor& who, int count) {
    const stopwatch clock;
    me->send(who, go::value, count);
    wait_for_done(me);
    return clock.ns_each(count);
}

behavior link_and_wait(event_based_actor* self, const actor& centre, const actor& ready,
                       const actor& seen) {
    self->set_exit_handler([self, seen](exit_msg&) {
        self->send(seen, hello::value);
        self->quit();
    });
    self->link_to(centre);
    self->send(ready, hello::value);
    return {[](go) {}};
}

behavior monitor_and_wait(event_based_actor* self, const actor& centre, const actor& ready,
                          const actor& seen) {
    self->set_down_handler([self, seen](down_msg&) {
        self->send(seen, hello::value);
        self->quit();
    });
    self->monitor(centre);
    self->send(ready, hello::value);
    return {[](go) {}};
}

using watch = behavior (*)(event_based_actor*, const actor&, const actor&, const actor&);

/// From the end of an actor until all watchers have noticed.
double end_of_the_watched(actor_system& system, watch how, int count) {
    scoped_actor me{system};
    const actor centre = system.spawn(wait_for_the_end);
    const actor ready = system.spawn(tally, handle_of(me), count);
    const actor seen = system.spawn(tally, handle_of(me), count);
    std::vector<actor> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(system.spawn(how, centre, ready, seen));
    }
    wait_for_done(me);
    const stopwatch clock;
    // A kill would spread through the links before the exit handlers run.
    anon_send_exit(centre, exit_reason::user_shutdown);
    wait_for_done(me);
    return clock.ns_each(count);
}

struct family {
    std::vector<actor> all = {};
    int left = 0;
};

behavior live_with(event_based_actor* self, const actor& centre, const actor& starter) {
    self->link_to(centre);
    self->send(starter, hello::value);
    return {[](go) {}};
}

void spawn_bound_to(stateful_actor<family>* self, const actor& centre, int count) {
    for (int i = 0; i < count; ++i) {
        self->state.all.push_back(self->spawn<monitored>(live_with, centre, actor{self}));
    }
}

/// Spawns the actors in batches, to bound the number of actors that are ready at once. Each is linked to
/// `centre` and monitored. Tells `starter` when all are ready, and again when all have ended.
behavior start_family(stateful_actor<family>* self, actor centre, actor starter, int count) {
    self->set_down_handler([self, starter](down_msg&) {
        if (--self->state.left == 0) {
            self->send(starter, done::value);
        }
    });
    spawn_bound_to(self, centre, std::min(count, 1000));
    return {[self, centre, starter, count](hello) {
        const int there = ++self->state.left;
        if (there == count) {
            self->send(starter, done::value);
        } else if (there % 1000 == 0) {
            spawn_bound_to(self, centre, std::min(count - there, 1000));
        }
    }};
}

}  // namespace

figures look_up_names(actor_system& system, int count) {
    const actor who = system.spawn(wait_for_the_end);
    const std::vector<atom_value> names = register_some(system, who, 1000);
    find_all(system, names, warm_up(count));
    const stopwatch clock;
    find_all(system, names, count);
    const double each = clock.ns_each(count);
    for (const atom_value name : names) {
        system.registry().erase(name);
    }
    return each;
}

figures monitor_demonitor(actor_system& system, int count) {
    scoped_actor me{system};
    const actor watched = system.spawn(wait_for_the_end);
    const actor watcher = system.spawn(watch_and_forget, watched, handle_of(me));
    measure(me, watcher, warm_up(count));
    return measure(me, watcher, count);
}

figures exit_links(actor_system& system, int count) {
    return end_of_the_watched(system, link_and_wait, count);
}

figures exit_monitors(actor_system& system, int count) {
    return end_of_the_watched(system, monitor_and_wait, count);
}

/// From the end of an actor until the ends of all linked actors are known.
figures die_together(actor_system& system, int count) {
    scoped_actor me{system};
    const actor centre = system.spawn(wait_for_the_end);
    const actor starter = system.spawn(start_family, centre, handle_of(me), count);
    wait_for_done(me);
    const stopwatch clock;
    anon_send_exit(centre, exit_reason::kill);
    wait_for_done(me);
    const double each = clock.ns_each(count);
    kill_all({starter});
    return each;
}

}  // namespace bench
