// SPDX-License-Identifier: Apache-2.0
// The place of each member's data in a list. A table of hashes without its standard header.

#pragma once

#include <cstddef>
#include <memory>

#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Numbers processes from 0. A number that is free again is given to the next process.
class member_places {
  public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    member_places();
    member_places(const member_places&) = delete;
    member_places& operator=(const member_places&) = delete;
    ~member_places();

    /// `none` for a process without a place.
    std::size_t find(const pid& who) const noexcept;
    /// The place of the process; a new place if the process has none.
    std::size_t place_for(const pid& who);
    /// Precondition: the process has a place.
    void free_place_of(const pid& who) noexcept;

  private:
    struct table;
    const std::unique_ptr<table> table_;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
