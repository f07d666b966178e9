// SPDX-License-Identifier: Apache-2.0
// The end of a process. Whoever hears of it finds its name free and its resources released.

#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

void process::die() noexcept {
    const pid me = self();
    doomed_ = true;  // destructors may send and spawn, but nothing can change the reason any more
    destroy_body();
    dying_.store(true, std::memory_order_seq_cst);
    give_up_timers(me);
    give_up_names(me);
    world_.emit(base::event_kind::ended, me, {}, {}, &why_);
    tell_others(me);
    // Only now: whoever asks about the dead hears of the end first, and then gets an answer.
    refuse_all(me, mailbox::oldest_first(std::exchange(late_, nullptr)));
    refuse_all(me, inbox_.close());
    tell_others(me);  // those that destructors of the last signals have linked it to meanwhile
    world_.count_death();
    leave_slot(me);
}

void process::give_up_timers(const pid& me) noexcept {
    if (has_mark(timers_in)) {
        const unsigned shard = (marks_.load(std::memory_order_relaxed) & timers_in) - 1U;
        world_.scheduler().timers(shard).cancel_all_of(timer_owner(me));
    }
}

void process::give_up_names(const pid& me) noexcept {
    if (has_mark(was_named)) {
        const std::string freed = world_.names().take_from(me);
        if (!freed.empty()) {
            world_.emit(base::event_kind::unnamed, me, {}, freed);
        }
    }
}

/// The next life in the slot may begin.
void process::leave_slot(const pid& me) noexcept {
    reset();
    const std::uint32_t next = me.generation() + 1;
    generation_.store(next, std::memory_order_release);
    if (mailbox::inbox::begins_anew(next)) {
        world_.table().retire(*this);
    } else {
        world_.table().release(*this);
    }
}

void process::put_off(signal& late) noexcept {
    late.next = std::exchange(late_, &late);
}

void process::refuse_all(const pid& me, signal* late) noexcept {
    while (late != nullptr) {
        refuse(world_, me, std::exchange(late, late->next));
    }
}

process::~process() {
    destroy_body();
    signal* left = inbox_.close();
    while (left != nullptr) {
        destroy_signal(std::exchange(left, left->next));
    }
}

void process::destroy_body() noexcept {
    wait_ = nullptr;
    root_ = {};
    has_root_ = false;
    body_.reset();
    mailbox_.clear();
}

void process::tell_others(const pid& me) noexcept {
    const auto watching = std::exchange(watching_, {});
    for (const auto& [tag, target] : watching) {
        auto* told = new plain_signal{signal_kind::demonitor};
        told->from = me;
        told->tag = tag;
        world_.deliver(target, told);
    }
    const auto peers = std::exchange(links_, {});
    for (const auto& [peer, state] : peers) {
        if (state != linked) {
            continue;
        }
        auto* told = new exit_signal{signal_kind::link_exit, why_};
        told->from = me;
        world_.deliver(peer, told);
    }
    auto watchers = std::exchange(monitored_by_, {});
    for (auto& [tag, watcher] : watchers) {
        auto* told = new down_signal{why_};
        told->from = me;
        told->tag = tag;
        told->flag = watcher.to_waiter;
        told->name = std::move(watcher.name);
        world_.deliver(watcher.who, told);
    }
}

void process::reset() noexcept {
    yielded_ = {};
    gives_way_ = begun_ = ended_ = doomed_ = wait_over_ = traps_exits_ = false;
    reductions_ = 0;
    why_ = {};
    handling_ = nullptr;
    urgency.store(sched::rank::normal, std::memory_order_relaxed);
    ancestors_ = {};
    of_children_ = {};
}

}  // namespace coppice::detail
