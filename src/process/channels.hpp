// SPDX-License-Identifier: Apache-2.0
// Delayed signals, in a simulation. Signals arrive between two turns, when the seed says so, alone or with
// the next ones of the channel. So signals cross, as between threads.
//
//     delays       a channel is for
//     in_order     a receiver
//     per_pair     a receiver and a sender; timers and threads outside count as one sender, the empty pid
//
// Invariants
//   1. A channel with signals is an errand of the scheduler. So a simulation is idle, and the clock moves,
//      only when no signal is in a channel.
//   2. While a channel exists, all signals between the channel's endpoints go through the channel.
//
// Threads    The thread that runs the simulation.

#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "coppice/detail/signal.hpp"
#include "coppice/fwd.hpp"
#include "coppice/pid.hpp"
#include "process/signal_route.hpp"
#include "sched/sim_scheduler.hpp"

namespace coppice::detail {
class runtime_core;
}

namespace coppice::process_layer {

class channels final : public signal_route {
  public:
    channels(detail::runtime_core& world, sched::sim_scheduler& scheduler,
             signal_delays delays) noexcept
        : runtime_{world}, scheduler_{scheduler}, delays_{delays} {}
    /// Destroys the signals on the way.
    ~channels() override;

    receipt offer(const pid& to, detail::signal& sent) noexcept override;

  private:
    using endpoints = std::pair<pid, pid>;  ///< The sender, empty if shared, and the receiver.

    struct channel final : sched::errand {
        channel(channels& o, const endpoints& b) noexcept : of{o}, between{b} {}
        bool run() noexcept override { return of.deliver_some(*this); }
        void append(detail::signal& sent) noexcept;
        detail::signal& take_first() noexcept;
        void put_first(detail::signal& taken) noexcept;

        channels& of;
        const endpoints between;
        detail::signal* first = nullptr;
        detail::signal** end = &first;
        std::size_t size = 0;
    };
    using channel_map = std::map<endpoints, channel>;

    endpoints endpoints_of(const pid& to, const detail::signal& sent) const noexcept;
    channel_map::iterator open(const endpoints& between) noexcept;
    bool deliver_some(channel& from) noexcept;
    void deliver(channel& from, std::size_t count) noexcept;

    detail::runtime_core& runtime_;
    sched::sim_scheduler& scheduler_;
    const signal_delays delays_;
    channel_map channels_;
};

}  // namespace coppice::process_layer
