// SPDX-License-Identifier: Apache-2.0
// Who started a process, and who started that one: a list that siblings share, so that a spawn
// copies one pointer. Names are as they were at the spawn.
//
// A process that starts the next for ever would make it endless; so no more than `ancestors_max` are
// known, and at least half of them, the nearest.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "coppice/pid.hpp"

namespace coppice::detail {

struct ancestor;
using ancestry = std::shared_ptr<const ancestor>;

inline constexpr std::size_t ancestors_max = 32;

struct ancestor {
    pid who;
    std::string name;  ///< Empty if it had none.
    ancestry older;
    std::size_t depth;  ///< Counts itself.
};

/// The ancestry of the children of `who`.
[[nodiscard]] ancestry descend(const pid& who, std::string name, ancestry older);
/// Parent first, each by its name or its pid.
[[nodiscard]] std::vector<std::string> names_of(const ancestry& nearest);

}  // namespace coppice::detail
