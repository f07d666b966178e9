// SPDX-License-Identifier: Apache-2.0

#include "sched/leftovers.hpp"

#include <mutex>
#include <utility>

#include "time/timer_queue.hpp"

namespace coppice::sched {

leftovers::~leftovers() {
    time::destroy(waiting_);
}

bool leftovers::add(const time::timer_list& undelivered) noexcept {
    const std::scoped_lock lock{lock_};
    for (time::timer_node* next = undelivered.first; next != nullptr;) {
        waiting_.append(*std::exchange(next, next->next));
    }
    return !std::exchange(has_turn_, true);
}

void leftovers::run_turn() noexcept {
    for (;;) {
        time::timer_list dead{};
        {
            const std::scoped_lock lock{lock_};
            dead = std::exchange(waiting_, {});
            has_turn_ = !dead.empty();
        }
        if (dead.empty()) {
            return;
        }
        time::destroy(dead);
    }
}

}  // namespace coppice::sched
