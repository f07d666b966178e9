// SPDX-License-Identifier: Apache-2.0
// The life of a process: its state, in one byte.
//
//     state      meaning
//     free       the slot has no process
//     born       the spawner has made the process; the body has not begun
//     running    the body takes turns
//     ended      the body is done
//     doomed     a fatal exit signal has come; the body must not run again
//     closing    the reason is final; destructors run, then other processes are told
//     lost       as closing, but the handler runs on: the sentinel has told the other processes
//
//     event      by           free   born      running   ended      doomed     closing   lost
//     be_born    spawner      born   x         x         x          x          x         x
//     begin      turn         x      running   x         x          x          x         x
//     end        turn         x      x         ended!    -          closing!   -         x
//     doom       turn or      x      doomed!   doomed!   closing!   -          -         -
//                sentinel
//     close      turn         x      x         x         closing    closing    closing   x
//     lose       sentinel     x      x         x         x          lost       lost      x
//     leave      turn         x      x         x         x          x          free      free
//
// `!` sets the reason of the end, `-` has no effect, `x` breaks the contract. Other threads hear of the end
// from `claims`, whose `begin_dying` comes between `close` or `doom` and the first signal of the end.
//
// Threads    The thread that has custody of the process; before the birth, the spawner. "turn" is the turn's
//            thread, inside the custody.
// Cost       One byte. Each step of a turn tests the byte a few times.

#pragma once

#include <cstdint>

#include "coppice/detail/contract.hpp"

namespace coppice::process_layer {

class life {
  public:
    /// A bit for each fact, so that one test answers a question about several states.
    enum class state : std::uint8_t {
        running = 0,
        born = 0b0001,
        ended = 0b0010,
        doomed = 0b0100,
        closing = ended | doomed,
        lost = 0b1000 | doomed,
        free = 0b1000 | closing,
    };
    /// Work that is left over, in any state.
    enum class mark : std::uint8_t {
        starved = 0b0001'0000,   ///< There was no memory to handle the first signal in `late_`.
        drops = 0b0010'0000,     ///< `late_` has handled signals to be destroyed.
        end_told = 0b0100'0000,  ///< Observers of the runtime know of the end.
        bounded = 0b1000'0000,   ///< The mailbox is over its limit, or has reached high water.
    };

    state now() const noexcept { return static_cast<state>(bits_ & states); }
    bool is_born() const noexcept { return has(state::born); }
    bool has_ended() const noexcept { return has(state::ended); }
    bool is_doomed() const noexcept { return has(state::doomed); }
    /// Whether the process has to die now.
    bool has_to_die() const noexcept { return has(state::closing); }
    /// Whether the turn has to do anything before the next step.
    bool needs_care() const noexcept {
        return (bits_ & (bits_of(state::closing) | bits_of(mark::starved) | bits_of(mark::drops) |
                         bits_of(mark::bounded))) != 0;
    }

    void be_born() noexcept {
        COPPICE_EXPECTS(bits_ == bits_of(state::free), "free the slot before the next life");
        bits_ = bits_of(state::born);  // without marks
    }
    void begin() noexcept {
        COPPICE_EXPECTS(now() == state::born, "begin the body of a process once");
        become(state::running);
    }
    /// True: the caller sets the reason.
    [[nodiscard]] bool end() noexcept {
        COPPICE_EXPECTS(!is_born() && !is_gone(), "end a body that has begun");
        if (has_ended()) {
            return false;
        }
        become(is_doomed() ? state::closing : state::ended);
        return true;
    }
    /// True: the caller sets the reason.
    [[nodiscard]] bool doom() noexcept {
        COPPICE_EXPECTS(now() != state::free, "doom a process that there is");
        if (is_doomed()) {
            return false;
        }
        become(has_ended() ? state::closing : state::doomed);
        return true;
    }
    void close() noexcept {
        COPPICE_EXPECTS(has_to_die() && !is_gone(), "end or doom a process before its death");
        become(state::closing);
    }
    void lose() noexcept {
        COPPICE_EXPECTS(is_doomed() && !is_gone(), "doom a process before it is lost");
        become(state::lost);
    }
    void leave() noexcept {
        COPPICE_EXPECTS(now() == state::closing || now() == state::lost,
                        "leave a slot after the death of its process");
        bits_ = bits_of(state::free);  // without marks
    }

    bool has(mark which) const noexcept { return (bits_ & bits_of(which)) != 0; }
    void set(mark which) noexcept { bits_ |= bits_of(which); }
    void clear(mark which) noexcept { bits_ &= static_cast<std::uint8_t>(~bits_of(which)); }

  private:
    static constexpr std::uint8_t states = 0b1111;
    static constexpr std::uint8_t gone = 0b1000;

    template <class Flag>
    static constexpr std::uint8_t bits_of(Flag which) noexcept {
        return static_cast<std::uint8_t>(which);
    }
    /// Whether the present state has a bit of `which`.
    bool has(state which) const noexcept { return (bits_ & bits_of(which)) != 0; }
    /// Lost or free: the turn's thread runs no code for the process.
    bool is_gone() const noexcept { return (bits_ & gone) != 0; }
    void become(state next) noexcept {
        bits_ = static_cast<std::uint8_t>((bits_ & ~states) | bits_of(next));
    }

    std::uint8_t bits_ = bits_of(state::free);
};

}  // namespace coppice::process_layer
