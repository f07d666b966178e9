// SPDX-License-Identifier: Apache-2.0

#include "time/agenda.hpp"

#include <new>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::time {
namespace {

constexpr int few = 16;  // scanning so few timers is faster than moving any

}  // namespace

void agenda::add(timer_node& added) noexcept {
    COPPICE_EXPECTS(added.deadline >= nanoseconds::zero(), "give a deadline that is not negative");
    place(added);
    if (added.deadline < bound_) {
        bound_ = added.deadline;
        first_ = &added;
    }
}

void agenda::place(timer_node& added) noexcept {
    wheel* at = root_;
    while (at != nullptr) {
        if (!at->spans(added.deadline)) {
            at = widen(*at, added.deadline);
            if (at == nullptr) {
                break;
            }
        }
        wheel* finer = at->finer(at->slot_of(added.deadline));
        if (finer == nullptr) {
            at->append(added);
            return;
        }
        at = finer;
    }
    added.home = nullptr;
    few_.append(added);
}

/// Puts a wheel that spans both `narrow` and `deadline` into the place of `narrow`, and `narrow`
/// into the new wheel. Null if there is no memory for a wheel.
wheel* agenda::widen(wheel& narrow, nanoseconds deadline) noexcept {
    auto* wide = new (std::nothrow) wheel{deadline, narrow.difference(deadline), narrow.coarser()};
    if (wide != nullptr) {
        put_into(narrow.coarser(), *wide);
        put_into(wide, narrow);
    }
    return wide;
}

void agenda::put_into(wheel* coarser, wheel& finer) noexcept {
    finer.put_into(coarser);
    if (coarser == nullptr) {
        root_ = &finer;
    } else {
        coarser->nest(finer);
    }
}

void agenda::remove(timer_node& removed) noexcept {
    timer_node* const next = removed.next;
    if (removed.home == nullptr) {
        few_.remove(removed);
    } else {
        removed.home->remove(removed);
        dissolve(removed.home);
    }
    if (first_ == &removed) {
        // All timers of one deadline are in one list, so the next of these timers is
        // found without a search.
        first_ = next != nullptr && next->deadline == bound_ ? next : nullptr;
    }
    if (empty()) {
        bound_ = never;
    }
}

/// Deletes the wheel if the wheel is empty, and each coarser wheel that is then empty.
void agenda::dissolve(wheel* empty) noexcept {
    while (empty != nullptr && empty->empty()) {
        wheel* coarser = empty->coarser();
        if (coarser == nullptr) {
            root_ = nullptr;
        } else {
            coarser->clear(coarser->slot_of(empty->start()));
        }
        delete std::exchange(empty, coarser);
    }
}

timer_node* agenda::first() noexcept {
    if (!settled()) {
        first_ = find_first();
        bound_ = first_->deadline;
    }
    return first_;
}

timer_node* agenda::find_first() noexcept {
    if (root_ == nullptr || few_.empty()) {
        return first_in_wheels();
    }
    // Of two timers with one deadline the timer outside of the wheels is older: otherwise both
    // would be in one list of a wheel.
    timer_node* const left_over = few_.earliest();
    timer_node* const sorted = first_in_wheels();
    return sorted->deadline < left_over->deadline ? sorted : left_over;
}

/// The first timer in the wheels, or in `few_` if there are no wheels.
timer_node* agenda::first_in_wheels() noexcept {
    for (wheel* in = earliest_wheel();;) {
        timer_list& earliest = in == nullptr ? few_ : in->timers(in->first_slot());
        if (earliest.difference == 0) {
            return earliest.first;
        }
        wheel* finer = earliest.longer_than(few) ? spread(earliest, in) : nullptr;
        if (finer == nullptr) {
            return earliest.earliest();
        }
        in = finer;
    }
}

/// The wheel whose first slot is the earliest list; null if there are no wheels.
wheel* agenda::earliest_wheel() const noexcept {
    wheel* in = root_;
    for (wheel* finer = in; finer != nullptr; finer = in->finer(in->first_slot())) {
        in = finer;
    }
    return in;
}

/// Replaces a list in `home` by a finer wheel. Null if there is no memory for a wheel.
wheel* agenda::spread(timer_list& timers, wheel* home) noexcept {
    auto* finer = new (std::nothrow) wheel{timers.first->deadline, timers.difference, home};
    if (finer == nullptr) {
        return nullptr;
    }
    for (timer_node* each = std::exchange(timers, {}).first; each != nullptr;) {
        finer->append(*std::exchange(each, each->next));
    }
    put_into(home, *finer);
    return finer;
}

}  // namespace coppice::time
