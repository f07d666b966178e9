// SPDX-License-Identifier: Apache-2.0
// The action of a timer, and the fields that a queue keeps in each timer. A timer is one
// block of memory, owned by the holder of the `action_ptr`. While the timer is armed, the
// queue is the owner.

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

/// Used by the queue of the timer only. The size is chosen so that a timer with a message
/// fits into 96 bytes.
struct timer_node {
    nanoseconds deadline{0};  ///< Of an undated timer: minus the duration.
    timer_node* next = nullptr;
    timer_node* previous = nullptr;
    wheel* home = nullptr;  ///< Null: in a list outside of the wheels.
    timer_node* next_of_owner = nullptr;
    timer_node** link_of_owner = nullptr;  ///< The pointer to this node; null: no owner.
    timer_id id;
};

/// Describes the effect and the receiver of a timer, for people.
struct timer_sight {
    enum class kind : std::uint8_t { message, wrapped_message, end_of_wait, other };
    kind effect = kind::other;
    pid to;
    std::string_view name;  ///< Valid until the queue is unlocked.
};

class timer_action : public timer_node, public detail::pooled {
  public:
    timer_action() = default;
    timer_action(const timer_action&) = delete;
    timer_action& operator=(const timer_action&) = delete;
    virtual ~timer_action() = default;
    virtual void fire() noexcept = 0;
    /// Called under the lock of the queue.
    virtual timer_sight sight() const noexcept { return {}; }
    /// Called after firing. False if the action still holds a user object, whose destructor must
    /// not run while the queue fires.
    virtual bool is_spent() const noexcept { return true; }
    /// Fires. Returns the action if not spent. Otherwise returns null: the memory is freed, or
    /// belongs to the object that the action has become, such as a signal.
    virtual timer_action* fire_and_release() noexcept {
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
