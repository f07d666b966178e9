// SPDX-License-Identifier: Apache-2.0
// The message about which a condition of `receive` is asked just now on this thread. It is still in the
// mailbox; if the condition takes it out, by flushing the monitor that it belongs to, it lives until
// the condition has returned.

#pragma once

#include "coppice/message.hpp"

namespace coppice::detail {

class question {
  public:
    explicit question(const message_node& about) noexcept;
    question(const question&) = delete;
    question& operator=(const question&) = delete;
    ~question();

    bool was_taken_out() const noexcept { return kept_ != nullptr; }

    /// Keeps a message that was taken out of a mailbox, if somebody is asked about it.
    static void keep_for_condition(owned_message& taken) noexcept;

  private:
    const message_node* const about_;
    owned_message kept_;
    question* const outer_;  ///< A condition may run a simulation, with conditions of its own.
};

}  // namespace coppice::detail
