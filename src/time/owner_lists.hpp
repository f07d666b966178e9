// SPDX-License-Identifier: Apache-2.0
// The timers of each owner. A timer joins a list after one look-up and leaves without any. An owner
// that has had timers keeps a list until `drop`.
//
// Threads    One at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/detail/pool.hpp"
#include "time/timer_action.hpp"

namespace coppice::time {

struct owner_list : detail::pooled {
    explicit owner_list(std::uint64_t o, owner_list* n) noexcept : owner{o}, next{n} {}

    void join(timer_node& timer) noexcept {
        timer.next_of_owner = first;
        timer.link_of_owner = &first;
        if (first != nullptr) {
            first->link_of_owner = &timer.next_of_owner;
        }
        first = &timer;
    }
    static void leave(timer_node& timer) noexcept {
        *timer.link_of_owner = timer.next_of_owner;
        if (timer.next_of_owner != nullptr) {
            timer.next_of_owner->link_of_owner = timer.link_of_owner;
        }
        timer.link_of_owner = nullptr;
    }

    const std::uint64_t owner;
    timer_node* first = nullptr;
    owner_list* next;  ///< The next list in the bucket.
};

class owner_lists {
  public:
    owner_lists() = default;
    owner_lists(const owner_lists&) = delete;
    owner_lists& operator=(const owner_lists&) = delete;
    ~owner_lists();

    /// The list of the owner, made if there is none.
    owner_list& of(std::uint64_t owner);
    /// The list of the owner; null if there is none.
    owner_list* find(std::uint64_t owner) const noexcept;
    /// Precondition: the owner has a list, and the list is empty.
    void drop(std::uint64_t owner) noexcept;
    std::size_t size() const noexcept { return count_; }

  private:
    std::size_t bucket_of(std::uint64_t owner) const noexcept;
    void grow();

    std::vector<owner_list*> buckets_;  ///< The number of buckets is 0 or a power of two.
    std::size_t count_ = 0;
};

}  // namespace coppice::time
