// SPDX-License-Identifier: Apache-2.0
// A few processes that link, monitor, name, message, time and end each other at random. Each
// actor keeps account of all expected messages. When all is quiet, a judge compares the links
// and monitors known to the actors:
//
//     - a link is known to both sides or to neither, and a monitor likewise
//     - a monitor fires once, unless ended before; never afterwards
//     - a timer cancelled in time sends nothing, any other timer sends once
//     - messages of one sender arrive in order
//     - no living process has a link or a monitor at an ended one, and no ended process has a name

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/dice.hpp"
#include "support/eventually.hpp"

namespace coppice::test {

/// The fellow actors, including the receiver itself, and the director to report to.
struct actor_cast {
    std::vector<pid> all;
    pid director;
};

class actor {
  public:
    struct at_rest {
        pid who;
    };
    struct reckon {};
    struct curtain {};

    actor(std::uint64_t luck, int moves) : chance_{luck}, moves_{moves} {}

    /// Plays with the cast, and checks the accounts once the director reports rest.
    task<> play() {
        const auto given = co_await receive<actor_cast>();
        cast_ = given.all;
        trap_exit(chance_.percent(70));
        for (int left = moves_; left > 0; --left) {
            auto moving = move();
            co_await moving;
            auto hearing = hear(std::chrono::nanoseconds{0});
            co_await hearing;
        }
        send(given.director, at_rest{self()});
        while (!reckons_) {
            auto hearing = hear(no_timeout);
            co_await hearing;
        }
        auto checking = check_accounts();
        co_await checking;
        send(given.director, at_rest{self()});
        co_await receive<curtain>();
    }

  private:
    struct numbered {
        pid from;
        int number;
    };
    struct due {
        std::uint64_t number;
    };

    const pid& somebody() { return cast_[chance_.below(cast_.size())]; }

    task<> move() {
        const pid other = somebody();
        switch (chance_.below(16)) {
            case 0:
            case 1: {
                auto linking = link_to(other);
                co_await linking;
                break;
            }
            case 2:
            case 3:
                unlink(other);
                break;
            case 4:
            case 5:
                watch(other);
                break;
            case 6:
                end_a_monitor();
                break;
            case 7:
                exit(other, chance_.percent(30) ? exit_reason{"whim"} : reason::normal);
                break;
            case 8:
                if (chance_.percent(30)) {
                    exit(other, reason::kill);
                }
                break;
            case 9:
                take_or_leave_a_name(other);
                break;
            case 10:
                set_a_timer();
                break;
            case 11:
                cancel_a_timer();
                break;
            case 12:
                co_await sleep(std::chrono::milliseconds{chance_.below(3)});
                break;
            case 13:
                if (chance_.percent(10)) {
                    exit("done");
                }
                break;
            case 14:
                trap_exit(chance_.percent(70));
                break;
            default:
                send(other, numbered{self(), sent_[other]++});
                co_await yield();
                break;
        }
    }

    task<> link_to(pid other) {
        bool refused = false;
        try {
            link(other);
        } catch (const noproc_error&) {
            refused = true;
        }
        if (refused) {
            auto asking = is_alive(other);
            EXPECT_FALSE(co_await asking) << "a living process was refused as a link";
        }
    }

    void watch(const pid& other) {
        const ref made = monitor(other);
        if (other != self()) {
            EXPECT_TRUE(watching_.emplace(made, other).second);
        }
    }

    void end_a_monitor() {
        if (watching_.empty()) {
            return;
        }
        const auto chosen = watching_.begin();
        const bool flush = chance_.percent(50);
        const bool active = demonitor(
            chosen->first, flush ? demonitor_option::flush : demonitor_option::keep_messages);
        if (active || flush) {
            watching_.erase(chosen);
        }
    }

    void take_or_leave_a_name(const pid& other) {
        const std::string name = "n" + std::to_string(chance_.below(3));
        try {
            chance_.percent(70) ? register_name(name, other) : unregister_name(name);
        } catch (const badarg_error&) {
            // The name is taken, or not registered.
            return;
        }
    }

    void set_a_timer() {
        const std::uint64_t number = ++last_timer_;
        const auto after = std::chrono::milliseconds{chance_.below(4)};
        timers_.emplace(number, send_after(after, self(), due{number}));
    }

    void cancel_a_timer() {
        if (!timers_.empty()) {
            const auto chosen = timers_.begin();
            if (cancel_timer(chosen->second)) {
                timers_.erase(chosen);
            }
        }
    }

    /// Whether a message arrived.
    task<bool> hear(std::chrono::nanoseconds limit) {
        bool heard = true;
        auto waiting = receive(
            [this](const numbered& m) {
                EXPECT_EQ(m.number, heard_[m.from]++) << "a message is lost, or out of order";
            },
            [this](const down_message& m) {
                EXPECT_EQ(watching_.erase(m.monitor), 1U) << "a monitor that is over fires";
            },
            [this](due m) {
                EXPECT_EQ(timers_.erase(m.number), 1U) << "a timer that is over fires";
            },
            [](const exit_message&) {}, [this](reckon) { reckons_ = true; },
            after(limit, [&] { heard = false; }));
        co_await waiting;
        co_return heard;
    }

    task<> check_accounts() {
        for (bool more = true; more && !timers_.empty();) {
            auto hearing = hear(patience);
            more = co_await hearing;
        }
        EXPECT_TRUE(timers_.empty()) << "a timer did not fire";
        for (bool more = true; more;) {
            auto looking = first_dead();
            const pid dead = co_await looking;
            auto hearing = hear(dead ? patience : std::chrono::nanoseconds{0});
            const bool heard = co_await hearing;
            EXPECT_TRUE(heard || !dead) << "a monitor did not fire";
            more = heard;
        }
    }

    /// The first ended process among the monitored ones. The director may learn of an end before this monitor
    /// fires: signals of different senders have no order.
    task<pid> first_dead() const {
        for (const auto& [made, other] : watching_) {
            auto asking = is_alive(other);
            const bool lives = co_await asking;
            if (!lives) {
                co_return other;
            }
        }
        co_return pid{};
    }

    dice chance_;
    int moves_;
    bool reckons_ = false;
    std::vector<pid> cast_;
    std::map<ref, pid> watching_;
    std::map<std::uint64_t, timer> timers_;
    std::uint64_t last_timer_ = 0;
    std::map<pid, int> sent_;
    std::map<pid, int> heard_;
};

inline std::vector<pid> in_order(std::vector<pid> list) {
    std::sort(list.begin(), list.end());
    return list;
}

using cast_knowledge = std::map<pid, process_information>;

inline task<cast_knowledge> ask_all(std::vector<pid> cast) {
    cast_knowledge known;
    for (const pid& each : cast) {
        auto asking = process_info(each);
        const std::vector<process_information> told = co_await asking;
        for (const process_information& alive : told) {
            known.emplace(each, alive);
        }
    }
    co_return known;
}

/// The first disagreement of two actors about a link or a monitor; empty if all agree.
inline std::string disagreement(const cast_knowledge& known) {
    std::map<pid, std::vector<pid>> watched_by;
    for (const auto& [who, alive] : known) {
        for (const pid& peer : alive.links) {
            const auto there = known.find(peer);
            if (there == known.end() || std::ranges::count(there->second.links, who) != 1) {
                return "the link of " + to_string(who) + " and " + to_string(peer) +
                       " is known to one side only";
            }
        }
        for (const pid& target : alive.monitors) {
            watched_by[target].push_back(who);
        }
    }
    for (const auto& [who, alive] : known) {
        if (in_order(alive.monitored_by) != in_order(watched_by[who])) {
            return "a monitor at " + to_string(who) + " is known to one side only";
        }
        watched_by.erase(who);
    }
    return watched_by.empty() ? ""
                              : "a monitor at the dead " + to_string(watched_by.begin()->first);
}

/// Compares the links and monitors of the living actors while all rest. Returns the number of living actors.
/// Signals of an actor that has just ended may still be on the way.
inline task<std::size_t> judge(std::vector<pid> cast) {
    cast_knowledge known;
    std::string wrong;
    const std::chrono::nanoseconds end = monotonic_time() + patience;
    do {
        auto asking = ask_all(cast);
        known = co_await asking;
        wrong = disagreement(known);
        if (!wrong.empty()) {
            co_await sleep(std::chrono::milliseconds{1});
        }
    } while (!wrong.empty() && monotonic_time() < end);
    EXPECT_EQ(wrong, "");
    for (const pid& each : cast) {
        for (int i = 0; i < 3; ++i) {
            EXPECT_TRUE(known.contains(each) || whereis("n" + std::to_string(i)) != each)
                << "a name of the dead";
        }
    }
    co_return known.size();
}

/// Waits until each actor rests or has ended.
inline task<> wait_for_rest(std::vector<pid> cast) {
    std::set<pid> moving(cast.begin(), cast.end());
    std::vector<ref> watching;
    for (const pid& each : cast) {
        watching.push_back(monitor(each));
    }
    for (bool more = true; more && !moving.empty();) {
        auto waiting = receive([&](const down_message& m) { moving.erase(m.process); },
                               [&](const actor::at_rest& m) { moving.erase(m.who); },
                               after(patience, [&] { more = false; }));
        co_await waiting;
    }
    EXPECT_TRUE(moving.empty()) << "an actor neither rests nor ends";
    for (const ref each : watching) {
        demonitor(each, demonitor_option::flush);
    }
}

/// Each round makes every actor handle all signals sent before the round.
inline task<> let_signals_arrive(std::vector<pid> cast, std::chrono::nanoseconds rest) {
    co_await sleep(rest);
    for (std::size_t rounds = cast.size() + 2; rounds > 0; --rounds) {
        for (const pid& each : cast) {
            auto asking = is_alive(each);
            co_await asking;
        }
    }
}

/// A whole play. Returns the number of survivors.
inline task<std::size_t> perform(std::uint64_t seed, std::size_t cast_size, int moves,
                                 std::chrono::nanoseconds rest) {
    std::vector<pid> cast;
    for (std::size_t i = 0; i < cast_size; ++i) {
        cast.push_back(spawn([luck = seed * cast_size + i, moves]() -> task<> {
            actor one{luck, moves};
            auto playing = one.play();
            co_await playing;
        }));
    }
    for (const pid& each : cast) {
        send(each, actor_cast{cast, self()});
    }
    auto moving = wait_for_rest(cast);
    co_await moving;
    auto arriving = let_signals_arrive(cast, rest);
    co_await arriving;
    for (const pid& each : cast) {
        send(each, actor::reckon{});
    }
    auto reckoning = wait_for_rest(cast);
    co_await reckoning;
    auto judging = judge(cast);
    const std::size_t alive = co_await judging;
    for (const pid& each : cast) {
        send(each, actor::curtain{});
    }
    co_return alive;
}

}  // namespace coppice::test
