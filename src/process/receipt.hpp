// SPDX-License-Identifier: Apache-2.0
// The receipt of a signal. Eight bytes, so functions return a receipt in a register.

#pragma once

#include <cstdint>

namespace coppice::process_layer {

/// The result of a send. From `dead` on the sender keeps the signal.
enum class sent : std::uint8_t {
    taken,    ///< A process of this runtime has the signal, or gets the signal later.
    remote,   ///< The signal is on its way to another node.
    dead,     ///< The receiver has ended or is out of reach.
    full,     ///< The mailbox of the receiver is full.
    dropped,  ///< The same, and the policy of the receiver is to drop the message.
};

struct receipt {
    sent how = sent::dead;
    std::uint8_t toll = 0;  ///< Extra reductions for the sender, see backlog.cpp.
    /// Of the receiver, if there is a toll. The pid may be a part of the signal, which may be gone by now.
    std::uint32_t slot = 0;

    /// Whether the signal has left the sender.
    bool is_accepted() const noexcept { return how <= sent::remote; }
};

}  // namespace coppice::process_layer
