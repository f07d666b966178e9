// SPDX-License-Identifier: Apache-2.0
// Back-pressure. A mailbox has no limit, as in OTP, and a send never waits. But a send to a backlogged
// process costs a toll in reductions, one per 32 queued messages. A sender that owes half a turn follows the
// receiver: the sender has no turn until the receiver has caught up.
//
//     backlog of the receiver     0   32   64  ...  8128 and more
//     toll of a send, reductions  0    1    2  ...  254
//
// The debt of a sender outlasts the sender's rests, in units of 8 reductions. So a gen_server with a few
// sends for each message owes as much as a loop with all sends at once.
//
// While a receiver has followers the toll is at least 1, so a sender that was just let go follows again.
// Followers with little work besides sending are let go one at a time: the receiver could not keep up with
// more, and the messages of one sender stay in the shared cache.
//
// A receiver lets followers go
//   - at the end of a turn, if no more than `caught_up` messages are left;
//   - one follower in 64 turns, for any backlog;
//   - all followers when the receiver rests, ends, or is stuck.
// An exit signal to a follower lets the follower go at once.
//
// Turns and receipts name a receiver by the index of its slot. The table of followers (followers.hpp) belongs
// to back-pressure alone and links the objects of this runtime's processes directly. A process of another
// node is never followed; its toll is only paid.
//
// There is no deadlock: a process first follows and then lets its own followers go. So the last process to
// join a ring releases its follower and breaks the ring.

#include "process/backlog.hpp"

#include <algorithm>
#include <climits>
#include <thread>
#include <utility>

#include "base/turn.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

std::uint8_t send_toll::of(std::size_t queued, bool is_followed) noexcept {
    const std::size_t least = is_followed ? 1 : 0;
    return static_cast<std::uint8_t>(std::clamp(queued / backlog_of_one, least, std::size_t{most}));
}

void send_toll::set_for(std::size_t queued, bool is_followed) noexcept {
    const std::uint8_t toll = of(queued, is_followed);
    if (toll_.load(std::memory_order_relaxed) != toll) {
        toll_.store(toll, std::memory_order_relaxed);
    }
}

void standing::owe(std::uint64_t reductions) noexcept {
    const std::uint64_t units = std::min(reductions / debt_grain, debt_units_max);
    std::uint8_t before = bits_.load(std::memory_order_relaxed);
    std::uint8_t after = 0;
    do {  // other threads set and clear the flags meanwhile
        after = static_cast<std::uint8_t>((before & (followers::raised | following)) |
                                          (units * debt_unit));
        // Pairs with stop_following(), which clears `following` on another thread.
    } while (!bits_.compare_exchange_weak(before, after, std::memory_order_seq_cst));
}

}  // namespace coppice::process_layer

namespace coppice::detail {
namespace {

constexpr std::uint64_t debt_max =
    2 * process_layer::standing::debt_grain * process_layer::standing::debt_units_max;
/// The limit of the time per send for followers that go one at a time. A slower sender had better run in
/// parallel with the receiver.
constexpr nanoseconds cheap_send{200};
/// The largest backlog of a receiver that has caught up. About a turn's worth of messages: enough work until
/// the followers have sent more.
constexpr std::size_t caught_up = 512;

/// The payments of the current turn on this thread, from the first toll on.
struct tolls_paid {
    nanoseconds since{0};
    std::uint64_t reductions = 0;
    std::int64_t sends = 0;
};

thread_local tolls_paid tolls_paid_here;

}  // namespace

// Not inlined into a sending coroutine: see turn.hpp for the reason.
[[gnu::noinline]] void process::pay_toll(process_layer::receipt got) noexcept {
    reduce(got.toll);
    if (got.how != process_layer::sent::taken || got.slot == index_) {
        return;  // a process follows no process of another node, and not itself
    }
    if (got.toll == process_layer::send_toll::bounded) [[unlikely]] {
        reduce(runtime_.chosen().turn_budget);  // the turn ends soon
        base::turn_here().waits_for = got.slot;
    }
    if (std::exchange(base::turn_here().overwhelms, got.slot) == base::turn::nobody) {
        tolls_paid_here = {.since = runtime_.scheduler().clock().now()};
        standing_.begin_owing();
    }
    tolls_paid_here.reductions += 1U + got.toll;
    ++tolls_paid_here.sends;
}

/// Called at the end of a turn. True: the receiver has to enqueue this process.
bool process::follow_receiver() noexcept {
    const std::uint32_t overwhelmed = base::turn_here().overwhelms;
    if (overwhelmed == base::turn::nobody) {
        return false;
    }
    if (base::turn_here().waits_for != base::turn::nobody) [[unlikely]] {
        standing_.owe(0);
        // The turn may go on, and end again: a receiver of the policy `wait` knows of no followers.
        base::turn_here().overwhelms = base::turn::nobody;
        const std::uint32_t full = std::exchange(base::turn_here().waits_for, base::turn::nobody);
        return runtime_.table().slot(full).lets_wait(*this);
    }
    process& leader = runtime_.table().slot(overwhelmed);
    if (!is_normal() || !leader.is_normal()) {
        standing_.owe(0);
        return false;
    }
    const std::uint64_t owed = standing_.debt() + tolls_paid_here.reductions;
    if (owed < std::min<std::uint64_t>(runtime_.chosen().turn_budget, debt_max) / 2) {
        standing_.owe(owed);
        return false;
    }
    standing_.owe(0);
    const nanoseconds taken = runtime_.scheduler().clock().now() - tolls_paid_here.since;
    return leader.lets_follow(*this, taken <= tolls_paid_here.sends * cheap_send);
}

bool process::lets_follow(process& tired, bool one_by_one) noexcept {
    // Dekker: `following` is set, then the inbox is searched for an exit signal; a sender of one
    // pushes it and then reads `following` in stop_following().
    tired.standing_.begin_following();
    if (tired.inbox_.has_exit() ||
        !runtime_.waiting_senders().add(standing_.flag(), tired, one_by_one)) {
        tired.standing_.stop_following();
        return false;
    }
    // Dekker. Here `add` raises the flag, then the inbox is read. At rest the receiver first blocks the
    // inbox, then reads the flag. Both sides are sequentially consistent, so at least one sees the other.
    if (inbox_.is_at_rest()) {
        let_followers_go();
    }
    return true;
}

void process::let_go(sched::runnable* next, bool to_the_back) noexcept {
    while (next != nullptr) {
        auto& follower = static_cast<process&>(*std::exchange(next, next->next_runnable));
        follower.standing_.stop_following();
        to_the_back ? runtime_.scheduler().enqueue_back(follower)
                    : runtime_.scheduler().enqueue(follower);
    }
}

void process::let_all_followers_go() noexcept {
    if (standing_.is_followed_at_rest()) {
        let_go(runtime_.waiting_senders().take_all(standing_.flag()), true);
    }
    if (is_bounded()) {
        let_waiting_go(true);
    }
}

/// Called before this process goes to the back of the queue: the followers run before the next turn.
void process::let_next_follower_go(bool has_caught_up) noexcept {
    process_layer::followers& all = runtime_.waiting_senders();
    let_go(has_caught_up || mailbox_.size() <= caught_up
               ? all.take_next(standing_.flag())
               : all.take_one_in_a_while(standing_.flag()),
           false);
}

// A process whose bit `following` is set is in a list of followers, is about to be added to one, or is being
// let go. Both of the latter states end soon.
void process::stop_following() noexcept {
    while (standing_.is_following()) {  // Dekker, see lets_follow()
        if (runtime_.waiting_senders().remove(*this) ||
            runtime_.bounds_of_mailboxes().leave(index_, *this)) {
            next_runnable = nullptr;
            return let_go(this, false);
        }
        std::this_thread::yield();
    }
}

}  // namespace coppice::detail
