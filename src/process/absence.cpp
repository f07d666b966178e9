// SPDX-License-Identifier: Apache-2.0
// The sentinel's work for a process whose handler does not return. The sentinel leaves the body and the
// coroutines alone, to be destroyed when the handler returns.

#include <new>
#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

/// Such a signal acts on the body, or on a wait: the thread may be about to begin or end the wait. The
/// sentinel touches neither.
bool needs_its_own_thread(const signal& s) noexcept {
    const bool answers_a_wait = s.kind == signal_kind::reply || s.kind == signal_kind::timeout ||
                                (s.kind == signal_kind::down && s.flag);
    return answers_a_wait || (s.kind == signal_kind::request &&
                              !static_cast<const process_layer::request_signal&>(s).is_of_birth());
}

}  // namespace

process::turn_description process::describe_turn() {
    turn_description out{self(), {}, {}};
    if (!custody_.take()) {
        return out;
    }
    try {
        // A supervisor's `initial_call` would read the supervisor's state.
        out.initial_call = body_ == nullptr           ? "destructors of a process that ends"
                           : body_->kind().supervises ? "supervisor"
                                                      : body_->initial_call();
        if (handling_.type() != nullptr) {
            out.message = readable_type_name(*handling_.type());
        }
    } catch (...) {
        custody_.give_back();
        throw;
    }
    custody_.give_back();
    return out;
}

void process::serve_in_absence(nanoseconds so_far) noexcept {
    let_followers_go();
    if (!custody_.take()) {
        return;
    }
    take_in_absently();
    if (life_.is_doomed() && is_given_up(so_far) && die_in_absence()) {
        custody_.keep();
    } else {
        custody_.give_back();
    }
}

/// Whether a doomed process is to be declared dead now. Links and monitors may rely on resources released by
/// the destructors. So running destructors have a grace period: until a further kill or, for a killed
/// process, until the turn has lasted 1 s.
bool process::is_given_up(nanoseconds so_far) const noexcept {
    constexpr nanoseconds destructors_have = std::chrono::seconds{1};
    if (body_ != nullptr || (why_ == reason::killed && so_far >= destructors_have)) {
        return true;
    }
    for (const signal* each = late_; each != nullptr; each = each->next) {
        if (each->kind == signal_kind::exit &&
            static_cast<const process_layer::exit_signal*>(each)->why == reason::kill) {
            return true;
        }
    }
    return false;
}

/// If memory runs out, the remaining signals wait for the next call.
void process::take_in_absently() noexcept {
    const process_layer::bounded_mailbox_ref limits = own_bound();
    if (life_.has(process_layer::life::mark::starved)) {
        life_.clear(process_layer::life::mark::starved);
        handle_absently(take_late(), limits.get());
    }
    if (!life_.has(process_layer::life::mark::starved)) {
        handle_absently(inbox_.take_all(generation_.load(std::memory_order_relaxed)), limits.get());
    }
    if (limits != nullptr) {
        look_at_bound(*limits);
    }
}

void process::handle_absently(signal* next, mailbox::bound* limits) noexcept {
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
        const bool counted = limits != nullptr && process_layer::takes_a_place(*taken);
        if (needs_its_own_thread(*taken)) {
            put_off(*taken);
        } else if (!handled(*taken)) {
            starve(*taken, next);
            return;
        } else if (counted) {
            limits->moved();
        }
    }
}

// The order of `die`, without the steps for the thread: destructors and timers. A timer that fires meanwhile
// finds a dead process. Signals are answered now, and destroyed when the handler returns.
/// False if there was no memory to tell all processes. Then the caller calls again, and
/// the function continues.
bool process::die_in_absence() noexcept {
    const pid me = self();
    runtime_.stuck_turns_now().died(me);
    claims_.begin_dying();
    try {
        note_end_and_give_up_names(me);  // so rare that a process without a name pays the look-up
        life_.set(process_layer::life::mark::end_told);
        tell_others(me);
        answer_all(me, inbox_.close());
    } catch (const std::bad_alloc&) {
        return false;
    }
    runtime_.count_death();
    life_.lose();
    return true;
}

}  // namespace coppice::detail
