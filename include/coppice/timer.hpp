// SPDX-License-Identifier: Apache-2.0
// Timers: send a message after a delay.
//
// Lifetime   A timer outlives the process that set the timer. A timer for a pid is cancelled when the
//            receiver ends. A timer for a name looks the name up when the timer is due.
// Order      A timer never fires early, to the resolution of the clock. Timer messages for one process
//            arrive in the order of their due times, and at equal due times in the order in which the
//            timers were set, whichever scheduler threads set and fire the timers. The same holds for
//            timers for one name.
// Threads    Inside a process.
// Blocking   None.
// Ownership  The runtime owns an armed timer and its message. A `timer` is a number that keeps nothing alive.
// Errors     A negative time throws `badarg_error`, and so does a receiver of another node.
// Cost       O(1) to set, to read and to cancel, with one reading of the clock.
// Today      On threads a due time is rounded up to 4 µs, and a timer among many others is up to 250 µs late.
//            Both numbers may change.

#pragma once

#include <optional>

#include "coppice/address.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Identifies a timer. The empty value identifies no timer.
class timer {
  public:
    /// The empty timer.
    constexpr timer() noexcept = default;
    /// Made by the functions below.
    constexpr explicit timer(std::uint64_t value) noexcept : value_{value} {}
    /// False for the empty timer. Does not tell whether the timer is still armed.
    constexpr explicit operator bool() const noexcept { return value_ != 0; }
    /// Equal numbers.
    constexpr bool operator==(const timer&) const noexcept = default;
    /// The number behind the timer; 0 for the empty one.
    constexpr std::uint64_t value() const noexcept { return value_; }

  private:
    std::uint64_t value_ = 0;
};

/// The message that `start_timer` delivers: the caller's message, and the timer that fired.
struct timeout_message {
    timer from;           ///< The timer that `start_timer` returned.
    any_message message;  ///< The message given to `start_timer`.
};

namespace detail {
timer add_timer(std::chrono::nanoseconds after, const pid& to, owned_message sent);
timer add_timer(std::chrono::nanoseconds after, const address& to, owned_message sent);
timer add_wrapping_timer(std::chrono::nanoseconds after, const pid& to, owned_message sent);
}  // namespace detail

/// Sends `m` to `to` after `time`, at once for zero. Returns the empty timer if `to` has ended.
template <class M>
timer send_after(time_span time, const pid& to, M&& m) {
    return detail::add_timer(time, to,
                             detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// The same for an address. By name: sends `m` to the process that has the name after `time`. If no process
/// has the name, `m` is dropped.
template <class M>
timer send_after(time_span time, const address& to, M&& m) {
    return detail::add_timer(time, to,
                             detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// Sends `timeout_message{timer, m}` to `to` after `time`. Returns the empty timer if `to` has ended.
template <class M>
timer start_timer(time_span time, const pid& to, M&& m) {
    return detail::add_wrapping_timer(
        time, to, detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// Cancels a timer and returns the time that was left. Returns nothing if the timer has fired, was cancelled,
/// or was for a process that has ended. In that case the message may already be in the receiver's mailbox.
std::optional<std::chrono::nanoseconds> cancel_timer(timer which);
/// The time that is left. Returns nothing in the cases in which `cancel_timer` does.
[[nodiscard]] std::optional<std::chrono::nanoseconds> read_timer(timer which);

}  // namespace coppice

#pragma GCC visibility pop
