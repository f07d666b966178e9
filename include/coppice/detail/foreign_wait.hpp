// SPDX-License-Identifier: Apache-2.0
// A wait that a thread of another library ends.

#pragma once

#include <memory>
#include <utility>

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The state that the process and the other thread share. The derived class adds the result.
class foreign_answer {
  public:
    foreign_answer() = default;
    foreign_answer(const foreign_answer&) = delete;
    foreign_answer& operator=(const foreign_answer&) = delete;
    virtual ~foreign_answer() = default;

    /// Ends the wait of the process, on any thread, once. Needs no memory. If the process has ended, nothing
    /// happens.
    void give() noexcept;

  private:
    friend class foreign_wait;
    pid waits_;
    owned_signal signal_;
};

class foreign_wait : public timed_waiter {
  public:
    bool await_ready() const noexcept { return false; }
    /// Throws std::logic_error the second time, and in a simulation, which has no other threads.
    void await_suspend(suspended here);

  protected:
    explicit foreign_wait(foreign_answer& to) noexcept : answer_{&to} {}

  private:
    /// Starts the operation that calls `give`, perhaps before `start` returns.
    virtual void start() = 0;
    reply_effect on_reply(message_node& reply) noexcept override;

    foreign_answer* const answer_;
    bool begun_ = false;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
