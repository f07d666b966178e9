// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "coppice/detail/kernel.hpp"

namespace coppice::behaviour {

/// Waits for the end of a process that was asked to stop.
class stop_wait final : detail::timed_waiter {
  public:
    stop_wait(const pid& who, exit_reason why, detail::nanoseconds timeout)
        : who_{who}, why_{std::move(why)}, timeout_{timeout} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here);
    void await_resume();

  private:
    bool on_signal(detail::signal& s) override;

    pid who_;
    exit_reason why_;
    detail::nanoseconds timeout_;
    exit_reason ended_with_;
};

}  // namespace coppice::behaviour
