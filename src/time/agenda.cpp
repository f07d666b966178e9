// SPDX-License-Identifier: Apache-2.0

#include "time/agenda.hpp"

#include <new>
#include <utility>

namespace coppice::time {
namespace {

constexpr int few = 16;  // are looked through faster than they are moved

}  // namespace

void agenda::add(timer_node& added) {
    place(added);
    if (added.deadline < bound_) {
        bound_ = added.deadline;
        first_ = &added;
    }
}

void agenda::place(timer_node& added) {
    wheel* at = root_;
    if (at == nullptr) {
        added.home = nullptr;
        few_.append(added);
        return;
    }
    for (;;) {
        if (!at->spans(added.deadline)) {
            at = &widen(*at, added.deadline);
        }
        wheel* finer = at->finer(at->slot_of(added.deadline));
        if (finer == nullptr) {
            at->append(added);
            return;
        }
        at = finer;
    }
}

/// Puts a wheel that spans both into the place of the one that does not.
wheel& agenda::widen(wheel& narrow, nanoseconds deadline) {
    auto* wide = new wheel{deadline, narrow.difference(deadline), narrow.coarser()};
    put_into(narrow.coarser(), *wide);
    put_into(wide, narrow);
    return *wide;
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
