// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/detail/contract.hpp"
#include "coppice/supervisor.hpp"

namespace coppice::supervise {

/// The request of the tree view, answered by both kinds of supervisors.
struct describe_request {
    std::size_t offset = 0;  ///< Children to skip, oldest first.
    std::size_t limit = SIZE_MAX;
    pid child;  ///< If set: only this child, if the supervisor has such a child.
};
struct child_description {
    child_info info;
    std::int64_t restarts = 0;
    std::optional<exit_reason> last_exit;
};
struct supervisor_description {
    std::string strategy;
    std::int64_t restarts = 0;
    std::int64_t window_restarts = 0;
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::size_t children_count = 0;
    std::vector<child_description> children;  ///< Oldest first, if the supervisor keeps an order.
};

/// A supervisor's record of the lives of one child.
class child_history {
  public:
    std::uint32_t restarts() const noexcept { return restarts_; }
    /// Nothing during the first life.
    std::optional<exit_reason> last_exit() const {
        return has_ended_ ? std::optional{last_exit_} : std::nullopt;
    }
    /// Precondition: `has_ended()`.
    const exit_reason& why() const noexcept {
        COPPICE_EXPECTS(has_ended_,
                        "ask has_ended() first: a child in its first life has no reason");
        return last_exit_;
    }
    bool has_ended() const noexcept { return has_ended_; }
    void ended(const exit_reason& why) noexcept {
        last_exit_ = why;
        has_ended_ = true;
    }
    void restarted() noexcept { ++restarts_; }

  private:
    std::uint32_t restarts_ : 31 = 0;
    std::uint32_t has_ended_ : 1 = 0;
    exit_reason last_exit_;
};

}  // namespace coppice::supervise
