// SPDX-License-Identifier: Apache-2.0

#include "supervise/plan.hpp"

#include <utility>

#include "supervise/restart_rule.hpp"

namespace coppice::supervise {

child_key plan::add(restart_type restart, bool significant) {
    child_key added = static_cast<child_key>(slots_.size());
    if (free_.empty()) {
        slots_.emplace_back();
        try {
            free_.reserve(slots_.capacity());  // for all slots, so that `remove` needs no memory
        } catch (...) {
            slots_.pop_back();
            throw;
        }
    } else {
        added = free_.back();
        free_.pop_back();
    }
    slots_[added] = {restart, significant, true, child_status::stopped, no_child, last_, no_child};
    (last_ == no_child ? first_ : slots_[last_].next) = added;
    last_ = added;
    return added;
}

void plan::remove(child_key child) noexcept {
    slot& leaving = listed(child);
    COPPICE_EXPECTS(leaving.status == child_status::stopped, "stop a child before its removal");
    (leaving.previous == no_child ? first_ : slots_[leaving.previous].next) = leaving.next;
    (leaving.next == no_child ? last_ : slots_[leaving.next].previous) = leaving.previous;
    leaving.listed = false;
    free_.push_back(child);
}

void plan::start_all() {
    mode_ = mode::starting_all;
    cursor_ = first_;
    restarted_ = no_child;
}

void plan::stop_all() {
    said_.clear();  // earlier decisions no longer matter
    mode_ = mode::stopping;
    group_first_ = no_child;
    starts_afterwards_ = false;
    delayed_ = no_child;
    cursor_ = last_;
}

void plan::child_ended(child_key child, const exit_reason& why, std::int64_t now_seconds,
                       restart_terms terms) {
    const slot ended = listed(child);
    const restart_decision decision = decide_restart(ended.restart, why.is_quiet());
    slots_[child].status = child_status::stopped;
    if (decision.is_reported) {
        said_.push({.kind = action_kind::report_ended, .child = child, .why = why});
    }
    if (!decision.restarts) {
        settle_stopped(child);
        consider_auto_shutdown(ended.significant);
    } else if (const child_key leader = leader_of_group(child); leader != no_child) {
        slots_[child].status = child_status::restarting;
        slots_[child].leader = leader;
    } else if (terms.delay.count() > 0) {
        begin_delay(child, terms.delay);
    } else {
        restart(child, now_seconds, terms.budget);
    }
}

void plan::try_again(child_key child, std::int64_t now_seconds, budget_answer budget) {
    if (!contains(child) || slots_[child].status != child_status::restarting) {
        return;
    }
    if (const child_key leader = slots_[child].leader; leader == no_child || leader == child) {
        restart(child, now_seconds, budget);
    }
}

void plan::start_waiting(child_key child) {
    const child_key leader = leader_of(child);
    COPPICE_EXPECTS(leader != no_child, "ask leader_of() whether the child waits for a delay");
    begin_restart(leader);
    restarted_ = no_child;
}

void plan::restart(child_key child, std::int64_t now_seconds, budget_answer budget) {
    const bool allowed = budget == budget_answer::none ? window_.account(now_seconds)
                                                       : budget == budget_answer::within;
    if (!allowed) {
        end_wait(child);
        listed(child).status = child_status::stopped;
        say(action_kind::report_limit, child);
        say(action_kind::shut_down);
        return;
    }
    begin_restart(child);
}

void plan::begin_restart(child_key child) {
    restarted_ = child;
    end_wait(child);
    if (strategy_ == restart_strategy::one_for_one) {
        mode_ = mode::starting_one;
        cursor_ = child;
    } else {
        restart_group(child);
    }
}

void plan::restart_group(child_key crashed) {
    slots_[crashed].status = child_status::stopped;
    mode_ = mode::stopping;
    group_first_ = strategy_ == restart_strategy::rest_for_one ? crashed : no_child;
    starts_afterwards_ = true;
    delayed_ = no_child;
    cursor_ = last_;
}

/// The group stops at once: the children rely on each other.
void plan::begin_delay(child_key child, std::chrono::nanoseconds delay) {
    if (strategy_ == restart_strategy::one_for_one) {
        slots_[child].status = child_status::restarting;
        slots_[child].leader = child;
        ++leaders_;
        said_.push({.kind = action_kind::wait, .child = child, .delay = delay});
        return;
    }
    restart_group(child);
    starts_afterwards_ = false;
    delayed_ = child;
    delay_ = delay;
}

/// The group is stopped. All children of the group will be started, and so all wait.
action plan::wait_for(child_key leader) {
    mode_ = mode::idle;
    for (child_key child = group_first_ == no_child ? first_ : group_first_; child != no_child;
         child = slots_[child].next) {
        slots_[child].status = child_status::restarting;
        slots_[child].leader = leader;
    }
    ++leaders_;
    return {.kind = action_kind::wait, .child = leader, .delay = delay_};
}

/// A leader releases the waiting children of the group. The status of these children is then `stopped`.
void plan::end_wait(child_key child) {
    if (std::exchange(listed(child).leader, no_child) != child) {
        return;
    }
    --leaders_;
    for (child_key each = first_; each != no_child && strategy_ != restart_strategy::one_for_one;
         each = slots_[each].next) {
        if (slots_[each].leader == child) {
            slots_[each].leader = no_child;
            slots_[each].status = child_status::stopped;
        }
    }
}

/// The leader of a waiting group with `child`; otherwise `no_child`.
child_key plan::leader_of_group(child_key child) const {
    if (leaders_ == 0 || strategy_ == restart_strategy::one_for_one) {
        return no_child;
    }
    const bool of_all = strategy_ == restart_strategy::one_for_all;
    for (child_key each = of_all ? last_ : slots_[child].previous; each != no_child;
         each = slots_[each].previous) {
        if (each != child && slots_[each].leader == each) {
            return each;
        }
    }
    return no_child;
}

void plan::consider_auto_shutdown(bool significant) {
    if (!significant || auto_shutdown_ == auto_shutdown_mode::never) {
        return;
    }
    if (auto_shutdown_ == auto_shutdown_mode::any_significant || !any_significant_lives()) {
        say(action_kind::shut_down);
    }
}

bool plan::any_significant_lives() const {
    for (child_key child = first_; child != no_child; child = slots_[child].next) {
        if (slots_[child].significant && slots_[child].status != child_status::stopped) {
            return true;
        }
    }
    return false;
}

action plan::next() {
    if (!said_.empty()) {
        return said_.pop();
    }
    switch (mode_) {
        case mode::idle:
            return {};
        case mode::stopping:
            return next_stop();
        case mode::starting_all:
        case mode::starting_one:
        case mode::starting_group:
            if (cursor_ == no_child) {
                mode_ = mode::idle;
                return {};
            }
            return {
                .kind = action_kind::start, .restarts = cursor_ == restarted_, .child = cursor_};
    }
    return {};
}

action plan::next_stop() {
    while (cursor_ != no_child) {
        const child_key child = cursor_;
        const bool running = slots_[child].status == child_status::running;
        cursor_ = child == group_first_ ? no_child : slots_[child].previous;
        if (running) {
            return {.kind = action_kind::stop, .child = child};
        }
        settle_stopped(child);
        if (!said_.empty()) {
            return said_.pop();
        }
    }
    if (delayed_ != no_child) {
        return wait_for(std::exchange(delayed_, no_child));
    }
    if (!starts_afterwards_) {
        mode_ = mode::idle;
        return {};
    }
    mode_ = mode::starting_group;
    cursor_ = group_first_ == no_child ? first_ : group_first_;
    return next();
}

/// Forgets a temporary child. Any other child keeps its specification.
void plan::settle_stopped(child_key child) {
    end_wait(child);
    listed(child).status = child_status::stopped;
    if (slots_[child].restart == restart_type::temporary) {
        remove(child);
        say(action_kind::forget, child);
    }
}

void plan::stopped(child_key child) {
    settle_stopped(child);
}

void plan::started(child_key child) {
    end_wait(child);
    listed(child).status = child_status::running;
    go_on_starting(child);
}

void plan::ignored(child_key child) {
    go_on_starting(child);
    settle_stopped(child);
}

void plan::start_failed(child_key child, std::chrono::nanoseconds delay) {
    const mode was = std::exchange(mode_, mode::idle);
    listed(child).status = child_status::stopped;
    if (was != mode::starting_one && was != mode::starting_group) {
        return;
    }
    if (delay.count() > 0) {
        begin_delay(child, delay);
    } else {
        slots_[child].status = child_status::restarting;
        say(action_kind::retry, child);
    }
}

void plan::go_on_starting(child_key done) {
    switch (mode_) {
        case mode::starting_one:
            mode_ = mode::idle;
            return;
        case mode::starting_all:
        case mode::starting_group:
            cursor_ = slots_[done].next;
            return;
        case mode::idle:
        case mode::stopping:
            return;
    }
}

}  // namespace coppice::supervise
