// SPDX-License-Identifier: Apache-2.0
// The ancestors of a process: its parent, the parent's parent, and so on. Siblings share the list, so a spawn
// copies one pointer. Each name is the name at the time of the spawn.
//
// Processes that each start the next one for ever would make the list endless. So a list has at most
// `ancestors_max` entries: the nearest ancestors, at least half of the limit, and the oldest.

#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "coppice/detail/pool.hpp"
#include "coppice/pid.hpp"

namespace coppice::process_layer {

struct ancestor;

/// A reference to the nearest ancestor. A std::shared_ptr would be twice as large, and each process has two.
class ancestry {
  public:
    ancestry() noexcept = default;
    /// Takes over the one reference with which `made` was created.
    explicit ancestry(const ancestor* made) noexcept : nearest_{made} {}
    ancestry(const ancestry& other) noexcept;
    ancestry(ancestry&& other) noexcept : nearest_{std::exchange(other.nearest_, nullptr)} {}
    ancestry& operator=(ancestry other) noexcept {
        std::swap(nearest_, other.nearest_);
        return *this;
    }
    inline ~ancestry();

    explicit operator bool() const noexcept { return nearest_ != nullptr; }
    const ancestor* get() const noexcept { return nearest_; }
    const ancestor* operator->() const noexcept { return nearest_; }

  private:
    static void destroy(const ancestor* last) noexcept;

    const ancestor* nearest_ = nullptr;
};

inline constexpr std::size_t ancestors_max = 32;

struct ancestor : detail::pooled {
    ancestor(const pid& w, std::string n, ancestry o, std::size_t d) noexcept
        : who{w}, name{std::move(n)}, older{std::move(o)}, depth{d} {}

    pid who;
    std::string name;  ///< Empty if the process had no name.
    ancestry older;
    std::size_t depth;  ///< The length of the list from here on.
    mutable std::atomic<std::size_t> references{1};
};

[[gnu::always_inline]] inline ancestry::~ancestry() {
    // Pairs with itself in the other owners: the last owner sees that the others are done.
    if (nearest_ != nullptr && nearest_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        destroy(nearest_);
    }
}

/// The ancestry of the children of `who`.
[[nodiscard]] ancestry descend(const pid& who, std::string name, ancestry older);
/// The oldest ancestor; empty if there is none.
[[nodiscard]] pid first_of(const ancestry& nearest) noexcept;
/// Parent first, each by name or pid.
[[nodiscard]] std::vector<std::string> names_of(const ancestry& nearest);

}  // namespace coppice::process_layer
