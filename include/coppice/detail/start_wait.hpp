// SPDX-License-Identifier: Apache-2.0
// The wait for a start, and its outcome.

#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "coppice/detail/behaviour_body.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

enum class start_kind : std::uint8_t { ok, ignored, failed };
enum class start_mode : std::uint8_t { alone, link, monitor };

struct start_outcome {
    start_kind kind = start_kind::failed;
    pid process;
    exit_reason why;
    ref monitor;
};

/// Waits for a start: the protocol of proc_lib with the guarantees of OTP 26.
class start_wait : public timed_waiter {
  public:
    start_wait(std::unique_ptr<behaviour_body> server, start_mode mode, nanoseconds timeout)
        : server_{std::move(server)}, mode_{mode}, timeout_{timeout} {}

    /// Throws std::logic_error the second time.
    bool await_ready();
    void await_suspend(suspended here);

  protected:
    start_outcome outcome();

  private:
    void spawn(std::uint64_t tag);
    bool on_signal(signal& s) override;
    reply_effect on_reply(message_node& reply) noexcept override;
    bool on_timeout() override;
    bool watches_child() const noexcept;

    std::unique_ptr<behaviour_body> server_;
    start_mode mode_;
    nanoseconds timeout_;
    pid child_;
    bool settled_ = false;
    bool child_ended_ = false;
    start_outcome outcome_;
};

/// The new process's answer to its starter, if the start has failed or is ignored.
struct start_failure {
    start_kind kind;
    exit_reason why;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
