// SPDX-License-Identifier: Apache-2.0
// Stopping one child: ask, wait, kill. Section by section what OTP's supervisor does, so that no
// exit message of the child is left behind.

#pragma once

#include "coppice/child_spec.hpp"

namespace coppice::supervise {

struct child_end {
    exit_reason why = {};
    bool before = false;  ///< It had ended before it was asked to.
};

/// Stops the child and waits for its end.
class [[nodiscard("co_await it")]] child_stop final : detail::waiter {
  public:
    child_stop(const pid& child, shutdown_limit limit) : child_{child}, limit_{limit} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here);
    /// The reason in the child's exit message if there is one, else in its down signal.
    child_end await_resume();

  private:
    bool on_signal(detail::signal& s) override;
    bool on_timeout() override;

    pid child_;
    shutdown_limit limit_;
    exit_reason why_;
};

/// Whether a child that was stopped may have ended like that without a report: OTP's supervisor.
[[nodiscard]] bool is_expected_end(const child_end& ended, const child_spec& spec);
/// The same for Elixir's DynamicSupervisor: what was not asked for is expected only if it is
/// normal, and who is to be killed has to be killed.
[[nodiscard]] bool is_expected_dynamic_end(const child_end& ended, const child_spec& spec);

}  // namespace coppice::supervise
