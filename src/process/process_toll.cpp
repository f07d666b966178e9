// SPDX-License-Identifier: Apache-2.0
// Back-pressure. Mailboxes have no limit, as in OTP, and a send never waits. But a send to a process with a
// backlog costs a toll in reductions, and a sender that owes half a turn follows its receiver: it has no turn
// until the receiver has caught up.
//
//     backlog of the receiver     0   32   64  ...  8160 and more
//     toll of a send, reductions  0    1    2  ...  255
//
// What a sender owes is carried over its rests, in coarse grains: a gen_server that sends a little for each
// message it gets owes as much as a loop that sends all at once.
//
// While there are followers the toll is 1 at the least, so that a sender that has just been let go follows
// again. Followers that do little besides sending are let go one at a time: the receiver could not
// keep up with more, and finds the messages of one in the cache that they share.
//
// A receiver lets followers go at the end of a turn after which no more than `caught_up` messages wait, and one of
// them now and then whatever waits; all of them when it rests, ends, or is stuck. An exit signal to a follower lets
// it go at once.
//
// No two processes wait for each other: each first follows and then lets its own followers go, so
// the last one of a ring lets go the one that would wait for it.

#include <algorithm>
#include <climits>
#include <thread>
#include <utility>

#include "base/turn.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

constexpr std::size_t toll_max = UINT8_MAX;
/// A sender that takes longer for each had better work beside the receiver.
constexpr nanoseconds cheap_send{200};
/// A turn's worth of messages: enough for the receiver to go on with until its followers have sent more.
constexpr std::size_t caught_up = 512;

/// What the turn on this thread has paid since it first paid a toll.
struct dues {
    nanoseconds since{0};
    std::uint64_t reductions = 0;
    std::int64_t sends = 0;
};

thread_local dues dues_here;

}  // namespace

void process::set_toll() noexcept {
    const std::size_t least = is_followed() ? 1 : 0;
    const auto toll =
        static_cast<std::uint8_t>(std::clamp(mailbox_.size() / backlog_of_a_toll, least, toll_max));
    if (toll_.load(std::memory_order_relaxed) != toll) {
        toll_.store(toll, std::memory_order_relaxed);
    }
}

// Not inlined, as what is in turn.hpp: a coroutine sends.
[[gnu::noinline]] void process::pay_toll(process& receiver, std::uint8_t toll) noexcept {
    reduce(toll);
    if (&receiver == this) {
        return;  // no process follows itself
    }
    if (std::exchange(turn_here().overwhelms, &receiver) == nullptr) {
        dues_here = {.since = world_.scheduler().clock().now()};
        standing_.fetch_or(owing, std::memory_order_relaxed);
    }
    dues_here.reductions += 1U + toll;
    ++dues_here.sends;
}

/// What it has not paid off since it last followed, in reductions.
std::uint64_t process::debt() const noexcept {
    return (standing_.load(std::memory_order_relaxed) / debt_unit) * debt_grain;
}

void process::owe(std::uint64_t reductions) noexcept {
    const std::uint64_t units = std::min(reductions / debt_grain, debt_units_max);
    std::uint8_t before = standing_.load(std::memory_order_relaxed);
    std::uint8_t after = 0;
    do {  // others raise and lower the flags meanwhile
        after = static_cast<std::uint8_t>((before & (followers::raised | following)) |
                                          (units * debt_unit));
    } while (!standing_.compare_exchange_weak(before, after, std::memory_order_seq_cst));
}

/// At the end of a turn. True if it is the receiver's from here on to enqueue this process.
bool process::follow_receiver() noexcept {
    process* const leader = turn_here().overwhelms;
    if (leader == nullptr) {
        return false;
    }
    if (!is_normal() || !leader->is_normal()) {
        owe(0);
        return false;
    }
    const std::uint64_t owed = debt() + dues_here.reductions;
    if (owed < std::min<std::uint64_t>(world_.chosen().turn_budget, debt_max) / 2) {
        owe(owed);
        return false;
    }
    owe(0);
    const nanoseconds taken = world_.scheduler().clock().now() - dues_here.since;
    return leader->lets_follow(*this, taken <= dues_here.sends * cheap_send);
}

bool process::lets_follow(process& tired, bool one_by_one) noexcept {
    tired.standing_.fetch_or(following, std::memory_order_seq_cst);
    if (tired.inbox_.has_exit() || !world_.waiting_senders().add(standing_, tired, one_by_one)) {
        tired.standing_.fetch_and(not_following, std::memory_order_seq_cst);
        return false;
    }
    // This process is seen here to be at rest, or it sees the followers when it goes to rest. Both
    // orders are sequentially consistent.
    if (inbox_.is_at_rest()) {
        let_followers_go();
    }
    return true;
}

void process::let_go(sched::runnable* next, bool to_the_back) noexcept {
    while (next != nullptr) {
        auto& follower = static_cast<process&>(*std::exchange(next, next->next_runnable));
        follower.standing_.fetch_and(not_following, std::memory_order_seq_cst);
        to_the_back ? world_.scheduler().enqueue_back(follower)
                    : world_.scheduler().enqueue(follower);
    }
}

void process::let_followers_go() noexcept {
    if ((standing_.load(std::memory_order_seq_cst) & followers::raised) != 0) {
        let_go(world_.waiting_senders().take_all(standing_), true);
    }
}

/// This process has a turn after them.
void process::let_next_follower_go(bool has_caught_up) noexcept {
    followers& all = world_.waiting_senders();
    let_go(has_caught_up || mailbox_.size() <= caught_up ? all.take_next(standing_)
                                                         : all.take_one_in_a_while(standing_),
           false);
}

// A process that says that it follows is in a list, or in a moment, or is being let go: each ends soon.
void process::stop_following() noexcept {
    while ((standing_.load(std::memory_order_seq_cst) & following) != 0) {
        if (world_.waiting_senders().remove(*this)) {
            next_runnable = nullptr;
            return let_go(this, false);
        }
        std::this_thread::yield();
    }
}

void process::hurry() noexcept {
    hurried_.store(true, std::memory_order_seq_cst);
}

}  // namespace coppice::detail
