// SPDX-License-Identifier: Apache-2.0
// What happens when a timer is due, and what a queue keeps in it: a timer is one block of memory,
// and belongs to whoever has its `action_ptr`. A queue has it while the timer is armed.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "coppice/detail/pool.hpp"
#include "coppice/pid.hpp"

namespace coppice::time {

using std::chrono::nanoseconds;

inline constexpr nanoseconds never = nanoseconds::max();

class wheel;

struct timer_id {
    static constexpr std::uint32_t generation_mask =
        0xFFFFFF;  ///< So that an id packs into 56 bits.
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
};

/// Its queue's alone. It is as large as it is so that a timer with a message fits into 96 bytes.
struct timer_node {
    nanoseconds deadline{0};  ///< Negative before its time begins: then less its duration.
    timer_node* next = nullptr;
    timer_node* previous = nullptr;
    wheel* home = nullptr;  ///< Null: in a list that is in no wheel.
    timer_node* next_of_owner = nullptr;
    timer_node** link_of_owner = nullptr;  ///< What points to it; null: it has no owner.
    timer_id id;
};

/// What a timer brings, and whom, for people.
struct timer_sight {
    enum class kind : std::uint8_t { message, wrapped_message, end_of_wait, something_else };
    kind brings = kind::something_else;
    pid to;
    std::string_view name;  ///< Until its queue is unlocked.
};

class timer_action : public timer_node, public detail::pooled {
  public:
    timer_action() = default;
    timer_action(const timer_action&) = delete;
    timer_action& operator=(const timer_action&) = delete;
    virtual ~timer_action() = default;
    virtual void fire() noexcept = 0;
    /// Under its queue's lock.
    virtual timer_sight sight() const noexcept { return {}; }
    /// After it has fired: false if it still holds what a user put into it, whose destructor must
    /// not run while its queue fires.
    virtual bool is_spent() const noexcept { return true; }
    /// Fires, and answers itself if it is not spent; else its memory is gone, or what it has become
    /// has it.
    virtual timer_action* fire_away() noexcept {
        fire();
        if (!is_spent()) {
            return this;
        }
        delete this;
        return nullptr;
    }
};

using action_ptr = std::unique_ptr<timer_action>;

}  // namespace coppice::time
