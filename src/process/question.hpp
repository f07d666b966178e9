// SPDX-License-Identifier: Apache-2.0
// The message being judged by a condition of `receive` on this thread. The message is still in the
// mailbox. If the condition takes the message out, by flushing a monitor, the message lives until
// the condition returns.

#pragma once

#include "coppice/message.hpp"

namespace coppice::process_layer {

class question {
  public:
    explicit question(const detail::message_node& about) noexcept;
    question(const question&) = delete;
    question& operator=(const question&) = delete;
    ~question();

    bool was_taken_out() const noexcept { return kept_ != nullptr; }

    /// Keeps a message just taken out of a mailbox, if a condition is judging that message.
    static void keep_for_condition(detail::owned_message& taken) noexcept;

  private:
    const detail::message_node* const about_;
    detail::owned_message kept_;
    question* const outer_;  ///< A condition may run a simulation, with conditions of its own.
};

}  // namespace coppice::process_layer
