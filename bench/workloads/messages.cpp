// SPDX-License-Identifier: Apache-2.0
// Two processes, or a ring of processes, with one message on its way at a time.

#include <cstddef>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct ball {};
struct ready {};
struct go {};
struct done {};

task<> return_balls(pid to) {
    for (;;) {
        co_await receive<ball>();
        send(to, ball{});
    }
}

task<> play(pid peer, int count) {
    for (int i = 0; i < count; ++i) {
        send(peer, ball{});
        co_await receive<ball>();
    }
}

task<> player(pid referee, int count) {
    const pid peer = spawn(return_balls, self());
    co_await play(peer, warm_up(count));
    send(referee, ready{});
    co_await receive<go>();
    co_await play(peer, count);
    send(referee, done{});
    exit(peer, reason::kill);
}

struct counter {
    struct get {};
    int handle_call(get) const { return 1; }
};

task<> call_often(server<counter> s, int count) {
    for (int i = 0; i < count; ++i) {
        co_await s.call(counter::get{});
    }
}

struct token {
    int hops_left;
};

/// The first message is the next member of the ring.
task<> ring_member(pid starter) {
    const pid next = co_await receive<pid>();
    for (;;) {
        const token got = co_await receive<token>();
        if (got.hops_left == 0) {
            send(starter, done{});
        } else {
            send(next, token{got.hops_left - 1});
        }
    }
}

std::vector<pid> make_ring(int members) {
    std::vector<pid> ring;
    for (int i = 0; i < members; ++i) {
        ring.push_back(spawn(ring_member, self()));
    }
    for (std::size_t i = 0; i < ring.size(); ++i) {
        send(ring[i], ring[(i + 1) % ring.size()]);
    }
    return ring;
}

using buffer = std::vector<std::byte>;

task<> return_buffers(pid to) {
    for (;;) {
        buffer got = co_await receive<buffer>();
        send(to, std::move(got));
    }
}

task<> pass_buffer(pid peer, std::size_t bytes, int times) {
    buffer passed(bytes);
    for (int i = 0; i < times; i += 2) {
        send(peer, std::move(passed));
        passed = co_await receive<buffer>();
    }
}

}  // namespace

task<figures> ping_pong(int count) {
    const pid peer = spawn(return_balls, self());
    co_await play(peer, warm_up(count));
    const stopwatch clock;
    co_await play(peer, count);
    const double each = clock.ns_each(count);
    exit(peer, reason::kill);
    co_return one_figure(each);
}

task<figures> ping_pong_in_pairs(int pairs, int count) {
    const int share = share_of(count, pairs);
    std::vector<pid> players;
    for (int i = 0; i < pairs; ++i) {
        players.push_back(spawn(player, self(), share));
    }
    co_await receive_all<ready>(pairs);
    const stopwatch clock;
    for (const pid each : players) {
        send(each, go{});
    }
    co_await receive_all<done>(pairs);
    co_return one_figure(clock.ns_each(share * pairs));
}

task<figures> calls(int count) {
    const auto started = co_await start<counter>();
    const server<counter> s = started.value();
    co_await call_often(s, warm_up(count));
    const stopwatch clock;
    co_await call_often(s, count);
    const double each = clock.ns_each(count);
    co_await stop(s);
    co_return one_figure(each);
}

task<figures> ring(int members, int count) {
    const std::vector<pid> all = make_ring(members);
    send(all.front(), token{warm_up(count)});
    co_await receive<done>();
    const stopwatch clock;
    send(all.front(), token{count});
    co_await receive<done>();
    const double each = clock.ns_each(count);
    for (const pid member : all) {
        exit(member, reason::kill);
    }
    co_return one_figure(each);
}

task<figures> payload(std::size_t bytes, int count) {
    const pid peer = spawn(return_buffers, self());
    co_await pass_buffer(peer, bytes, warm_up(count));
    const stopwatch clock;
    co_await pass_buffer(peer, bytes, count);
    const double each = clock.ns_each(count);
    exit(peer, reason::kill);
    co_return one_figure(each);
}

}  // namespace bench
