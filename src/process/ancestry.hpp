// SPDX-License-Identifier: Apache-2.0
// Who started a process, and who started that one: a list that siblings share, so that a spawn
// copies one pointer. Names are as they were at the spawn.
//
// A process that starts the next for ever would make it endless; so no more than `ancestors_max` are
// known: the nearest, at least half as many, and the first of all.

#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "coppice/detail/pool.hpp"
#include "coppice/pid.hpp"

namespace coppice::detail {

struct ancestor;

/// Refers to the nearest. A std::shared_ptr would be twice as large, and each process has two.
class ancestry {
  public:
    ancestry() noexcept = default;
    /// Takes over the one reference that it has been made with.
    explicit ancestry(const ancestor* made) noexcept : nearest_{made} {}
    ancestry(const ancestry& other) noexcept;
    ancestry(ancestry&& other) noexcept : nearest_{std::exchange(other.nearest_, nullptr)} {}
    ancestry& operator=(ancestry other) noexcept {
        std::swap(nearest_, other.nearest_);
        return *this;
    }
    ~ancestry();

    explicit operator bool() const noexcept { return nearest_ != nullptr; }
    const ancestor* get() const noexcept { return nearest_; }
    const ancestor* operator->() const noexcept { return nearest_; }

  private:
    const ancestor* nearest_ = nullptr;
};

inline constexpr std::size_t ancestors_max = 32;

struct ancestor : pooled {
    ancestor(const pid& w, std::string n, ancestry o, std::size_t d) noexcept
        : who{w}, name{std::move(n)}, older{std::move(o)}, depth{d} {}

    pid who;
    std::string name;  ///< Empty if it had none.
    ancestry older;
    std::size_t depth;  ///< Counts itself.
    mutable std::atomic<std::size_t> references{1};
};

/// The ancestry of the children of `who`.
[[nodiscard]] ancestry descend(const pid& who, std::string name, ancestry older);
/// The oldest of them; empty if there is none.
[[nodiscard]] pid first_of(const ancestry& nearest) noexcept;
/// Parent first, each by its name or its pid.
[[nodiscard]] std::vector<std::string> names_of(const ancestry& nearest);

}  // namespace coppice::detail
