// SPDX-License-Identifier: Apache-2.0
// Followers: senders that wait until an overwhelmed receiver, the leader, catches up, see backlog.cpp.
//
// Few processes are ever followed, so the lists of followers are not in the processes. One set-associative
// table of fixed size is shared by all. If the set of a leader is full, the sender does not wait.
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

namespace coppice::process_layer {

class followers {
  public:
    /// A byte in the leader, shared with other bits. The bit `raised` says that the leader is followed. The
    /// address of the byte stands for the leader.
    using flag = std::atomic<std::uint8_t>;
    static constexpr std::uint8_t raised = 1;

    /// Appends `tired` to the followers of `leader` and raises the flag. False, without effect, if the set is
    /// full. `one_by_one` applies to all followers of the leader from now on.
    bool add(flag& leader, sched::runnable& tired, bool one_by_one) noexcept {
        set& places = set_of(leader);
        const std::scoped_lock lock{places.lock};
        group* const place = place_for(places, leader);
        if (place == nullptr) {
            return false;
        }
        if (place->first == nullptr) {
            *place = {.leader = &leader};
            place->end = &place->first;
        }
        place->one_by_one = one_by_one;
        tired.next_runnable = nullptr;
        *place->end = &tired;
        place->end = &tired.next_runnable;
        // Dekker, see process::lets_follow().
        leader.fetch_or(raised, std::memory_order_seq_cst);
        return true;
    }

    /// Takes all followers, as a list, the longest waiting first.
    sched::runnable* take_all(flag& leader) noexcept {
        return take(leader, [](const group&) { return share::all; });
    }
    /// Takes the first follower if the followers go one by one, else all.
    sched::runnable* take_next(flag& leader) noexcept {
        return take(leader, [](const group& those) {
            return those.one_by_one ? share::first : share::all;
        });
    }
    /// Takes the first follower in every `patience_max`-th call, for a leader that has not caught up. A
    /// leader that overlooks messages may never catch up; it still keeps no follower for ever.
    sched::runnable* take_one_in_a_while(flag& leader) noexcept {
        return take(leader, [](group& those) {
            if (++those.patience < patience_max) {
                return share::none;
            }
            those.patience = 0;
            return share::first;
        });
    }

    /// Takes a follower out of its list, after a search of all lists. False if `tired` follows no process,
    /// or was taken meanwhile.
    bool remove(sched::runnable& tired) noexcept {
        for (set& places : sets_) {
            const std::scoped_lock lock{places.lock};
            for (group& place : places.groups) {
                if (unlink(place, tired)) {
                    return true;
                }
            }
        }
        return false;
    }

    static constexpr unsigned patience_max = 64;

  private:
    struct group {
        flag* leader = nullptr;
        sched::runnable* first = nullptr;
        sched::runnable** end = nullptr;
        unsigned patience = 0;
        bool one_by_one = false;
    };
    static constexpr std::size_t ways = 4;
    struct alignas(64) set {
        base::spin_lock lock;
        std::array<group, ways> groups;
    };
    static constexpr std::size_t sets = 32;
    enum class share : std::uint8_t { none, first, all };

    set& set_of(const flag& leader) noexcept {
        constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;
        return sets_[(reinterpret_cast<std::uintptr_t>(&leader) * golden_ratio >> 32U) % sets];
    }

    /// Null if the leader has no followers.
    static group* find(set& places, const flag& leader) noexcept {
        for (group& place : places.groups) {
            if (place.first != nullptr && place.leader == &leader) {
                return &place;
            }
        }
        return nullptr;
    }
    /// The place of the leader, or a free one; null if there is neither.
    static group* place_for(set& places, const flag& leader) noexcept {
        if (group* const known = find(places, leader)) {
            return known;
        }
        for (group& place : places.groups) {
            if (place.first == nullptr) {
                return &place;
            }
        }
        return nullptr;
    }

    template <class Choose>
    sched::runnable* take(flag& leader, Choose choose) noexcept {
        set& places = set_of(leader);
        const std::scoped_lock lock{places.lock};
        group* const place = find(places, leader);
        const share taking = place != nullptr ? choose(*place) : share::none;
        if (taking == share::none) {
            return nullptr;
        }
        sched::runnable* const taken = place->first;
        place->first = taking == share::all ? nullptr : taken->next_runnable;
        if (place->first != nullptr) {
            taken->next_runnable = nullptr;
        }
        lower_if_empty(*place);
        return taken;
    }

    static bool unlink(group& place, sched::runnable& tired) noexcept {
        for (sched::runnable** at = &place.first; *at != nullptr; at = &(*at)->next_runnable) {
            if (*at != &tired) {
                continue;
            }
            *at = tired.next_runnable;
            if (place.end == &tired.next_runnable) {
                place.end = at;
            }
            lower_if_empty(place);
            return true;
        }
        return false;
    }

    static void lower_if_empty(group& place) noexcept {
        if (place.first == nullptr) {
            // Pairs with the read in process::let_followers_go().
            place.leader->fetch_and(static_cast<std::uint8_t>(~raised), std::memory_order_seq_cst);
        }
    }

    std::array<set, sets> sets_;
};

}  // namespace coppice::process_layer
