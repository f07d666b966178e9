// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "coppice/child_spec.hpp"
#include "coppice/detail/shared_text.hpp"

namespace coppice::supervise {

/// Runs a start function when awaited, and waits for the outcome. An exception becomes an outcome. The
/// arguments must outlive the wait. An awaitable and no coroutine: the start of a server needs no frame.
///
/// `id` is null for the child of a dynamic supervisor. The id decides the reason after an exception:
/// `{'EXIT', why}` with an id, as in OTP, and `why` without.
class [[nodiscard("co_await it")]] child_start final : public detail::awaitable {
  public:
    child_start(const child_spec& spec, const detail::shared_text& id,
                const extra_arguments& extra) noexcept
        : spec_{spec}, id_{id}, extra_{extra} {}

    bool await_ready() noexcept;
    std::coroutine_handle<> await_suspend(detail::suspended here) noexcept;
    detail::start_outcome await_resume() noexcept;

  private:
    class server_start final : public detail::start_wait {
      public:
        server_start(std::unique_ptr<detail::behaviour_body> started, detail::nanoseconds limit)
            : start_wait{std::move(started), detail::start_mode::link, limit} {}
        detail::start_outcome await_resume() { return outcome(); }
    };
    using running_start = task<detail::start_outcome>;

    bool begin();
    /// To be called while an exception is handled.
    void fail() noexcept;

    const child_spec& spec_;
    const detail::shared_text& id_;
    const extra_arguments& extra_;
    // At most one of the two has a value. The outcome of a start with neither is in `outcome_`.
    std::optional<server_start> server_;
    running_start running_;
    detail::start_outcome outcome_;
};

}  // namespace coppice::supervise
