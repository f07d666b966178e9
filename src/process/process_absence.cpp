// SPDX-License-Identifier: Apache-2.0
// What the sentinel does for a process whose handler does not return. The handler's own data, the
// body and its coroutines, is not touched: it is destroyed when the handler returns at last.

#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

/// These go on in the body, or in a wait that its thread may be about to begin or to end: neither is
/// to be touched.
bool needs_its_own_thread(const signal& s) noexcept {
    const bool answers_a_wait = s.kind == signal_kind::reply || s.kind == signal_kind::timeout ||
                                (s.kind == signal_kind::down && s.flag);
    return answers_a_wait || s.kind == signal_kind::request;
}

}  // namespace

process::turn_description process::describe_turn() {
    turn_description out{self(), {}, {}};
    if (!custody_.take()) {
        return out;
    }
    // A supervisor would look into its state for its name.
    out.initial_call = body_->is_supervisor() ? "supervisor" : body_->initial_call();
    if (handling_ != nullptr) {
        out.message = readable_type_name(*handling_);
    }
    custody_.give_back();
    return out;
}

void process::look_after() noexcept {
    let_followers_go();
    if (!custody_.take()) {
        return;
    }
    signal* next = inbox_.take_all(generation_.load(std::memory_order_relaxed));
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
        if (needs_its_own_thread(*taken)) {
            put_off(*taken);
        } else {
            handle(taken);
        }
    }
    if (doomed_) {
        die_in_absence();
        custody_.keep();
    } else {
        custody_.give_back();
    }
}

// The order of `die`, but for what needs the thread: destructors and timers. A timer that fires
// meanwhile finds a dead process. What was sent is answered now and destroyed then.
void process::die_in_absence() noexcept {
    const pid me = self();
    world_.lost_turns().died(me);
    dying_.store(true, std::memory_order_seq_cst);
    give_up_names(me);
    tell_others(me);
    signal* last = inbox_.close();
    while (last != nullptr) {
        signal* taken = std::exchange(last, last->next);
        put_off(*taken);
    }
    late_ = mailbox::oldest_first(late_);
    for (signal* each = late_; each != nullptr; each = each->next) {
        answer_for_the_dead(world_, me, *each);
    }
    world_.count_death();
}

/// The handler has returned, and everybody else has forgotten about the process.
void process::bury_alone() noexcept {
    const pid me = self();
    destroy_body();
    give_up_timers(me);
    for (signal* each = std::exchange(late_, nullptr); each != nullptr;) {
        destroy_signal(std::exchange(each, each->next));
    }
    custody_.begin_anew();
    leave_slot(me);
}

}  // namespace coppice::detail
