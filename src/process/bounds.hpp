// SPDX-License-Identifier: Apache-2.0
// The bounds of mailboxes, and the senders that wait for room. A process has no byte left for either, and few
// processes are bounded, so both are here, by slot.
//
// The flag `is_awaited` of a bound says that a sender waits. It belongs to one life of a process, unlike the bit
// `raised` of the followers (backlog.cpp), which belongs to the slot. Dekker's algorithm: a sender raises the flag, then
// looks for room; the receiver makes room, then reads the flag. So no sender waits for a receiver at rest that has room.
//
// Threads    Any. One lock for each shard of bounds, and one for all senders that wait.

#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "mailbox/bound.hpp"
#include "platform/guarded.hpp"
#include "sched/runnable.hpp"

namespace coppice::process_layer {

/// The bound of one life, with the senders that wait.
struct bounded_mailbox : mailbox::bound {
    explicit bounded_mailbox(const mailbox_limit& chosen) : bound{chosen} {}

    bool reports = false;  ///< The owner's: high water has been reached, and is to be reported.

    /// Written under the lock of `bounds`.
    std::atomic<bool> is_awaited{false};

    // Under the lock of `bounds`.
    sched::runnable* first = nullptr;
    sched::runnable** end = &first;
    std::size_t threads = 0;  ///< Threads that wait.
    std::uint64_t releases = 0;
};
using bounded_mailbox_ref = std::shared_ptr<bounded_mailbox>;

class bounds {
  public:
    /// Throws std::bad_alloc, and then changes nothing.
    void add(std::uint32_t slot, const mailbox_limit& chosen);
    /// Null without a bound. Called for the life that is in the slot.
    bounded_mailbox_ref find(std::uint32_t slot) const noexcept;
    /// The life is over: removes the bound and lets all senders go. Returns the processes that waited, as a list.
    sched::runnable* remove(std::uint32_t slot) noexcept;

    /// The process `tired` waits for room, and raises the flag. False: the receiver has no bound or has room, or the
    /// wait would close a ring. `listed()` is the size of the receiver's message list.
    template <class Listed>
    bool wait(std::uint32_t tired_slot, sched::runnable& tired, std::uint32_t receiver,
              Listed listed) noexcept {
        const platform::scoped_lock lock{mutex_};
        const bounded_mailbox_ref full = find(receiver);
        return full != nullptr && full->policy() == mailbox_policy::wait &&
               append(tired_slot, tired, receiver, *full) &&
               (full->room(listed()) == 0 || !take_back(tired_slot, tired, *full));
    }
    /// Ends the wait of a process. False if the process does not wait, or was let go meanwhile.
    bool leave(std::uint32_t tired_slot, sched::runnable& tired) noexcept;
    /// Lets at most `at_most` processes and all threads go. Returns the processes, the longest waiting first.
    sched::runnable* release(bounded_mailbox& with_room, std::size_t at_most) noexcept;

    // A thread of the program that waits: `begin_thread_wait`, a look for room, `thread_wait`.
    /// False if threads may not wait now.
    bool begin_thread_wait(bounded_mailbox& full, std::uint64_t& seen) noexcept;
    /// Returns after the next release since `seen`.
    void thread_wait(const bounded_mailbox& full, std::uint64_t seen) noexcept;
    /// At first threads may not wait. False: lets all waiting threads go.
    void let_threads_wait(bool may) noexcept;

  private:
    struct wait_of_process {
        std::uint32_t receiver;
        bounded_mailbox* at;
    };
    struct alignas(64) shard {
        mutable platform::mutex mutex;
        std::unordered_map<std::uint32_t, bounded_mailbox_ref> bounds COPPICE_GUARDED_BY(mutex);
    };
    static constexpr std::size_t shards = 64;

    bool append(std::uint32_t tired_slot, sched::runnable& tired, std::uint32_t receiver,
                bounded_mailbox& full) noexcept COPPICE_REQUIRES(mutex_);
    bool take_back(std::uint32_t tired_slot, sched::runnable& tired, bounded_mailbox& full) noexcept
        COPPICE_REQUIRES(mutex_);
    bool closes_ring(std::uint32_t tired_slot, std::uint32_t receiver) const noexcept
        COPPICE_REQUIRES(mutex_);
    sched::runnable* take(bounded_mailbox& from, std::size_t at_most) noexcept
        COPPICE_REQUIRES(mutex_);

    std::array<shard, shards> shards_;
    platform::mutex mutex_;
    std::condition_variable released_;
    bool may_wait_ COPPICE_GUARDED_BY(mutex_) = false;
    /// By the slot of the waiting process.
    std::unordered_map<std::uint32_t, wait_of_process> waits_ COPPICE_GUARDED_BY(mutex_);
};

}  // namespace coppice::process_layer
