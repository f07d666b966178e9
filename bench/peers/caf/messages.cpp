// SPDX-License-Identifier: Apache-2.0
// Two actors, or a ring of actors, with one message on its way at a time.

#include <utility>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace caf;

using ball = atom_constant<atom("ball")>;
using ask = atom_constant<atom("ask")>;
using buffer = std::vector<char>;

/// The number of turns that an actor has left.
struct turns {
    int left = 0;
};
using player = stateful_actor<turns>;

behavior return_balls(event_based_actor* self) {
    return {[self](ball) { send_back(self, ball::value); }};
}

behavior play(player* self, actor referee) {
    const actor peer = self->spawn<linked>(return_balls);
    return {
        [self, peer](go, int count) {
            self->state.left = count;
            self->send(peer, ball::value);
        },
        [self, peer, referee](ball) {
            if (--self->state.left > 0) {
                self->send(peer, ball::value);
            } else {
                self->send(referee, done::value);
            }
        },
    };
}

behavior answer(event_based_actor*) {
    return {[](ask) { return 1; }};
}

void call_again(player* self, const actor& server, const actor& starter) {
    self->request(server, infinite, ask::value).await([self, server, starter](int) {
        if (--self->state.left > 0) {
            call_again(self, server, starter);
        } else {
            self->send(starter, done::value);
        }
    });
}

behavior call_often(player* self, actor starter) {
    const actor server = self->spawn<linked>(answer);
    return {[self, server, starter](go, int count) {
        self->state.left = count;
        call_again(self, server, starter);
    }};
}

/// The first message is the next member of the ring.
behavior ring_member(event_based_actor* self, actor starter) {
    return {[self, starter](const actor& next) {
        self->become([self, starter, next](int hops_left) {
            if (hops_left == 0) {
                self->send(starter, done::value);
            } else {
                self->send(next, hops_left - 1);
            }
        });
    }};
}

behavior return_buffers(event_based_actor* self) {
    return {[self](buffer& got) { send_back(self, std::move(got)); }};
}

behavior pass_buffer(player* self, actor starter, std::size_t bytes) {
    const actor peer = self->spawn<linked>(return_buffers);
    return {
        [self, peer, bytes](go, int count) {
            self->state.left = count;
            self->send(peer, buffer(bytes));
        },
        [self, peer, starter](buffer& got) {
            if (--self->state.left > 0) {
                self->send(peer, std::move(got));
            } else {
                self->send(starter, done::value);
            }
        },
    };
}

/// Each actor takes `turns_each` turns.
double measure(scoped_actor& me, const std::vector<actor>& all, int turns_each) {
    const stopwatch clock;
    for (const actor& each : all) {
        me->send(each, go::value, turns_each);
    }
    wait_for_done(me, static_cast<int>(all.size()));
    return clock.ns_each(turns_each * static_cast<int>(all.size()));
}

double measure_warm(scoped_actor& me, const std::vector<actor>& all, int turns_each) {
    measure(me, all, warm_up(turns_each));
    const double each = measure(me, all, turns_each);
    kill_all(all);
    return each;
}

double measure_ring(scoped_actor& me, const actor& first, int hops) {
    const stopwatch clock;
    me->send(first, hops);
    wait_for_done(me);
    return clock.ns_each(hops);
}

}  // namespace

figures ping_pong_in_pairs(actor_system& system, int pairs, int count) {
    scoped_actor me{system};
    std::vector<actor> players;
    for (int i = 0; i < pairs; ++i) {
        players.push_back(system.spawn(play, handle_of(me)));
    }
    return measure_warm(me, players, share_of(count, pairs));
}

figures calls(actor_system& system, int count) {
    scoped_actor me{system};
    return measure_warm(me, {system.spawn(call_often, handle_of(me))}, count);
}

figures ring(actor_system& system, int members, int count) {
    scoped_actor me{system};
    std::vector<actor> all;
    for (int i = 0; i < members; ++i) {
        all.push_back(system.spawn(ring_member, handle_of(me)));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        me->send(all[i], all[(i + 1) % all.size()]);
    }
    measure_ring(me, all.front(), warm_up(count));
    const double each = measure_ring(me, all.front(), count);
    kill_all(all);
    return each;
}

/// Two messages are a round trip.
figures payload(actor_system& system, std::size_t bytes, int count) {
    scoped_actor me{system};
    return measure_warm(me, {system.spawn(pass_buffer, handle_of(me), bytes)}, (count + 1) / 2) / 2;
}

}  // namespace bench
