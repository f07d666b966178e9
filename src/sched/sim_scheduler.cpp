// SPDX-License-Identifier: Apache-2.0

#include "sched/sim_scheduler.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/transfer.hpp"
#include "platform/throw_stack.hpp"

namespace coppice::sched {

namespace {

/// The runnable was put off by a director. Holds no user object.
struct end_of_delay final : time::timer_action {
    end_of_delay(sim_scheduler& by, runnable& put_off) noexcept : scheduler{by}, delayed{put_off} {}
    void fire() noexcept override { scheduler.enqueue(delayed); }
    sim_scheduler& scheduler;
    runnable& delayed;
};

}  // namespace

bool sim_scheduler::step_by_seed() noexcept {
    if (is_time_for_errand()) {
        run_errand(random() % errands_.size());
        return true;
    }
    if (!may_take_turn()) {
        return false;
    }
    const std::size_t chosen = random() % ready_.size();
    runnable* next = ready_[chosen];
    ready_[chosen] = ready_.back();
    ready_.pop_back();
    run_turn_of(*next);
    return true;
}

/// The order of the ready runnables stays as it is.
bool sim_scheduler::step_by_director() noexcept {
    if (errands_.empty() && !may_take_turn()) {
        return false;
    }
    director_->begin_step();
    if (!errands_.empty() && (ready_.empty() || director_->chooses_errand())) {
        run_errand(director_->choose_errand(errands_.size()));
        return true;
    }
    if (!may_take_turn()) {
        return false;
    }
    const auto chosen =
        ready_.begin() + static_cast<std::ptrdiff_t>(director_->choose_turn(ready_.size()));
    runnable& next = **chosen;
    ready_.erase(chosen);
    if (director_->begin_turn(next)) {
        run_turn_of(next);
        director_->end_turn();
    }
    return true;
}

/// False if no runnable is ready, or if the limit of turns is reached.
bool sim_scheduler::may_take_turn() noexcept {
    if (ready_.empty()) {
        return false;
    }
    out_of_turns_ = turns_left_ == 0;
    return !out_of_turns_;
}

void sim_scheduler::run_turn_of(runnable& next) noexcept {
    --turns_left_;
    ++turns_;
    in_turn_ = true;
    detail::begin_stack_here();
    // A simulation inside a process of another runtime keeps a count of its own.
    const std::uint64_t outer_messages = std::exchange(base::messages_here, messages_);
    const bool outer_watches = platform::throws_here.is_on;
    const base::without_caller outside_turns;
    running_ = &next;
    next.run_turn();
    running_ = nullptr;
    platform::watch_throws(outer_watches);  // the record is of a throw in the turn
    messages_ = std::exchange(base::messages_here, outer_messages);
    in_turn_ = false;
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

void sim_scheduler::run_errand(std::size_t chosen) noexcept {
    in_turn_ = true;
    const bool has_more = errands_[chosen]->run();
    in_turn_ = false;
    if (has_more) {
        return;
    }
    if (director_ != nullptr) {  // the order of the others stays as it is
        errands_.erase(errands_.begin() + static_cast<std::ptrdiff_t>(chosen));
        return;
    }
    errands_[chosen] = errands_.back();  // more errands may have been appended meanwhile
    errands_.pop_back();
}

void sim_scheduler::enqueue_later(runnable& put_off, std::chrono::nanoseconds after) {
    timers_.add(time::deadline_after(clock_.now(), after), 0,
                std::make_unique<end_of_delay>(*this, put_off));
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
    if (director_ != nullptr) {
        director_->begin_step();
    }
    in_turn_ = true;
    fires_ = true;
    timers_.fire_due(clock_.now(), 1);
    fires_ = false;
    in_turn_ = false;
    return true;
}

bool sim_scheduler::fire_timers(std::chrono::nanoseconds limit) noexcept {
    const bool fired = fire_next(limit);
    while (fired && timers_cross_ && lets_timer_cross() && fire_next(clock_.now())) {
    }
    return fired;
}

bool sim_scheduler::lets_timer_cross() noexcept {
    return director_ == nullptr ? random() % 2 == 0 : director_->lets_timer_cross();
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
