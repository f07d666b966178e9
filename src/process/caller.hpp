// SPDX-License-Identifier: Apache-2.0
// The gate to what the runtime keeps of processes: every public function that acts for the calling
// process makes one of these first, and does nothing if it is false.
//
//     whose code calls                                        the caller
//     a living process's, in its turn                         is true, and inside its custody
//     a dead one's: it was killed while its handler went on,  is false
//       or its last messages are being destroyed
//     nobody's, see base/turn.hpp                             is false
//     a thread of the program's own                           ends the program with a message
//
// So a function that is asked by the dead answers what it can without touching anybody: an empty
// pid, false, no time left. It does not throw: who asks may be a destructor.

#pragma once

#include <utility>

#include "base/turn.hpp"
#include "process/custody.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

/// Ends the program on a thread of the program's own.
void require_nobody() noexcept;

/// The process whose code runs here, dead or alive: for what only reads. Null for nobody's.
inline process* process_here() noexcept {
    process* const here = current_process();
    if (here == nullptr) {
        require_nobody();
    }
    return here;
}

class caller {
  public:
    [[gnu::always_inline]] caller() noexcept
        : whose_{process_here()},
          held_{whose_ != nullptr ? whose_->inside() : custody::hold{custody::of_nobody()}} {}
    caller(const caller&) = delete;
    caller& operator=(const caller&) = delete;

    explicit operator bool() const noexcept { return static_cast<bool>(held_); }
    // Precondition: it is true.
    process* operator->() const noexcept { return whose_; }
    process& operator*() const noexcept { return *whose_; }

    /// False if the receiver is gone: then the signal is still the caller's.
    bool offer(const pid& to, signal& sent) const noexcept {
        process* const taker = whose_->world().offer(to, sent);
        whose_->spend_on(taker);
        return taker != nullptr;
    }
    /// Consumes the signal. The custody is held while a refused signal is destroyed, so the signal must not
    /// own a value of the user's.
    void deliver(const pid& to, signal* sent) const {
        sent->from = whose_->self();
        whose_->spend_on(whose_->world().deliver(to, sent));
    }

    /// Throws `error`, but not out of the destructors that run when a process ends.
    template <class Error>
    void refuse(Error error) const {
        if (!whose_->has_ended()) {
            throw std::move(error);
        }
    }

  private:
    process* const whose_;
    const custody::hold held_;
};

/// The runtime of the process whose code runs here; null if that is dead, or nobody's. For what touches
/// nothing of that process, and may destroy what is the user's.
inline runtime_core* world_of_living() noexcept {
    const caller me;
    return me ? &me->world() : nullptr;
}

/// Does with it as the dead do, or drops it if there is no world. Throws as `refuse` does.
void refuse_outside(runtime_core* world, const pid& dead, signal* refused);

/// The calling process runs `prepare(me)` and sends the signal; a dead caller's signal is destroyed. A
/// signal to a dead receiver is refused outside of the custody, because its destructor may be code of the
/// user's. Throws as `refuse` does.
template <class Prepare>
[[gnu::always_inline]] inline void send_prepared(const pid& to, signal* sent, Prepare prepare) {
    runtime_core* world = nullptr;
    if (const caller me; me) {
        prepare(me);
        if (me.offer(to, *sent)) {
            return;
        }
        world = &me->world();
    }
    refuse_outside(world, to, sent);
}

}  // namespace coppice::detail
