// SPDX-License-Identifier: Apache-2.0
// The destination of signals to other nodes, for a layer above that connects nodes. The process layer hands
// every signal whose receiver is of another node to the sink of the runtime.
//
//     the sink            the process layer
//     takes the signal    is done; the answer comes as a signal from the peer
//     refuses             answers for the dead: `noconnection` for links, monitors and calls, an
//                         acknowledgement for an unlink, an empty answer for a request. Other signals are dropped
//
// Duties of a sink
//   1. Signals from one process to another keep their order.
//   2. The sink destroys taken signals with `destroy_signal`. `signal::next` of a taken signal belongs to the
//      sink. A signal does not name its receiver: a sink that has no memory to note `to` ends the connection.
//   3. The sink follows the links, monitors and calls in both directions. When a connection is lost, the sink
//      first refuses signals to the node, then delivers for each link an exit signal and for each monitor or
//      call of the node's processes a down signal, with `noconnection`, and for each monitor or call by a
//      process of the node a demonitor signal.
//   4. Requests (`signal_kind::request`) never travel: the sink refuses them.
//   5. Taken signals are destroyed outside of `take`, under `without_caller`, since destructors of values are
//      user code. The sender of a taken call may itself be of another node.
//   6. Signals of peers enter by `route::arrive_from_elsewhere`. Tags in these signals are tags of this
//      runtime: the sink translates the references of its peers.
//
// Threads    `take` is called on any thread, also in the middle of a turn, and from `arrive_from_elsewhere`
//            when the receiver is dead. A sink holds no lock of its own during that call.

#pragma once

#include <cstdint>

#include "coppice/detail/signal.hpp"

namespace coppice::base {

class remote_sink {
  public:
    remote_sink() = default;
    remote_sink(const remote_sink&) = delete;
    remote_sink& operator=(const remote_sink&) = delete;
    virtual ~remote_sink() = default;

    struct answer {
        bool taken = false;
        /// Extra reductions for the sender, if the way to the node is backlogged.
        std::uint8_t toll = 0;
    };
    /// Takes the signal, or refuses the signal and leaves it alone: there is no connection to the
    /// receiver's node, or signals of that kind do not travel. Neither blocks, throws, nor runs user code:
    /// the sender may be inside of its custody.
    virtual answer take(const pid& to, detail::signal& leaving) noexcept = 0;
};

}  // namespace coppice::base
