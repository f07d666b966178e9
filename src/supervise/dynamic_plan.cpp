// SPDX-License-Identifier: Apache-2.0

#include "supervise/dynamic_plan.hpp"

#include "supervise/restart_rule.hpp"

namespace coppice::supervise {

void dynamic_plan::make_room() {
    if (slots_.size() == slots_.capacity()) {
        slots_.reserve(2 * slots_.size() + 1);
    }
}

child_key dynamic_plan::add(restart_type restart, child_type type) {
    COPPICE_EXPECTS(!is_full(), "ask is_full() before a child is added");
    slot& added = slots_.emplace_back();
    added.restart = restart;
    added.type = type;
    ++counts_.specs;
    ++count_of(type);
    return static_cast<child_key>(slots_.size() - 1);
}

void dynamic_plan::child_ended(child_key child, const exit_reason& why, std::int64_t now_seconds,
                               restart_terms terms) noexcept {
    if (known(child).status != child_status::running) {
        return;
    }
    const restart_decision decision = decide_restart(slots_[child].restart, why.is_quiet());
    set_status(child, child_status::stopped);
    if (decision.is_reported) {
        said_.push({.kind = action_kind::report_ended, .child = child, .why = why});
    }
    if (!decision.restarts) {
        say(action_kind::forget, child);
    } else if (terms.delay.count() > 0) {
        set_status(child, child_status::restarting);
        said_.push({.kind = action_kind::wait, .child = child, .delay = terms.delay});
    } else {
        restart(child, now_seconds, terms.budget);
    }
}

void dynamic_plan::try_again(child_key child, std::int64_t now_seconds,
                             budget_answer budget) noexcept {
    if (known(child).status == child_status::restarting) {
        restart(child, now_seconds, budget);
    }
}

/// The child over the limit stays in the list, so that no key changes before `stop_all`.
void dynamic_plan::restart(child_key child, std::int64_t now_seconds,
                           budget_answer budget) noexcept {
    if (budget == budget_answer::none ? window_.account(now_seconds)
                                      : budget == budget_answer::within) {
        set_status(child, child_status::restarting);
        said_.push({.kind = action_kind::start, .restarts = true, .child = child});
    } else {
        set_status(child, child_status::stopped);
        say(action_kind::report_limit, child);
        say(action_kind::shut_down);
    }
}

void dynamic_plan::stop_all() noexcept {
    said_.clear();  // earlier decisions no longer matter
    stops_all_ = true;
    cursor_ = 0;
}

action dynamic_plan::next() noexcept {
    if (!said_.empty()) {
        action out = said_.pop();
        if (out.kind == action_kind::forget) {
            remove(out.child);
        }
        return out;
    }
    while (stops_all_ && cursor_ < slots_.size()) {
        const child_key child = cursor_++;
        if (slots_[child].status == child_status::running) {
            return {.kind = action_kind::stop, .child = child};
        }
    }
    return {};
}

void dynamic_plan::remove(child_key child) noexcept {
    set_status(child, child_status::stopped);
    --counts_.specs;
    --count_of(slots_[child].type);
    slots_[child] = slots_.back();
    slots_.pop_back();
}

void dynamic_plan::started(child_key child) noexcept {
    set_status(child, child_status::running);
}

void dynamic_plan::started_as(child_key child, child_key other) noexcept {
    COPPICE_EXPECTS(child != other, "report started() for the process of the child itself");
    slot& taking = known(other);
    --count_of(taking.type);
    taking.restart = known(child).restart;
    taking.type = known(child).type;
    ++count_of(taking.type);
    set_status(other, child_status::running);
    say(action_kind::forget, child);
}

void dynamic_plan::ignored(child_key child) noexcept {
    say(action_kind::forget, child);
}

void dynamic_plan::start_failed(child_key child, std::chrono::nanoseconds delay) noexcept {
    if (known(child).status != child_status::restarting) {
        say(action_kind::forget, child);
    } else if (delay.count() > 0) {
        said_.push({.kind = action_kind::wait, .child = child, .delay = delay});
    } else {
        say(action_kind::retry, child);
    }
}

void dynamic_plan::stopped(child_key child) noexcept {
    if (stops_all_) {
        set_status(child, child_status::stopped);
    } else {
        say(action_kind::forget, child);
    }
}

void dynamic_plan::set_status(child_key child, child_status status) noexcept {
    const auto is_active = [](child_status each) { return each == child_status::running; };
    slot& changed = known(child);
    counts_.active -= is_active(changed.status) ? 1U : 0U;
    counts_.active += is_active(status) ? 1U : 0U;
    changed.status = status;
}

std::size_t& dynamic_plan::count_of(child_type type) noexcept {
    return type == child_type::supervisor ? counts_.supervisors : counts_.workers;
}

}  // namespace coppice::supervise
