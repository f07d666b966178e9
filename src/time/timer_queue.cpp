// SPDX-License-Identifier: Apache-2.0

#include "time/timer_queue.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::time {
namespace {

bool is_undated(const timer_node& timer) noexcept {
    return timer.deadline < nanoseconds::zero();
}

// The id of a timer in one word.
std::uint64_t word_of(timer_id id) noexcept {
    return std::uint64_t{id.generation} << 32U | id.slot;
}
timer_id id_of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32U)};
}

}  // namespace

void destroy(timer_list& dead) noexcept {
    while (!dead.empty()) {
        delete static_cast<timer_action*>(std::exchange(dead.first, dead.first->next));
    }
}

timer_queue::~timer_queue() {
    ids_.for_each([this](timer_node& each) { release(each); });
}

timer_queue::armed timer_queue::add(nanoseconds deadline, std::uint64_t owner, action_ptr action) {
    const std::scoped_lock lock{lock_};
    ids_.make_room();
    owner_list* others = owner == 0 ? nullptr : &owners_.of(owner);
    action->deadline = rounded_up(std::max(deadline, nanoseconds::zero()));
    agenda_.add(*action);
    if (others != nullptr) {
        others->join(*action);
    }
    return admit(action.release());
}

timer_queue::armed timer_queue::add_undated(nanoseconds after, std::uint64_t owner,
                                            action_ptr action) {
    COPPICE_EXPECTS(after > nanoseconds::zero(), "give a duration that is positive");
    const std::scoped_lock lock{lock_};
    ids_.make_room();
    owner_list* others = owner == 0 ? nullptr : &owners_.of(owner);
    action->deadline = -after;
    undated_.append(*action);
    ++undated_count_;
    if (others != nullptr) {
        others->join(*action);
    }
    armed added = admit(action.release());
    added.many = undated_count_ >= undated_max;
    return added;
}

timer_queue::armed timer_queue::add(nanoseconds deadline, wait_timer& wait, maker make) {
    const armed added = add(deadline, 0, make(wait));
    wait.queue = this;
    wait.link = nullptr;
    wait.word = word_of(added.id);
    return added;
}

void timer_queue::begin_undated(nanoseconds now) noexcept {
    const std::scoped_lock lock{lock_};
    date_all(now);
    publish();
}

std::optional<nanoseconds> timer_queue::cancel(timer_id id) noexcept {
    action_ptr dead;  // destroyed after unlocking: may hold a user message
    const std::scoped_lock lock{lock_};
    dead = take_out(id);
    return dead == nullptr ? std::nullopt : std::optional{dead->deadline};
}

void timer_queue::cancel(wait_timer& wait) noexcept {
    action_ptr dead;  // destroyed after unlocking
    const std::scoped_lock lock{lock_};
    if (wait.link != nullptr) {
        leave(wait);
    } else {
        dead = take_out(id_of(wait.word));
    }
}

std::optional<nanoseconds> timer_queue::deadline_of(timer_id id) const {
    const std::scoped_lock lock{lock_};
    const timer_node* found = ids_.find(id);
    return found == nullptr ? std::nullopt : std::optional{found->deadline};
}

void timer_queue::cancel_all_of(std::uint64_t owner) noexcept {
    timer_list dead = release_all_of(owner);  // destroyed after unlocking
    destroy(dead);
}

nanoseconds timer_queue::next_due() const noexcept {
    // Acquire: pairs with the release in publish().
    due known = due_.load(std::memory_order_acquire);
    if (!known.exact()) {
        const std::scoped_lock lock{lock_};
        agenda_.first();
        publish();
        known = due_.load(std::memory_order_relaxed);
    }
    return known.bound();
}

unsigned timer_queue::fire_due(nanoseconds now, unsigned at_most) noexcept {
    timer_list undelivered{};
    const unsigned fired = fire_due(now, at_most, undelivered);
    destroy(undelivered);
    return fired;
}

unsigned timer_queue::fire_due(nanoseconds now, unsigned at_most, timer_list& undelivered,
                               bool dates) noexcept {
    // A thread moves on if another thread fires. The deadlines read before a sleep
    // bring the thread back.
    const std::unique_lock turn{firing_, std::try_to_lock};
    return turn.owns_lock() ? fire_in_order(now, at_most, undelivered, dates) : 0;
}

unsigned timer_queue::fire_in_order(nanoseconds now, unsigned at_most, timer_list& kept,
                                    bool dates) noexcept {
    unsigned fired = 0;
    if (dates && due_not_before() <= now) {
        begin_undated(now);  // once: a wait that begins meanwhile has not begun at `now`
    }
    while (fired < at_most) {
        action_ptr due = take_due(now);
        if (due == nullptr) {
            break;
        }
        ++fired;
        if (timer_action* const left = due.release()->fire_and_release()) {
            kept.append(*left);
        }
    }
    return fired;
}

timer_queue::action_ptr timer_queue::take_due(nanoseconds now) noexcept {
    if (due_not_before() > now) {
        return nullptr;
    }
    const std::scoped_lock lock{lock_};
    action_ptr taken;
    if (agenda_.bound() <= now && agenda_.first()->deadline <= now) {
        taken = release(*agenda_.first());
    }
    publish();
    return taken;
}

nanoseconds timer_queue::rounded_up(nanoseconds deadline) const noexcept {
    const nanoseconds last = grain_ - nanoseconds{1};
    return deadline < never - grain_ ? nanoseconds{(deadline + last).count() & ~last.count()}
                                     : deadline;
}

timer_queue::armed timer_queue::admit(timer_action* added) noexcept {
    ids_.give(*added);
    const bool sooner = publish();
    return {added->id, sooner};
}

timer_queue::action_ptr timer_queue::release(timer_node& timer) noexcept {
    if (is_undated(timer)) {
        undated_.remove(timer);
        --undated_count_;
    } else {
        agenda_.remove(timer);
    }
    if (timer.link_of_owner != nullptr) {
        owner_list::leave(timer);
    }
    ids_.take_back(timer.id);
    return action_ptr{static_cast<timer_action*>(&timer)};
}

/// Null if the timer has ended.
[[gnu::noinline]] timer_queue::action_ptr timer_queue::take_out(timer_id id) noexcept {
    timer_node* found = ids_.find(id);
    if (found == nullptr) {
        return nullptr;
    }
    action_ptr dead = release(*found);
    if (!is_undated(*dead)) {
        publish();
    }
    return dead;
}

void timer_queue::leave(wait_timer& wait) noexcept {
    *wait.link = wait.next;
    (wait.next == nullptr ? behind_waits_ : wait.next->link) = wait.link;
    wait.link = nullptr;
    --undated_waits_;
}

timer_list timer_queue::release_all_of(std::uint64_t owner) noexcept {
    timer_list released{};
    const std::scoped_lock lock{lock_};
    if (const owner_list* list = owners_.find(owner)) {
        while (list->first != nullptr) {
            released.append(*release(*list->first).release());
        }
        owners_.drop(owner);
        publish();
    }
    return released;
}

void timer_queue::date_all(nanoseconds now) noexcept {
    while (!undated_.empty()) {
        timer_node& dated = *undated_.first;
        undated_.remove(dated);
        --undated_count_;
        dated.deadline = rounded_up(deadline_after(now, -dated.deadline));
        agenda_.add(dated);
    }
    while (first_wait_ != nullptr && begin(*first_wait_, now)) {
    }
}

/// False if there is no memory for the timer. Then the wait stays undated.
bool timer_queue::begin(wait_timer& wait, nanoseconds now) noexcept {
    action_ptr action;
    try {
        ids_.make_room();
        action = make_(wait);
    } catch (const std::bad_alloc&) {
        return false;
    }
    const nanoseconds after{static_cast<std::int64_t>(wait.word)};
    action->deadline = rounded_up(deadline_after(now, after));
    agenda_.add(*action);
    ids_.give(*action);
    leave(wait);
    wait.word = word_of(action.release()->id);
    return true;
}

bool timer_queue::publish() const noexcept {
    // Not exact: `cancel` of an undated timer leaves the value as it is, and the next undated timer finds the
    // value published.
    constexpr due due_of_undated{nanoseconds::zero(), false};
    const bool all_are_dated = undated_.empty() && first_wait_ == nullptr;
    const due known = all_are_dated ? due{agenda_.bound(), agenda_.settled()} : due_of_undated;
    const due before = due_.load(std::memory_order_relaxed);
    if (known.word != before.word) {
        // Release: pairs with the acquires in due_not_before() and next_due().
        due_.store(known, std::memory_order_release);
    }
    return known.bound() < before.bound();
}

}  // namespace coppice::time
