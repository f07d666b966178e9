// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/supervisor.hpp"

namespace coppice::detail {

/// What both kinds of supervisors answer to who draws the tree.
struct describe_request {
    std::size_t offset = 0;  ///< Of the children, oldest first.
    std::size_t limit = SIZE_MAX;
    pid child;  ///< Not empty: of the children this one alone, if it is one.
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
    std::vector<child_description> children;  ///< Oldest first where there is an order.
};

/// What a supervisor remembers of a child's lives.
class child_history {
  public:
    std::uint32_t restarts() const noexcept { return restarts_; }
    /// Nothing while the first life lasts.
    std::optional<exit_reason> last_exit() const {
        return has_ended_ ? std::optional{last_exit_} : std::nullopt;
    }
    /// Precondition: there was one.
    const exit_reason& why() const noexcept { return last_exit_; }
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

}  // namespace coppice::detail
