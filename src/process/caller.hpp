// SPDX-License-Identifier: Apache-2.0
// The gate to the runtime's state of processes. A public function that acts for the calling process first
// makes a `caller`, and does nothing if the `caller` is false.
//
//     the calling code                                        the caller
//     of a living process, in its turn                        is true, and inside its custody
//     of a dead process: killed while its handler runs on,    is false
//       or its last messages are being destroyed
//     of no process, see base/turn.hpp                        is false
//     on a thread of the program's own                        ends the program with a message
//
// So a request of a dead process is answered without touching any process: an empty pid, false, no time left.
// Nothing is thrown, since the request may come from a destructor.

#pragma once

#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "process/custody.hpp"
#include "process/offer.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

/// Ends the program if this is a thread of the program's own.
void refuse_foreign_thread() noexcept;

/// The process whose code runs here, dead or alive: for functions that only read. Null if the
/// code acts for no process.
inline detail::process* process_here() noexcept {
    detail::process* const here = base::current_process();
    if (here == nullptr) {
        refuse_foreign_thread();
    }
    return here;
}

/// The same for functions that are inlined into no coroutine, see base/turn.hpp: without a call.
[[gnu::always_inline]] inline detail::process* process_of_turn() noexcept {
    detail::process* const here = base::this_turn.whose;
    if (here == nullptr) [[unlikely]] {
        refuse_foreign_thread();
    }
    return here;
}

/// Ends the program.
[[noreturn]] void refuse_wait_outside() noexcept;

/// For functions that only bodies and awaitables call, in the turn of a process.
inline detail::process& calling_process() {
    detail::process* running = base::current_process();
    if (running == nullptr) {
        refuse_wait_outside();
    }
    return *running;
}

class caller {
  public:
    [[gnu::always_inline]] caller() noexcept
        : whose_{process_here()},
          held_{whose_ != nullptr ? whose_->inside() : custody::hold{custody::of_no_process()}} {}
    /// For code of `whose`, which is known already.
    [[gnu::always_inline]] explicit caller(detail::process& whose) noexcept
        : whose_{&whose}, held_{whose.inside()} {}
    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;

    explicit operator bool() const noexcept { return static_cast<bool>(held_); }
    // Precondition: the `caller` is true. Not checked: each send passes here.
    detail::process* operator->() const noexcept { return whose_; }
    detail::process& operator*() const noexcept { return *whose_; }

    /// False if the receiver is gone. Then the signal still belongs to the calling function.
    [[gnu::always_inline]] bool offer(const pid& to, detail::signal& sent) const noexcept {
        route& ways = whose_->world().to_pids();
        if (ways.is_taken_here(to, sent)) [[likely]] {
            whose_->spend_on_send();
            return true;
        }
        return offer_anyhow(*whose_, to, sent);
    }
    /// The result of the offer, for a sender that does not wait for room.
    receipt offer_if_room(const pid& to, detail::signal& sent) const noexcept {
        const receipt got = whose_->world().to_pids().offer_if_room(to, sent);
        whose_->spend_on(got);
        return got;
    }
    /// Consumes the signal. The custody is held while a refused signal is destroyed, so the signal
    /// must not own a user value.
    void deliver(const pid& to, detail::signal* sent) const {
        sent->from = whose_->self();
        whose_->spend_on(whose_->world().deliver(to, sent));
    }

    /// Throws `error`, but not from the destructors that run when a process ends.
    template <class Error>
    void refuse(Error error) const {
        if (!whose_->has_ended()) {
            throw std::move(error);
        }
    }

  private:
    [[gnu::noinline]] static bool offer_anyhow(detail::process& me, const pid& to,
                                               detail::signal& sent) noexcept {
        const receipt got = me.world().to_pids().offer(to, sent);
        me.spend_on(got);
        return got.is_accepted();
    }

    detail::process* const whose_;
    const custody::hold held_;
};

/// The runtime of the process whose code runs here. Null if the process is dead, or the code acts for no
/// process. For functions that touch nothing of the process and may destroy user values.
inline detail::runtime_core* runtime_of_caller() noexcept {
    const caller me;
    return me ? &me->world() : nullptr;
}

/// Consumes the signal with the answer of the dead, or without an answer if `world` is null.
/// Throws as `refuse` does.
void refuse_outside(detail::runtime_core* world, const pid& dead, detail::signal* refused);

/// The calling process runs `prepare(me)` and sends the signal. A dead caller's signal is destroyed. A
/// signal to a dead receiver is refused outside of the custody, because its destructor may be user code.
/// Throws as `refuse` does. Only for functions that are no coroutines, see base/turn.hpp.
template <class Prepare>
[[gnu::always_inline]] inline void send_prepared(const pid& to, detail::signal* sent,
                                                 Prepare prepare) {
    detail::process* const here = base::this_turn.whose;
    if (here == nullptr) [[unlikely]] {
        refuse_foreign_thread();
        return refuse_outside(nullptr, to, sent);
    }
    detail::runtime_core* world = nullptr;
    if (const caller me{*here}; me) {
        prepare(me);
        if (me.offer(to, *sent)) {
            return;
        }
        world = &me->world();
    }
    refuse_outside(world, to, sent);
}

}  // namespace coppice::process_layer
