// SPDX-License-Identifier: Apache-2.0

#include "sched/sim_scheduler.hpp"

#include <algorithm>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/transfer.hpp"

namespace coppice::sched {

bool sim_scheduler::step() noexcept {
    if (is_time_for_errand()) {
        run_errand();
        return true;
    }
    if (ready_.empty()) {
        return false;
    }
    if (turns_left_ == 0) {
        out_of_turns_ = true;
        return false;
    }
    --turns_left_;
    ++turns_;
    const std::size_t chosen = random() % ready_.size();
    runnable* next = ready_[chosen];
    ready_[chosen] = ready_.back();
    ready_.pop_back();
    in_turn_ = true;
    detail::begin_stack_here();
    // A simulation inside a process of another runtime keeps a count of its own.
    const std::uint64_t outer_messages = std::exchange(base::messages_here, messages_);
    running_ = next;
    next->run_turn();
    running_ = nullptr;
    messages_ = std::exchange(base::messages_here, outer_messages);
    in_turn_ = false;
    return true;
}

std::vector<lane_view> sim_scheduler::look_at_lanes() const {
    lane_view only;
    only.queue_len = ready_.size();
    only.turns = turns_;
    only.messages = in_turn_ ? base::messages_here : messages_;
    only.running = running_;
    return {only};
}

bool sim_scheduler::is_time_for_errand() noexcept {
    return !errands_.empty() && (ready_.empty() || random() % 256 < errand_weight_);
}

void sim_scheduler::run_errand() noexcept {
    const std::size_t chosen = random() % errands_.size();
    in_turn_ = true;
    const bool has_more = errands_[chosen]->run();
    in_turn_ = false;
    if (!has_more) {  // more errands may have been appended meanwhile
        errands_[chosen] = errands_.back();
        errands_.pop_back();
    }
}

void sim_scheduler::move_clock(std::chrono::nanoseconds when) noexcept {
    COPPICE_EXPECTS(timers_.next_due() >= when, "fire the timers due before this time first");
    clock_.move_to(when);
}

bool sim_scheduler::fire_next(std::chrono::nanoseconds limit) noexcept {
    const auto due = timers_.next_due();
    if (due > limit) {
        return false;
    }
    const base::without_caller acting;
    clock_.move_to(std::max(due, clock_.now()));
    in_turn_ = true;
    timers_.fire_due(clock_.now(), 1);
    in_turn_ = false;
    return true;
}

bool sim_scheduler::fire_timers(std::chrono::nanoseconds limit) noexcept {
    const bool fired = fire_next(limit);
    while (fired && timers_cross_ && random() % 2 == 0 && fire_next(clock_.now())) {
    }
    return fired;
}

// SplitMix64: the state is a counter, so nearby seeds give unrelated runs.
std::uint64_t sim_scheduler::random() noexcept {
    random_state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = random_state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

}  // namespace coppice::sched
