// SPDX-License-Identifier: Apache-2.0
// The route of signals to a pid. A sender knows the pid and gets a receipt, which is a value; a sender never
// sees the process of the receiver.
//
//     the pid                       the signal goes to
//     of a living process here      the inbox of the process
//     of a dead process, or empty   the answer of the dead: `noproc`, see `refuse`
//     of another node               the remote sink, if one is connected and takes the signal; else the answer
//                                   of the dead: `noconnection`
//
// Threads    Any.
// Cost       A signal to a process here costs one comparison of nodes and the look-up of a slot.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/remote_sink.hpp"
#include "process/process_table.hpp"
#include "process/receipt.hpp"
#include "process/signal_route.hpp"

namespace coppice::process_layer {

class route {
  public:
    route(detail::runtime_core& world, std::uint32_t node, std::uint32_t first_generation)
        : runtime_{world}, node_{node}, direct_node_{node}, table_{world, first_generation} {}
    route(const route&) = delete;
    route& operator=(const route&) = delete;

    /// The node of no runtime.
    static constexpr std::uint32_t no_node = UINT32_MAX;

    /// Consumes the signal. If the receiver is gone, the answer of the dead is sent. Throws std::bad_alloc
    /// for a call to the dead, and for nothing else.
    receipt deliver(const pid& to, detail::signal* moved);
    /// As `deliver`. But if the receiver is gone, the caller keeps the signal.
    receipt offer(const pid& to, detail::signal& moved) noexcept;
    /// Whether the receiver is here and has taken the signal, without a toll. False: nothing has changed, and `offer`
    /// knows more. Inlined: see process/offer.hpp.
    bool is_taken_here(const pid& to, detail::signal& moved) noexcept;
    /// As `offer`, for a sender that keeps a message for which there is no room, under the policy `wait` too.
    receipt offer_if_room(const pid& to, detail::signal& moved) noexcept;
    /// As `offer`, and without delay even in a simulation.
    receipt offer_now(const pid& to, detail::signal& moved) noexcept;
    /// The end of a signal's way: as `deliver`, without delay. False if there was no memory for the answer of
    /// the dead to a call. Then the caller keeps the signal, which has to arrive again.
    bool arrive(const pid& to, detail::signal& moved) noexcept;
    /// For a signal from a process of another node to a process here. In a simulation the signal may be
    /// delayed, and the caller is on the simulation's thread. False as `arrive`.
    bool arrive_from_elsewhere(const pid& to, detail::signal& moved) noexcept;
    /// The receipt for a signal that the process will get later. Precondition: the process was alive.
    receipt expected_by(const pid& to, const detail::signal& moved) const noexcept;

    /// From now on signals to other nodes go to the sink. The sink outlives the runtime's processes.
    void connect(base::remote_sink& sink) noexcept;
    /// Whether a process of the pid is, or was, on another node.
    bool is_elsewhere(const pid& who) const noexcept { return who && who.node() != node_; }

    /// From now on all signals take this route.
    void open(signal_route& way) noexcept;
    /// Null: signals arrive at once.
    // Acquire: pairs with the release in open().
    signal_route* opened() const noexcept { return way_.load(std::memory_order_acquire); }

    // What is known of the process of a pid.
    bool is_open(const pid& who) const noexcept;
    /// Whether the process has ended, or never existed. False for a process of another node.
    bool knows_ended(const pid& who) const noexcept { return !is_elsewhere(who) && !is_open(who); }
    /// The reason in the answer of the dead. A living process refuses nothing but messages without room.
    exit_reason reason_of_absence(const pid& who) const noexcept {
        return is_elsewhere(who) ? reason::noconnection
               : is_open(who)    ? reason::mailbox_full
                                 : reason::noproc;
    }
    /// Whether the end has begun. True for a process that never existed.
    bool is_dying(const pid& who) const noexcept;
    /// Whether the present process in the slot is a supervisor.
    bool is_supervisor(const pid& who) const noexcept;
    /// Marks the process before a name is given. False if the end has begun. The caller checks `is_dying`
    /// after the name is given, see `claims`.
    bool mark_named(const pid& who) noexcept;
    /// Likewise before a timer is set. Returns the shard of all timers of the process; nothing if the end has
    /// begun.
    std::optional<unsigned> mark_timed(const pid& who, unsigned local_shard) noexcept;
    /// Called after an exit signal: a process that follows a receiver gets a turn.
    void release_follower(const pid& told) const noexcept;

    process_table& table() noexcept { return table_; }
    const process_table& table() const noexcept { return table_; }
    /// The slot of a process here with a bound; null for any other pid.
    detail::process* bounded_slot_of(const pid& who) const noexcept;
    /// The slot of the pid, for a look at the process, which may be dead. Null if the pid is of another node
    /// or was never used.
    const detail::process* slot_of(const pid& who) const noexcept { return reach(who); }

  private:
    detail::process* reach(const pid& who) const noexcept {
        return who.node() == node_ ? table_.at(who.index()) : nullptr;
    }
    receipt push(const pid& to, detail::signal& moved) const noexcept;
    bool settled(bool is_exit, receipt got, const pid& to, detail::signal& moved) noexcept;
    receipt offer_elsewhere(const pid& to, detail::signal& moved) noexcept;
    receipt offer_indirectly(const pid& to, detail::signal& moved) noexcept;

    detail::runtime_core& runtime_;
    const std::uint32_t node_;
    /// The node while signals arrive at once, else `no_node`. So a send reads one word.
    std::atomic<std::uint32_t> direct_node_;
    std::atomic<signal_route*> way_{nullptr};
    std::atomic<base::remote_sink*> sink_{nullptr};
    process_table table_;
};

}  // namespace coppice::process_layer
