// SPDX-License-Identifier: Apache-2.0
// Many processes that talk at once. big, fork_join and chameneos come from the Savina suite.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct item {};
struct go {};
struct done {};

task<> send_items(pid to, int count) {
    co_await receive<go>();
    for (int i = 0; i < count; ++i) {
        send(to, item{});
        co_await yield_if_due();
    }
}

task<> take_items(pid starter, int count) {
    co_await receive_all<item>(count);
    send(starter, done{});
}

/// Waits for `go` while the mailbox fills.
task<> let_them_wait(pid starter, int count) {
    co_await receive<go>();
    send(starter, done{});
    co_await receive_all<item>(count);
    send(starter, done{});
}

void fill(pid to, int count) {
    for (int i = 0; i < count; ++i) {
        send(to, item{});
    }
    send(to, go{});
}

void tell_all(const std::vector<pid>& all) {
    for (const pid each : all) {
        send(each, go{});
    }
}

void kill_all(const std::vector<pid>& all) {
    for (const pid each : all) {
        exit(each, reason::kill);
    }
}

struct ping {
    pid from;
};
struct pong {};

/// Pings a random member, again after each answer, and answers pings of other members. The
/// first message holds all members.
class big_member {
  public:
    big_member(pid starter, std::vector<pid> all, int pings)
        : starter_{starter}, all_{std::move(all)}, pings_{pings}, random_{self().index()} {}

    void ping_somebody() {
        if (pings_-- == 0) {
            send(starter_, done{});
            return;
        }
        std::uniform_int_distribution<std::size_t> any{0, all_.size() - 1};
        send(all_[any(random_)], ping{self()});
    }

  private:
    pid starter_;
    std::vector<pid> all_;
    int pings_;
    std::minstd_rand random_;
};

task<> be_big_member(pid starter, int pings) {
    std::vector<pid> all = co_await receive<std::vector<pid>>();
    big_member me{starter, std::move(all), pings};
    me.ping_somebody();
    for (;;) {
        co_await receive([](ping got) { send(got.from, pong{}); },
                         [&me](pong) { me.ping_somebody(); });
    }
}

struct work {
    double value;
};

/// The computation of each task in Savina's fork-join.
double compute(double value) {
    const double sine = std::sin(value);
    return sine * sine + std::sqrt(value);
}

task<> work_off(pid starter, int count) {
    double sum = 0;
    for (int i = 0; i < count; ++i) {
        const work got = co_await receive<work>();
        sum += compute(got.value);
    }
    send(starter, sum);
}

enum class colour : std::uint8_t { blue, red, yellow };

/// Two equal colours stay; two different colours both become the third.
colour complement(colour mine, colour other) {
    return mine == other
               ? mine
               : static_cast<colour>(3 - static_cast<int>(mine) - static_cast<int>(other));
}

struct meet {
    pid who;
    colour is;
};
struct change {
    colour into;
};

/// The mall names the creature met. The first of a pair tells the second the new colour of
/// both, and both return to the mall.
task<> chameneo(pid mall, colour mine) {
    send(mall, meet{self(), mine});
    for (;;) {
        co_await receive(
            [&mine](meet other) {
                mine = complement(mine, other.is);
                send(other.who, change{mine});
            },
            [&mine](change changed) { mine = changed.into; });
        send(mall, meet{self(), mine});
    }
}

task<> hold_meetings(int count) {
    for (int i = 0; i < count; ++i) {
        const meet first = co_await receive<meet>();
        const meet second = co_await receive<meet>();
        send(first.who, second);
    }
}

}  // namespace

task<figures> fan_in(int senders, int count) {
    const int share = share_of(count, senders);
    const pid receiver = spawn(take_items, self(), share * senders);
    std::vector<pid> all;
    for (int i = 0; i < senders; ++i) {
        all.push_back(spawn(send_items, receiver, share));
    }
    const stopwatch clock;
    tell_all(all);
    co_await receive<done>();
    co_return one_figure(clock.ns_each(share * senders));
}

task<figures> mailbox(int count) {
    const pid owner = spawn(let_them_wait, self(), count);
    const stopwatch fill_clock;
    spawn(fill, owner, count);
    co_await receive<done>();
    const double fill_each = fill_clock.ns_each(count);
    const stopwatch drain_clock;
    co_await receive<done>();
    co_return two_figures({"_fill", fill_each}, {"_drain", drain_clock.ns_each(count)});
}

task<figures> big(int count) {
    constexpr int members = 120;
    // Each ping is answered: two messages.
    const int pings = share_of(count / 2, members);
    std::vector<pid> all;
    for (int i = 0; i < members; ++i) {
        all.push_back(spawn(be_big_member, self(), pings));
    }
    const stopwatch clock;
    for (const pid each : all) {
        send(each, all);
    }
    co_await receive_all<done>(members);
    const double each = clock.ns_each(2 * pings * members);
    kill_all(all);
    co_return one_figure(each);
}

task<figures> fork_join(int count) {
    constexpr int workers = 60;
    const int share = share_of(count, workers);
    std::vector<pid> all;
    for (int i = 0; i < workers; ++i) {
        all.push_back(spawn(work_off, self(), share));
    }
    const stopwatch clock;
    for (int i = 0; i < share; ++i) {
        for (const pid each : all) {
            send(each, work{37.2});
        }
    }
    co_await receive_all<double>(workers);
    co_return one_figure(clock.ns_each(share * workers));
}

task<figures> chameneos(int count) {
    constexpr int creatures = 100;
    std::vector<pid> all;
    for (int i = 0; i < creatures; ++i) {
        all.push_back(spawn(chameneo, self(), static_cast<colour>(i % 3)));
    }
    co_await hold_meetings(warm_up(count));
    const stopwatch clock;
    co_await hold_meetings(count);
    const double each = clock.ns_each(count);
    kill_all(all);
    co_return one_figure(each);
}

}  // namespace bench
