// SPDX-License-Identifier: Apache-2.0
// Stopping one child: ask, wait, kill. Follows OTP's supervisor step by step, so that no exit message of the
// child is left in the mailbox.

#pragma once

#include "coppice/child_spec.hpp"

namespace coppice::supervise {

struct child_end {
    exit_reason why = {};
    bool before = false;  ///< The child had ended before the request to stop.
};

/// Stops the child and waits for its end.
class [[nodiscard("co_await it")]] child_stop final : detail::timed_waiter {
  public:
    child_stop(const pid& child, shutdown_limit limit) : child_{child}, limit_{limit} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here);
    /// The reason in the child's exit message if there is one; otherwise the reason in the down signal.
    child_end await_resume();

  private:
    bool on_signal(detail::signal& s) override;
    bool on_timeout() override;

    pid child_;
    shutdown_limit limit_;
    exit_reason why_;
};

/// Whether a stopped child may end like this without a report. As OTP's supervisor.
[[nodiscard]] bool is_expected_end(const child_end& ended, const child_spec& spec);
/// The same as Elixir's DynamicSupervisor. An end that the supervisor did not cause is expected only with
/// `normal`. A child with `brutal_kill` must end with `killed`.
[[nodiscard]] bool is_expected_dynamic_end(const child_end& ended, const child_spec& spec);

}  // namespace coppice::supervise
