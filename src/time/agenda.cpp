// SPDX-License-Identifier: Apache-2.0

#include "time/agenda.hpp"

#include <new>
#include <utility>

namespace coppice::time {
namespace {

constexpr int few = 16;  // are looked through faster than they are moved

}  // namespace

void agenda::add(timer_node& added) noexcept {
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

/// Puts a wheel that spans both into the place of the one that does not. Null if there is no memory
/// for it.
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
        // All of one deadline are in one list: the next of them is found without a search.
        first_ = next != nullptr && next->deadline == bound_ ? next : nullptr;
    }
    if (empty()) {
        bound_ = never;
    }
}

/// The wheel, if it is empty, and those that are empty without it.
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
    // Of two with one deadline the one without a wheel is older: else it would be in the other's list.
    timer_node* const left_over = few_.earliest();
    timer_node* const sorted = first_in_wheels();
    return sorted->deadline < left_over->deadline ? sorted : left_over;
}

/// Or in the list of the few, if there are no wheels.
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

/// Whose first slot is a list; null if there are no wheels.
wheel* agenda::earliest_wheel() const noexcept {
    wheel* in = root_;
    for (wheel* finer = in; finer != nullptr; finer = in->finer(in->first_slot())) {
        in = finer;
    }
    return in;
}

/// Puts a wheel into the place of a list that is in `home`. Null if there is no memory for it.
wheel* agenda::spread(timer_list& crowd, wheel* home) noexcept {
    auto* finer = new (std::nothrow) wheel{crowd.first->deadline, crowd.difference, home};
    if (finer == nullptr) {
        return nullptr;
    }
    for (timer_node* each = std::exchange(crowd, {}).first; each != nullptr;) {
        finer->append(*std::exchange(each, each->next));
    }
    put_into(home, *finer);
    return finer;
}

}  // namespace coppice::time
