// SPDX-License-Identifier: Apache-2.0
// One page of all processes in some order. Memory is bounded by the end of the page.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "coppice/statistics.hpp"

namespace coppice::inspect {

/// Whether the first comes before the second.
using process_order = bool (*)(const process_glance& a, const process_glance& b);

/// Throws `bad_parameter` for an unknown key.
[[nodiscard]] process_order order_by(const std::string& key);

class process_page {
  public:
    process_page(process_order before, bool descending, std::size_t offset, std::size_t limit)
        : before_{before}, descending_{descending}, offset_{offset}, limit_{limit} {}

    void add(const process_glance& seen);
    [[nodiscard]] std::size_t added() const noexcept { return added_; }
    /// The page in order. Call once.
    [[nodiscard]] std::vector<process_glance> take();

  private:
    bool comes_before(const process_glance& a, const process_glance& b) const;
    std::size_t kept_max() const noexcept;
    void trim();

    process_order before_;
    bool descending_;
    std::size_t offset_;
    std::size_t limit_;
    std::size_t added_ = 0;
    std::vector<process_glance> kept_;
    /// The first process beyond the page. A process that does not come before
    /// `dropped_` is not on the page either.
    std::optional<process_glance> dropped_;
};

}  // namespace coppice::inspect
