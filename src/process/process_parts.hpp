// SPDX-License-Identifier: Apache-2.0
// The fields of a process, their cache lines, and the threads that may access them. A function that works on
// several fields is a member of `process`.
//
// "custody" is the thread that has custody of the process: the turn's thread inside, or the sentinel in place
// of a lost thread. "turn" is the turn's thread, inside the custody or not. At the birth the spawner writes
// all fields, before any other thread knows the process.
//
//     field                                                    written by               read by
//     index_, runtime_                                         never                    any
//     claims_, inbox_, custody_                                any, see the class       any
//     toll_                                                    custody                  any
//     next_free_                                               birth; process_table     any
//     generation_                                              custody, at the end      any
//     supervisor_                                              birth                    any
//     hurried_                                                 turn, sentinel           turn
//     standing_                                                any, see backlog.hpp     any, see backlog.hpp
//     reductions_                                              turn                     any
//     life_, bonds_, why_, late_, handling_, traps_exits_,     custody                  custody
//       wait_over_, ancestors_, of_children_
//     mailbox_                                                 custody                  custody; its size: any
//     body_                                                    turn, inside             custody, turn
//     root_, wait_, yielded_, gives_way_                       turn                     turn
//
// Exception: once the process is closing, the thread with custody puts all signals off, and the turn's thread
// destroys body and mailbox outside of the custody. When the other processes have been told, the turn's thread
// is alone with the rest.

#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "coppice/detail/kernel.hpp"
#include "mailbox/inbox.hpp"
#include "mailbox/message_list.hpp"
#include "process/ancestry.hpp"
#include "process/backlog.hpp"
#include "process/bonds.hpp"
#include "process/claims.hpp"
#include "process/custody.hpp"
#include "process/handled_message.hpp"
#include "process/life.hpp"
#include "sched/runnable.hpp"

namespace coppice::process_layer {

class alignas(64) process_parts : public sched::runnable {
  public:
    // Any thread.
    inline pid id(std::uint32_t generation) const noexcept;
    std::uint32_t generation() const noexcept {
        return generation_.load(std::memory_order_acquire);  // pairs with leave_slot()
    }
    std::uint32_t index() const noexcept { return index_; }
    /// The number of the life now in the slot: index and generation, unique within the runtime. Never 0.
    std::uint64_t life_number() const noexcept {
        return std::uint64_t{generation_.load(std::memory_order_relaxed)} << 32U | index_;
    }
    /// The generation of a slot that is never used again.
    static constexpr std::uint32_t no_generation = 0;
    bool is_open(std::uint32_t generation) const noexcept {
        return !is_dying(generation) && inbox_.is_open(generation);
    }
    bool is_supervisor() const noexcept { return supervisor_.load(std::memory_order_relaxed); }
    /// Names and timers of the life now in the slot.
    claims& own_claims() noexcept { return claims_; }
    bool is_dying(std::uint32_t generation) const noexcept {
        return generation != this->generation() || claims_.is_dying();
    }

    // Any thread. The answer is of the life now in the slot: the caller compares the generation afterwards.
    std::size_t queue_len_estimate() const noexcept {
        return mailbox_.size() + (inbox_.has_signals() ? 1U : 0U);
    }
    std::uint8_t toll() const noexcept { return toll_.now(); }
    bool is_waiting() const noexcept { return inbox_.is_at_rest(); }
    std::uint32_t birth() const noexcept { return next_free_.load(std::memory_order_relaxed); }
    bool may_have_name() const noexcept { return claims_.may_be_named(); }
    std::uint64_t reductions() const noexcept {
        return reductions_.load(std::memory_order_relaxed);
    }

  protected:
    process_parts(detail::runtime_core& world, std::uint32_t index, std::uint32_t first_generation)
        : index_{index}, generation_{first_generation}, runtime_{world} {}
    ~process_parts() = default;

    // A runtime may have a million processes, so the object is small: three cache lines.
    // docs/internals/memory.md accounts for every byte.

    // Cache line 1 is written by senders, and each read by the owner fetches the line from another core. So
    // the line has only fields for reading the inbox, for having children, and for the end.
    claims claims_;
    send_toll toll_;
    /// In a free slot: the index of the next free slot. In a slot with a process: the time of birth, in the
    /// coarse units of the flight recorder.
    std::atomic<std::uint32_t> next_free_{0};
    const std::uint32_t index_;
    std::atomic<std::uint32_t> generation_;
    mailbox::inbox inbox_;
    exit_reason why_;
    /// Signals to be handled or destroyed later, newest first: signals after the fatal one, refused when
    /// links and monitors have been told; signals waiting for the lost thread; signals for which memory ran
    /// out; and handled signals waiting for destruction.
    detail::signal* late_ = nullptr;
    ancestry of_children_;  ///< Made for the first child.

    // Cache lines 2 and 3 belong to the owner.
    custody custody_;
    std::atomic<bool> hurried_{false};
    std::atomic<bool> supervisor_{false};
    standing standing_;
    /// Written outside of the custody: so the flag shares no byte with a flag that the sentinel may write.
    bool gives_way_ = false;
    life life_;
    bool traps_exits_ : 1 = false;
    bool wait_over_ : 1 = false;
    detail::runtime_core& runtime_;
    std::unique_ptr<detail::body> body_;
    task<> root_;
    detail::waiter* wait_ = nullptr;
    std::coroutine_handle<> yielded_;
    handled_message handling_;                  ///< The body's last message.
    std::atomic<std::uint64_t> reductions_{0};  ///< Written by the turn's thread alone.
    mailbox::message_list mailbox_;
    bonds bonds_;
    ancestry ancestors_;
};

static_assert(sizeof(process_parts) <= 192 && alignof(process_parts) == 64,
              "a process fits into three cache lines of its own");

}  // namespace coppice::process_layer
