// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "coppice/detail/kernel.hpp"

namespace coppice::detail {

/// Waits for the end of a process that was asked to stop.
class stop_wait final : waiter {
  public:
    stop_wait(const pid& who, exit_reason why, nanoseconds timeout)
        : who_{who}, why_{std::move(why)}, timeout_{timeout} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here);
    void await_resume();

  private:
    bool on_signal(signal& s) override;

    pid who_;
    exit_reason why_;
    nanoseconds timeout_;
    exit_reason ended_with_;
};

}  // namespace coppice::detail
