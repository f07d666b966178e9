// SPDX-License-Identifier: Apache-2.0

#include "testing/exploring_director.hpp"

#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/behaviour_body.hpp"
#include "platform/pool_bypass.hpp"
#include "process/process.hpp"
#include "testing/thrown_text.hpp"

namespace coppice::testing {
namespace {

using coppice::detail::process;

/// More allocations in one turn are rare.
constexpr std::uint64_t allocations_max = 32;

constinit thread_local exploring_director* innermost = nullptr;

std::string ordinal(std::uint64_t number) {
    const std::uint64_t last = number % 100 / 10 == 1 ? 0 : number % 10;
    return std::to_string(number) + (last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

/// What the decision did. The name of the process, if it concerns one, comes before.
std::string effect_of(const decision& taken) {
    switch (taken.kind) {
        case decision_kind::run:
            return "takes the turn, before " + std::to_string(taken.amount) +
                   " that were ready earlier";
        case decision_kind::last:
            return "takes its turn when nothing else can happen at this instant";
        case decision_kind::hold:
            return "takes its turn while signals are on their way";
        case decision_kind::channel:
            return "signals of the " + ordinal(taken.amount + 1) + " channel arrive first";
        case decision_kind::part:
            return "only " + std::to_string(taken.amount) + " of the signals of a channel arrive";
        case decision_kind::cross:
            return "a second timer fires before the signals of the first arrive";
        case decision_kind::kill:
            return "is killed";
        case decision_kind::delay:
            return "takes its turn " + std::to_string(taken.amount) + " ms later";
        case decision_kind::lose_timer:
            return "loses the message of a timer";
        case decision_kind::fail_start:
            return "fails to start";
        case decision_kind::fail_alloc:
            return "fails to allocate, at the " + ordinal(taken.amount) + " allocation of the turn";
    }
    return {};
}

bool concerns_process(decision_kind kind) noexcept {
    return kind != decision_kind::channel && kind != decision_kind::part &&
           kind != decision_kind::cross;
}

}  // namespace

exploring_director::exploring_director(coppice::detail::runtime_impl& world, plan_source& source,
                                       const explore_options& how)
    : world_{world}, source_{source}, how_{how}, outer_{std::exchange(innermost, this)} {
    world_.sim_->direct(this);
}

exploring_director::~exploring_director() {
    world_.sim_->direct(nullptr);
    innermost = outer_;
}

exploring_director* exploring_director::current() noexcept {
    return innermost;
}

/// The amount of the decision that was taken; 0 for none.
std::uint64_t exploring_director::ask(decision_kind kind, std::uint64_t most) noexcept {
    if (rests_) {
        return 0;
    }
    const opportunity asked{kind, step_, most};
    opportunities_.push_back(asked);
    const std::uint64_t amount = source_.decide(asked);
    if (amount == 0) {
        return 0;
    }
    applied_.push_back({kind, step_, amount});
    notes_.push_back(to_string(applied_.back()) + ": ");
    if (!concerns_process(kind)) {
        notes_.back() += effect_of(applied_.back());
    }
    return amount;
}

/// The decision could not be carried out.
void exploring_director::withdraw_last() noexcept {
    applied_.pop_back();
    notes_.pop_back();
}

void exploring_director::begin_step() noexcept {
    ++step_;
    has_others_ = false;
    running_ = {};
}

bool exploring_director::chooses_errand() noexcept {
    has_others_ = true;
    return ask(decision_kind::hold) == 0;
}

std::size_t exploring_director::choose_turn(std::size_t count) noexcept {
    has_others_ = has_others_ || count > 1;
    return count > 1 ? ask(decision_kind::run, count - 1) : 0;
}

std::size_t exploring_director::choose_errand(std::size_t count) noexcept {
    return count > 1 ? ask(decision_kind::channel, count - 1) : 0;
}

std::size_t exploring_director::choose_signals(std::size_t size) noexcept {
    const std::uint64_t part = size > 1 ? ask(decision_kind::part, size - 1) : 0;
    return part == 0 ? size : part;
}

bool exploring_director::lets_timer_cross() noexcept {
    return ask(decision_kind::cross) != 0;
}

bool exploring_director::begin_turn(sched::runnable& next) noexcept {
    const base::without_caller here;
    // In a simulation each runnable is a process.
    running_ = static_cast<process&>(next).self();
    const std::size_t before = applied_.size();
    bool runs = true;
    if (has_others_ && ask(decision_kind::last) != 0) {
        runs = put_off(next, std::chrono::nanoseconds::zero());
    } else if (may_strike(running_)) {
        runs = strike(next);
    }
    if (runs) {
        begun_.insert(running_);
    }
    // The decisions of this step before the turn concern the process too.
    for (std::size_t i = applied_.size(); i-- > 0 && (i >= before || applied_[i].step == step_);) {
        if (concerns_process(applied_[i].kind)) {
            notes_[i] += name_of(running_) + ' ' + effect_of(applied_[i]);
        }
    }
    if (fails_allocation_) {  // last: the allocations of the turn are counted, and no others
        platform::fail_allocation(static_cast<unsigned>(applied_.back().amount));
    }
    return runs;
}

/// False: the turn is put off.
bool exploring_director::strike(sched::runnable& next) noexcept {
    const auto longest =
        std::chrono::duration_cast<std::chrono::milliseconds>(how_.delay_max.value());
    if (!begun_.contains(running_) && ask(decision_kind::fail_start) != 0) {
        world_.core->exit_now(running_, exit_reason::tuple("injected", "fail_start"));
        return true;
    }
    if (ask(decision_kind::kill) != 0) {
        world_.core->exit_now(running_, reason::kill);
        return true;
    }
    if (const auto late = ask(decision_kind::delay, static_cast<std::uint64_t>(longest.count()))) {
        return put_off(next, std::chrono::milliseconds{late});
    }
    fails_allocation_ = ask(decision_kind::fail_alloc, allocations_max) != 0;
    return true;
}

/// False, since the turn does not run now.
bool exploring_director::put_off(sched::runnable& next, std::chrono::nanoseconds by) noexcept {
    world_.sim_->enqueue_later(next, by);
    return false;
}

void exploring_director::end_turn() noexcept {
    if (std::exchange(fails_allocation_, false) && !platform::allow_allocations()) {
        withdraw_last();  // the turn made fewer allocations
    }
    if (rests_) {
        return;
    }
    ask_invariant();
    if (!broken_.empty()) {
        world_.sim_->limit_turns(0);  // what comes later is no part of the failure
    }
}

void exploring_director::ask_invariant() noexcept {
    if (!how_.invariant || !broken_.empty()) {
        return;
    }
    constexpr const char* what = "the invariant does not hold: ";
    const base::without_caller here;
    try {
        if (const std::string wrong = how_.invariant(); !wrong.empty()) {
            broken_ = what + wrong;
        }
    } catch (...) {
        broken_ = what + thrown_text();
    }
}

bool exploring_director::loses_message(const pid& to) noexcept {
    const base::without_caller here;
    if (!may_strike(to) || ask(decision_kind::lose_timer) == 0) {
        return false;
    }
    notes_.back() += name_of(to) + ' ' + effect_of(applied_.back());
    return true;
}

bool exploring_director::may_strike(const pid& who) noexcept {
    if (rests_ || pauses_ > 0 || how_.faults_max == 0) {
        return false;
    }
    try {
        return how_.victims ? how_.victims(who) : is_started_child(who);
    } catch (...) {
        broken_ = "`victims` threw: " + thrown_text();
        return false;
    }
}

bool exploring_director::is_started_child(const pid& who) const noexcept {
    const auto& table = world_.core->table();
    const process* const child = table.at(who.index());
    if (child == nullptr || child->generation() != who.generation() || child->is_supervisor()) {
        return false;
    }
    const pid parent = child->parent();
    process* const above = parent ? table.at(parent.index()) : nullptr;
    if (above == nullptr || above->generation() != parent.generation() || !above->is_supervisor()) {
        return false;
    }
    const auto* const body = above->running_body();
    return body != nullptr &&
           !static_cast<const coppice::detail::behaviour_body*>(body)->is_initialising();
}

std::string exploring_director::name_of(const pid& who) const {
    process* const found = world_.core->table().at(who.index());
    const auto* const body = found == nullptr ? nullptr : found->running_body();
    std::string out = to_string(who);
    if (body != nullptr) {
        const std::string id = body->child_id();
        out += id.empty() ? " (" + body->initial_call() + ')' : " (child \"" + id + "\")";
    }
    return out;
}

}  // namespace coppice::testing
