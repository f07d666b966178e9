// SPDX-License-Identifier: Apache-2.0
// The bonds of two processes against a model. The model knows how much each sender had handled.
//
// Goal    In each order of requests, and for each crossing of signals: both peers agree at rest, no exit
//         signal is received after an unlink, and no exit signal of a link is lost.
// Method  Exhaustive enumeration of the interleavings of requests and deliveries. Two queues connect the
//         peers. A signal carries the number of the receiver's last unlink handled by the sender. The model
//         decides by this number, the bonds decide by acknowledgements, and both decisions must agree.

#include "process/bonds.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <new>
#include <string>
#include <unordered_set>
#include <vector>

namespace coppice::process_layer {
namespace {

struct sent_signal {
    detail::signal_kind kind;
    std::uint64_t number = 0;  ///< Of an unlink, or the tag of a monitor.
    std::uint64_t heard = 0;   ///< The receiver's last unlink that the sender had handled.
};

std::string to_string(link_state state) {
    return state == link_state::none ? "none" : state == link_state::linked ? "linked" : "ending";
}

/// One process: its bonds, and the model of its link.
struct side {
    explicit side(pid p) : peer{p} {}
    side(const side& other)
        : peer{other.peer},
          is_alive{other.is_alive},
          is_active{other.is_active},
          requests{other.requests},
          unlinks{other.unlinks},
          has_linked_again{other.has_linked_again},
          heard{other.heard} {
        if (other.own.state_of(peer) != link_state::none) {
            own.link_from(peer);
        }
        if (other.own.state_of(peer) == link_state::ending) {
            own.unlink(peer, unlinks);
        }
    }
    side& operator=(const side&) = delete;

    std::string key() const {
        return to_string(own.state_of(peer)) + (is_alive ? 'a' : 'd') + (is_active ? '1' : '0') +
               (has_linked_again ? '+' : '-') + std::to_string(requests) + "," +
               std::to_string(unlinks) + "," + std::to_string(heard) + ";";
    }

    pid peer;
    bonds own;
    bool is_alive = true;
    bool is_active = false;  ///< The model: whether an end of the peer has to be received.
    std::size_t requests = 0;
    std::uint64_t unlinks = 0;      ///< The number of unlink signals sent.
    bool has_linked_again = false;  ///< Since the last unlink.
    std::uint64_t heard = 0;        ///< The number of the peer's last unlink that came.
};

/// Two processes and the signals on the way.
class pair_of_peers {
  public:
    explicit pair_of_peers(bool linked) {
        if (linked) {  // as by spawn_link
            for (side& each : sides_) {
                each.own.link_from(each.peer);
                each.is_active = true;
            }
        }
    }

    bool can_request(std::size_t i, std::size_t requests_max) const {
        return sides_[i].is_alive && sides_[i].requests < requests_max;
    }
    void link(std::size_t i) {
        side& me = requesting(i, "link");
        const bool sends = me.own.link(me.peer);
        EXPECT_NE(sends, me.is_active);
        me.is_active = me.has_linked_again = true;
        if (sends) {
            send(i, detail::signal_kind::link);
        }
        check(me);
    }
    void unlink(std::size_t i) {
        side& me = requesting(i, "unlink");
        if (me.own.state_of(me.peer) == link_state::linked) {
            me.own.unlink(me.peer, ++me.unlinks);
            send(i, detail::signal_kind::unlink, me.unlinks);
            me.is_active = me.has_linked_again = false;
        }
        check(me);
    }
    void end(std::size_t i) {
        side& me = requesting(i, "end");
        bool tells = false;
        me.own.end([](std::uint64_t, const pid&) { ADD_FAILURE(); },
                   [&](const pid& peer) { tells = peer == me.peer; },
                   [](std::uint64_t, const bonds::watcher&) { ADD_FAILURE(); });
        EXPECT_EQ(tells, me.is_active);
        me.is_alive = me.is_active = false;
        if (tells) {
            send(i, detail::signal_kind::link_exit);
        }
        check(me);
    }

    bool can_deliver(std::size_t to) const { return !on_the_way_to_[to].empty(); }
    void deliver(std::size_t to) {
        const sent_signal taken = on_the_way_to_[to].front();
        on_the_way_to_[to].pop_front();
        history_ +=
            std::to_string(to) + " receives " + std::to_string(static_cast<int>(taken.kind)) + "\n";
        sides_[to].is_alive ? handle(to, taken) : refuse(to, taken);
        check(sides_[to]);
    }

    void check_rest() const {
        const auto& [left, right] = sides_;
        EXPECT_NE(left.own.state_of(left.peer), link_state::ending);
        EXPECT_NE(right.own.state_of(right.peer), link_state::ending);
        EXPECT_EQ(left.own.state_of(left.peer), right.own.state_of(right.peer)) << history_;
    }

    std::string key() const {
        std::string out = sides_[0].key() + sides_[1].key();
        for (const auto& queue : on_the_way_to_) {
            for (const sent_signal& each : queue) {
                out += std::to_string(static_cast<int>(each.kind)) + "." +
                       std::to_string(each.number) + "." + std::to_string(each.heard) + " ";
            }
            out += "|";
        }
        return out;
    }

  private:
    side& requesting(std::size_t i, const char* what) {
        history_ += std::to_string(i) + " " + what + "\n";
        ++sides_[i].requests;
        return sides_[i];
    }
    void send(std::size_t from, detail::signal_kind kind, std::uint64_t number = 0) {
        on_the_way_to_[1 - from].push_back({kind, number, sides_[from].heard});
    }
    void check(const side& me) const {
        EXPECT_EQ(me.own.state_of(me.peer) == link_state::linked, me.is_active) << history_;
    }

    void handle(std::size_t to, const sent_signal& taken) {
        side& me = sides_[to];
        switch (taken.kind) {
            case detail::signal_kind::link:
                me.own.link_from(me.peer);
                me.is_active = me.is_active || me.has_linked_again || taken.heard == me.unlinks;
                return;
            case detail::signal_kind::unlink:
                me.own.unlink_from(me.peer);
                me.is_active = false;
                me.heard = taken.number;
                return send(to, detail::signal_kind::unlink_ack, taken.number);
            case detail::signal_kind::unlink_ack:
                return me.own.unlink_acknowledged(me.peer, taken.number);
            default: {
                bool received = false;
                me.own.exit_from(me.peer, [&] { received = true; });
                EXPECT_EQ(received, me.is_active);
                me.is_active = false;
            }
        }
    }
    /// The answers of the dead, see process/answers.hpp.
    void refuse(std::size_t to, const sent_signal& taken) {
        if (taken.kind == detail::signal_kind::link) {
            send(to, detail::signal_kind::link_exit);
        } else if (taken.kind == detail::signal_kind::unlink) {
            sides_[to].heard = taken.number;
            send(to, detail::signal_kind::unlink_ack, taken.number);
        }
    }

    std::array<side, 2> sides_{side{pid{1, 2, 1}}, side{pid{1, 1, 1}}};
    std::array<std::deque<sent_signal>, 2> on_the_way_to_;
    std::string history_;
};

class enumeration {
  public:
    explicit enumeration(std::size_t requests_max) : requests_max_{requests_max} {}

    void visit(const pair_of_peers& now) {
        if (!seen_.insert(now.key()).second || ::testing::Test::HasFailure()) {
            return;
        }
        bool rests = true;
        for (const std::size_t i : {0U, 1U}) {
            if (now.can_deliver(i)) {
                rests = false;
                then(now, [i](pair_of_peers& next) { next.deliver(i); });
            }
            if (now.can_request(i, requests_max_)) {
                then(now, [i](pair_of_peers& next) { next.link(i); });
                then(now, [i](pair_of_peers& next) { next.unlink(i); });
                then(now, [i](pair_of_peers& next) { next.end(i); });
            }
        }
        if (rests) {
            now.check_rest();
        }
    }
    std::size_t states() const { return seen_.size(); }

  private:
    template <class Step>
    void then(const pair_of_peers& now, Step step) {
        pair_of_peers next = now;
        step(next);
        visit(next);
    }

    const std::size_t requests_max_;
    std::unordered_set<std::string> seen_;
};

TEST(bonds, of_two_peers_agree_at_rest_after_every_crossing_of_their_signals) {
    constexpr std::size_t requests_of_each = 4;
    for (const bool linked : {false, true}) {
        enumeration all{requests_of_each};
        all.visit(pair_of_peers{linked});
        EXPECT_GT(all.states(), 10'000U);
    }
}

constexpr pid peer{1, 2, 1};
constexpr std::uint64_t tag = 7;

TEST(bonds, ask_for_a_link_once) {
    bonds own;
    EXPECT_TRUE(own.link(peer));
    EXPECT_FALSE(own.link(peer));
    EXPECT_EQ(own.links(), std::vector<pid>{peer});
}

TEST(bonds, ask_again_for_a_link_whose_end_is_not_acknowledged) {
    bonds own;
    own.link(peer);
    own.unlink(peer, 1);
    EXPECT_TRUE(own.links().empty());
    EXPECT_TRUE(own.link(peer));
    own.unlink_acknowledged(peer, 1);
    EXPECT_EQ(own.state_of(peer), link_state::linked);
}

TEST(bonds, wait_for_the_acknowledgement_of_the_last_unlink) {
    bonds own;
    own.link(peer);
    own.unlink(peer, 1);
    own.link(peer);
    own.unlink(peer, 2);
    own.unlink_acknowledged(peer, 1);
    EXPECT_EQ(own.state_of(peer), link_state::ending);
    own.unlink_acknowledged(peer, 2);
    EXPECT_EQ(own.state_of(peer), link_state::none);
}

TEST(bonds, keep_a_link_whose_exit_signal_could_not_be_received) {
    bonds own;
    own.link_from(peer);
    EXPECT_THROW(own.exit_from(peer, [] { throw std::bad_alloc{}; }), std::bad_alloc);
    EXPECT_EQ(own.state_of(peer), link_state::linked);
    bool received = false;
    own.exit_from(peer, [&] { received = true; });
    EXPECT_TRUE(received);
    EXPECT_EQ(own.state_of(peer), link_state::none);
}

TEST(bonds, receive_the_down_signal_of_an_active_monitor_once) {
    bonds own;
    own.watch(tag, peer);
    int received = 0;
    const auto count = [&] { ++received; };
    EXPECT_THROW(own.down_from(tag, [] { throw std::bad_alloc{}; }), std::bad_alloc);
    EXPECT_EQ(*own.target_of(tag), peer);
    own.down_from(tag, count);
    own.down_from(tag, count);
    EXPECT_EQ(received, 1);
    EXPECT_EQ(own.target_of(tag), nullptr);
}

TEST(bonds, receive_no_down_signal_after_demonitor) {
    bonds own;
    own.watch(tag, peer);
    own.unwatch(tag);
    own.down_from(tag, [] { ADD_FAILURE(); });
}

/// Collects what `end` tells. The bond with the number `fails_at` fails once.
struct told_bonds {
    void operator()(bonds& of) {
        of.end([this](std::uint64_t number, const pid&) { tell("demonitor ", number); },
               [this](const pid& whom) { tell("exit ", whom.index()); },
               [this](std::uint64_t number, const bonds::watcher&) { tell("down ", number); });
    }
    void tell(const char* kind, std::uint64_t number) {
        if (number == fails_at) {
            fails_at = 0;
            throw std::bad_alloc{};
        }
        log += kind + std::to_string(number) + "\n";
    }
    std::uint64_t fails_at = 0;
    std::string log;
};

TEST(bonds, tell_each_process_of_the_end_once_though_memory_runs_out_in_between) {
    for (std::uint64_t fails_at = 1; fails_at <= 6; ++fails_at) {
        bonds own;
        own.watch(1, peer);
        own.watch(2, peer);
        own.link_from({1, 3, 1});
        own.link_from({1, 4, 1});
        own.link_from(peer);
        own.unlink(peer, 9);
        own.watched_by(5, peer, false);
        own.watched_by(6, peer, true);
        told_bonds told{.fails_at = fails_at, .log = {}};
        EXPECT_THROW(told(own), std::bad_alloc);
        told(own);
        EXPECT_EQ(told.log, "demonitor 1\ndemonitor 2\nexit 3\nexit 4\ndown 5\ndown 6\n");
        EXPECT_TRUE(own.links().empty() && own.targets().empty() && own.watchers().empty());
    }
}

}  // namespace
}  // namespace coppice::process_layer
