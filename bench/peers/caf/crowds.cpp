// SPDX-License-Identifier: Apache-2.0
// Many actors that talk at once. big, fork_join and chameneos come from the Savina suite.

#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;

using item = atom_constant<atom("item")>;
using ping = atom_constant<atom("ping")>;
using pong = atom_constant<atom("pong")>;
using meet = atom_constant<atom("meet")>;
using change = atom_constant<atom("change")>;

behavior send_items(event_based_actor* self, actor to, int count) {
    return {[self, to, count](go) {
        for (int i = 0; i < count; ++i) {
            self->send(to, item::value);
        }
        self->quit();
    }};
}

behavior take_items(event_based_actor* self, actor starter, int count) {
    return {[self, starter, left = count](item) mutable {
        if (--left == 0) {
            self->send(starter, done::value);
            self->quit();
        }
    }};
}

/// Waits for `go` while the mailbox fills.
behavior let_them_wait(event_based_actor* self, actor starter, int count) {
    self->set_default_handler(skip);
    return {[self, starter, count](go) {
        self->send(starter, done::value);
        self->become(take_items(self, starter, count));
    }};
}

struct big_state {
    actor starter;
    std::vector<actor> all = {};
    int pings_left = 0;
    std::minstd_rand random = {};
};
using big_actor = stateful_actor<big_state>;

void ping_somebody(big_actor* self) {
    big_state& state = self->state;
    if (state.pings_left-- == 0) {
        self->send(state.starter, done::value);
        return;
    }
    std::uniform_int_distribution<std::size_t> any{0, state.all.size() - 1};
    self->send(state.all[any(state.random)], ping::value);
}

/// Pings a random member, again after each answer, and answers pings of other members. The
/// first message holds all members.
behavior big_member(big_actor* self, actor starter, int pings) {
    self->state.starter = std::move(starter);
    self->state.pings_left = pings;
    self->state.random.seed(static_cast<unsigned>(self->id()));
    self->set_default_handler(skip);
    return {[self](std::vector<actor>& all) {
        self->state.all = std::move(all);
        self->become([self](ping) { send_back(self, pong::value); },
                     [self](pong) { ping_somebody(self); });
        ping_somebody(self);
    }};
}

/// The computation of each task in Savina's fork-join.
double compute(double value) {
    const double sine = std::sin(value);
    return sine * sine + std::sqrt(value);
}

behavior work_off(event_based_actor* self, actor starter, int count) {
    return {[self, starter, left = count, sum = 0.0](double value) mutable {
        sum += compute(value);
        if (--left == 0) {
            self->send(starter, sum);
            self->quit();
        }
    }};
}

behavior hand_out(event_based_actor* self, std::vector<actor> workers, int share) {
    return {[self, workers = std::move(workers), share](go) {
        for (int i = 0; i < share; ++i) {
            for (const actor& each : workers) {
                self->send(each, 37.2);
            }
        }
        self->quit();
    }};
}

/// Two equal colours stay; two different colours both become the third. The colours are 0, 1 and 2.
int complement(int mine, int other) {
    return mine == other ? mine : 3 - mine - other;
}

struct colour {
    int is = 0;
};
using chameneo = stateful_actor<colour>;

/// The mall names the creature met. The first of a pair tells the second the new colour of
/// both, and both return to the mall.
behavior come_to_the_mall(chameneo* self, actor mall, int first) {
    self->state.is = first;
    self->send(mall, meet::value, first);
    return {
        [self, mall](meet, const actor& other, int colour_of_other) {
            self->state.is = complement(self->state.is, colour_of_other);
            self->send(other, change::value, self->state.is);
            self->send(mall, meet::value, self->state.is);
        },
        [self, mall](change, int into) {
            self->state.is = into;
            self->send(mall, meet::value, into);
        },
    };
}

struct mall_state {
    actor waiting = {};
    int meetings_left = 0;
};
using mall_actor = stateful_actor<mall_state>;

/// Creatures that arrive at the closed mall wait in the mailbox.
behavior closed_mall(mall_actor* self, const actor& starter) {
    return {[self, starter](go, int meetings) {
        self->state.meetings_left = meetings;
        self->become([self, starter](meet, int colour_of_second) {
            mall_state& state = self->state;
            actor comes = actor_cast<actor>(self->current_sender());
            if (!state.waiting) {
                state.waiting = std::move(comes);
                return;
            }
            const actor first = std::exchange(state.waiting, actor{});
            self->send(first, meet::value, std::move(comes), colour_of_second);
            if (--state.meetings_left == 0) {
                self->send(starter, done::value);
                self->become(closed_mall(self, starter));
            }
        });
    }};
}

behavior mall(mall_actor* self, actor starter) {
    self->set_default_handler(skip);
    return closed_mall(self, starter);
}

double hold_meetings(scoped_actor& me, const actor& where, int count) {
    const stopwatch clock;
    me->send(where, go::value, count);
    wait_for_done(me);
    return clock.ns_each(count);
}

}  // namespace

figures fan_in(actor_system& system, int senders, int count) {
    scoped_actor me{system};
    const int share = share_of(count, senders);
    const actor receiver = system.spawn(take_items, handle_of(me), share * senders);
    std::vector<actor> all;
    for (int i = 0; i < senders; ++i) {
        all.push_back(system.spawn(send_items, receiver, share));
    }
    const stopwatch clock;
    tell_all(me, all);
    wait_for_done(me);
    return clock.ns_each(share * senders);
}

figures mailbox(actor_system& system, int count) {
    scoped_actor me{system};
    const actor owner = system.spawn(let_them_wait, handle_of(me), count);
    const stopwatch fill_clock;
    system.spawn([owner, count](event_based_actor* self) {
        for (int i = 0; i < count; ++i) {
            self->send(owner, item::value);
        }
        self->send(owner, go::value);
    });
    wait_for_done(me);
    const double fill_each = fill_clock.ns_each(count);
    const stopwatch drain_clock;
    wait_for_done(me);
    return {{"_fill", fill_each}, {"_drain", drain_clock.ns_each(count)}};
}

figures big(actor_system& system, int count) {
    constexpr int members = 120;
    scoped_actor me{system};
    // Each ping is answered: two messages.
    const int pings = share_of(count / 2, members);
    std::vector<actor> all;
    for (int i = 0; i < members; ++i) {
        all.push_back(system.spawn(big_member, handle_of(me), pings));
    }
    const stopwatch clock;
    for (const actor& each : all) {
        me->send(each, all);
    }
    wait_for_done(me, members);
    const double each = clock.ns_each(2 * pings * members);
    kill_all(all);
    return each;
}

figures fork_join(actor_system& system, int count) {
    constexpr int workers = 60;
    scoped_actor me{system};
    const int share = share_of(count, workers);
    std::vector<actor> all;
    for (int i = 0; i < workers; ++i) {
        all.push_back(system.spawn(work_off, handle_of(me), share));
    }
    const actor source = system.spawn(hand_out, std::move(all), share);
    const stopwatch clock;
    me->send(source, go::value);
    int finished = 0;
    me->receive_for(finished, workers)([](double) {});
    return clock.ns_each(share * workers);
}

figures chameneos(actor_system& system, int count) {
    constexpr int creatures = 100;
    scoped_actor me{system};
    const actor where = system.spawn(mall, handle_of(me));
    std::vector<actor> all{where};
    for (int i = 0; i < creatures; ++i) {
        all.push_back(system.spawn(come_to_the_mall, where, i % 3));
    }
    hold_meetings(me, where, warm_up(count));
    const double each = hold_meetings(me, where, count);
    kill_all(all);
    return each;
}

}  // namespace bench
