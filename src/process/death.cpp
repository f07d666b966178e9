// SPDX-License-Identifier: Apache-2.0
// The end of a process. A process that hears of the end finds the name free and the resources released.

#include <new>
#include <optional>
#include <utility>

#include "process/answers.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"
#include "process/timers.hpp"

namespace coppice::detail {

/// Destroys the user's objects before any process hears of the end. False if the process has been declared
/// dead meanwhile, because a destructor did not return.
[[gnu::always_inline]] inline bool process::destroyed_outside(const pid& me) noexcept {
    std::unique_ptr<body> gone = std::move(body_);  // tells the sentinel that destructors run
    custody_.leave();
    if (has_root()) {
        release_coroutines();
    }
    gone.reset();
    mailbox_.clear();
    claims_.begin_dying();
    give_up_timers(me);
    return custody_.enter();
}

void process::tell_end(const pid& me) {
    if (!life_.has(process_layer::life::mark::end_told)) {
        life_.set(process_layer::life::mark::end_told);
        runtime_.emit(base::event_kind::ended, me, {}, {}, &why_);
    }
}

/// Notes the end of a process without a name, unless this is a retry.
[[gnu::always_inline]] inline void process::note_end(const pid& me) noexcept {
    if (life_.has(process_layer::life::mark::end_told)) {
        return;
    }
    if (why_ == reason::normal) {
        runtime_.recorder().ended_normally(life_number());
    } else {
        runtime_.note_end(me, false, why_);
    }
}

void process::give_up_timers(const pid& me) noexcept {
    if (const std::optional<unsigned> shard = claims_.timer_shard()) {
        runtime_.scheduler().timers(*shard).cancel_all_of(process_layer::timer_owner(me));
    }
}

/// The same for a process that may have a name, which then goes. Nothing fails between the note and the mark `end_told`,
/// which the caller sets: a retry would note the end twice.
void process::note_end_and_give_up_names(const pid& me) {
    const std::string freed =
        runtime_.wants_events() ? runtime_.names().name_of(me) : std::string{};
    if (!life_.has(process_layer::life::mark::end_told)) {
        runtime_.note_end(me, true, why_);
    }
    if (runtime_.names().take_from(me) && runtime_.wants_events()) {
        runtime_.emit(base::event_kind::unnamed, me, {}, freed);
    }
}

[[gnu::always_inline]] inline void process::reset() noexcept {
    wait_ = nullptr;
    yielded_ = {};
    gives_way_ = wait_over_ = traps_exits_ = false;
    life_.leave();
    standing_.leave();
    reductions_.store(0, std::memory_order_relaxed);
    why_ = {};
    handling_ = {};
    urgency.store(sched::rank::normal, std::memory_order_relaxed);
    ancestors_ = {};
    of_children_ = {};
}

/// Frees the slot for the next life.
[[gnu::always_inline]] inline void process::leave_slot(const pid& me) noexcept {
    reset();
    custody_.begin_anew();
    const std::uint32_t next = me.generation() + 1;
    // Release: pairs with the acquire in generation().
    generation_.store(next, std::memory_order_release);
    if (mailbox::inbox::begins_anew(next)) {
        runtime_.table().retire(*this);
    } else {
        runtime_.table().release(*this);
    }
}

void process::put_off(signal& late) noexcept {
    late.next = std::exchange(late_, &late);
}

/// Answers all questions; the inbox is closed. Signals that may own a user value stay in `late_` until all
/// answers are sent. An answered call counts as a message from then on.
void process::answer_all(const pid& me, signal* last) {
    while (last != nullptr) {
        put_off(*std::exchange(last, last->next));
    }
    if (is_bounded()) {
        end_bound();
    }
    signal* kept = nullptr;
    signal* next = mailbox::oldest_first(std::exchange(late_, nullptr));
    while (next != nullptr) {
        signal* const each = std::exchange(next, next->next);
        try {
            if (each->kind == signal_kind::call) {
                process_layer::tell_caller(runtime_, me, *each);
                each->kind = signal_kind::message;
            }
        } catch (const std::bad_alloc&) {
            late_ = kept;
            starve(*each, next);
            throw;
        }
        if (process_layer::may_hold_value(*each)) {
            each->next = std::exchange(kept, each);
        } else {
            process_layer::refuse(runtime_, me, each);
        }
    }
    late_ = kept;
}

void process::destroy_late() noexcept {
    for (signal* each = std::exchange(late_, nullptr); each != nullptr;) {
        destroy_signal(std::exchange(each, each->next));
    }
}

process::~process() {
    destroy_body();
    destroy_late();
    signal* left = inbox_.close();
    while (left != nullptr) {
        destroy_signal(std::exchange(left, left->next));
    }
}

void process::destroy_body() noexcept {
    release_coroutines();
    body_.reset();
    mailbox_.clear();
}

// If memory runs out in between, the bonds remember the processes that have been told.
void process::tell_others(const pid& me) {
    bonds_.end(
        [&](std::uint64_t tag, const pid& target) {
            auto* told = with_reserve(
                [] { return new process_layer::plain_signal{signal_kind::demonitor}; });
            told->from = me;
            told->tag = tag;
            runtime_.deliver(target, told);
        },
        [&](const pid& peer) {
            auto* told = with_reserve(
                [&] { return new process_layer::exit_signal{signal_kind::link_exit, why_}; });
            told->from = me;
            runtime_.deliver_exit(peer, told);
        },
        [&](std::uint64_t tag, process_layer::bonds::watcher& watcher) {
            auto* told = with_reserve([&] { return new down_signal{why_}; });
            told->from = me;
            told->tag = tag;
            told->flag = watcher.to_waiter;
            told->name = std::move(watcher.name);
            runtime_.deliver(watcher.who, told);
        });
}

/// False if there was no memory to tell all processes. Then the caller calls again, and `die` continues.
bool process::die() noexcept {
    const pid me = self();
    // Destructors may send and spawn, but the reason is final.
    life_.close();
    if (body_ != nullptr && !destroyed_outside(me)) {
        finish_absent_death();
        return true;
    }
    // Requests from destructors of the last messages are dropped from now on.
    custody_.close();
    try {
        if (claims_.may_be_named()) {
            note_end_and_give_up_names(me);
        } else {
            note_end(me);
        }
        tell_end(me);
        if (!bonds_.empty()) {
            tell_others(me);
        }
        // Last: a process with a question hears of the end first, and then gets an answer.
        if (signal* const last = inbox_.close();
            last != nullptr || late_ != nullptr || is_bounded()) {
            answer_all(me, last);
        }
    } catch (const std::bad_alloc&) {
        return false;
    }
    runtime_.count_death();
    destroy_late();
    leave_slot(me);
    return true;
}

/// Called when the handler has returned, after all other threads have forgotten the process.
void process::finish_absent_death() noexcept {
    const pid me = self();
    destroy_body();
    give_up_timers(me);
    destroy_late();
    leave_slot(me);
}

}  // namespace coppice::detail
