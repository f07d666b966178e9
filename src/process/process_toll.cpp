// SPDX-License-Identifier: Apache-2.0
// What keeps mailboxes from growing without end. They have no limit, as in OTP, and to send never
// waits; but who sends to a process that is behind pays for it with its turn, the more, the more
// messages wait there, and who has spent its turn on that follows: it goes on after the other's
// next turn. A turn that lasts too long lets everybody go.
//
//     backlog of the receiver     0   32   64  ...  8160 and more
//     toll of a send, reductions  0    1    2  ...  255
//
// While there are followers the toll is 1 at the least, so that who has just been let go follows
// again. Followers that do little besides sending are let go one at a time: the receiver could not
// keep up with more, and finds the messages of one in the cache that they share.
//
// No two processes wait for each other: each first follows and then lets its own followers go, so
// the last one of a ring lets go the one that would wait for it.

#include <algorithm>
#include <climits>
#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"
#include "process/turn.hpp"

namespace coppice::detail {
namespace {

constexpr std::size_t toll_max = UINT8_MAX;
/// Who takes longer for each had better work beside the receiver.
constexpr nanoseconds cheap_send{200};

/// What the turn on this thread has paid since it first paid a toll. A turn within a turn, as of a
/// simulation within a process, has its own, and the outer one then begins anew.
struct dues {
    const process* whose = nullptr;
    nanoseconds since{0};
    std::uint64_t reductions = 0;
    std::int64_t sends = 0;
};

thread_local dues dues_here;

}  // namespace

void process::set_toll() noexcept {
    const std::size_t least = followed_.load(std::memory_order_relaxed) ? 1 : 0;
    const auto toll =
        static_cast<std::uint8_t>(std::clamp(mailbox_.size() / backlog_of_a_toll, least, toll_max));
    if (toll_.load(std::memory_order_relaxed) != toll) {
        toll_.store(toll, std::memory_order_relaxed);
    }
}

// Not inlined, as what is in turn.hpp: a coroutine sends.
[[gnu::noinline]] void process::pay_toll(process& receiver, std::uint8_t toll) noexcept {
    if (std::exchange(turn_here().overwhelms, &receiver) == nullptr || dues_here.whose != this) {
        dues_here = {.whose = this, .since = world_.scheduler().clock().now()};
    }
    reductions_ += toll;
    dues_here.reductions += 1U + toll;
    ++dues_here.sends;
}

/// True if it is the other's from here on to enqueue this process.
bool process::follow_receiver() noexcept {
    process* const leader = turn_here().overwhelms;
    if (leader == nullptr || leader == this || !is_normal() || !leader->is_normal() ||
        dues_here.whose != this || dues_here.reductions < world_.chosen().turn_budget / 2) {
        return false;
    }
    const nanoseconds taken = world_.scheduler().clock().now() - dues_here.since;
    return leader->lets_follow(*this, taken <= dues_here.sends * cheap_send);
}

bool process::lets_follow(sched::runnable& tired, bool one_by_one) noexcept {
    if (!world_.waiting_senders().add(followed_, tired, one_by_one)) {
        return false;
    }
    // This process is seen here to have no turn, or too long a one; or it sees the followers when
    // that turn ends, or becomes too long. Both orders are sequentially consistent.
    if (inbox_.is_at_rest() || hurried_.load(std::memory_order_seq_cst)) {
        let_followers_go();
    }
    return true;
}

void process::let_followers_go() noexcept {
    if (followed_.load(std::memory_order_seq_cst)) {
        sched::runnable* next = world_.waiting_senders().take_all(followed_);
        while (next != nullptr) {
            world_.scheduler().enqueue_back(*std::exchange(next, next->next_runnable));
        }
    }
}

/// Those whose turn it is now: this process has one after them.
void process::let_next_follower_go() noexcept {
    sched::runnable* next = world_.waiting_senders().take_next(followed_);
    while (next != nullptr) {
        world_.scheduler().enqueue(*std::exchange(next, next->next_runnable));
    }
}

void process::hurry() noexcept {
    hurried_.store(true, std::memory_order_seq_cst);
    let_followers_go();
}

}  // namespace coppice::detail
