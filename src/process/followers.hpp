// SPDX-License-Identifier: Apache-2.0
// Senders that wait for the turn of a process that they overwhelm, see process_toll.cpp.
//
// Few processes ever are followed, so the lists are not in them but in a table that all share. It
// has a fixed size: who finds his place taken by the followers of another process does not wait,
// but goes to the back of a queue like everybody else.
//
// Threads    Any.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/spin_lock.hpp"
#include "sched/runnable.hpp"

namespace coppice::detail {

class followers {
  public:
    /// What a process has to know itself: whether somebody follows it. It stands for the process.
    using flag = std::atomic<bool>;

    /// Raises the flag. False, and nothing happens, if there is no place. `one_by_one` is how all of
    /// them go from now on.
    bool add(flag& leader, sched::runnable& tired, bool one_by_one) noexcept {
        group& place = place_of(leader);
        const std::scoped_lock lock{place.lock};
        if (place.first == nullptr) {
            place.leader = &leader;
            place.end = &place.first;
        } else if (place.leader != &leader) {
            return false;
        }
        place.one_by_one = one_by_one;
        tired.next_runnable = nullptr;
        *place.end = &tired;
        place.end = &tired.next_runnable;
        leader.store(true, std::memory_order_seq_cst);
        return true;
    }

    /// All of them, as a list, the longest waiting first.
    sched::runnable* take_all(flag& leader) noexcept { return take(leader, true); }
    /// The first, if they go one by one, else all.
    sched::runnable* take_next(flag& leader) noexcept { return take(leader, false); }

  private:
    struct alignas(64) group {
        base::spin_lock lock;
        bool one_by_one = false;
        flag* leader = nullptr;
        sched::runnable* first = nullptr;
        sched::runnable** end = nullptr;
    };
    static constexpr std::size_t places = 64;

    group& place_of(const flag& leader) noexcept {
        constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;
        return groups_[(reinterpret_cast<std::uintptr_t>(&leader) * golden_ratio >> 32U) % places];
    }

    /// Lowers the flag when nobody is left.
    sched::runnable* take(flag& leader, bool all) noexcept {
        group& place = place_of(leader);
        const std::scoped_lock lock{place.lock};
        if (place.first == nullptr || place.leader != &leader) {
            return nullptr;
        }
        sched::runnable* const taken = place.first;
        place.first = all || !place.one_by_one ? nullptr : taken->next_runnable;
        if (place.first == nullptr) {
            leader.store(false, std::memory_order_seq_cst);
        } else {
            taken->next_runnable = nullptr;
        }
        return taken;
    }

    std::array<group, places> groups_;
};

}  // namespace coppice::detail
