// SPDX-License-Identifier: Apache-2.0
// Timers: a message later.
//
// A timer outlives the process that set it. One that is addressed to a pid goes with that process;
// one that is addressed to a name looks the name up when it is due. Never early, to the resolution
// of the clock. Timers for one process arrive in the order in which they are due, and two due at once
// in the order in which they were set, whichever workers set and fire them; so do timers for one name.
//
// Threads    Inside a process.
// Errors     A negative time throws `badarg_error`.
// Cost       O(1) to set, to read and to cancel, with one reading of the clock.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Identifies a timer. Empty: none.
class timer {
  public:
    constexpr timer() noexcept = default;
    constexpr explicit timer(std::uint64_t value) noexcept : value_{value} {}
    constexpr explicit operator bool() const noexcept { return value_ != 0; }
    constexpr bool operator==(const timer&) const noexcept = default;
    constexpr std::uint64_t value() const noexcept { return value_; }

  private:
    std::uint64_t value_ = 0;
};

/// What `start_timer` delivers: the message, with the timer that brought it.
struct timeout_message {
    timer from;
    any_message message;
};

namespace detail {
timer add_timer(std::chrono::nanoseconds after, const pid& to, owned_message sent);
timer add_timer(std::chrono::nanoseconds after, std::string_view to, owned_message sent);
timer add_wrapping_timer(std::chrono::nanoseconds after, const pid& to, owned_message sent);
}  // namespace detail

/// Sends `m` to `to` after `time`.
template <class M>
timer send_after(time_span time, const pid& to, M&& m) {
    return detail::add_timer(time, to,
                             detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// Sends `m` after `time` to whoever has the name then.
template <class M>
timer send_after(time_span time, std::string_view to, M&& m) {
    return detail::add_timer(time, to,
                             detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// Sends `timeout_message{timer, m}` to `to` after `time`.
template <class M>
timer start_timer(time_span time, const pid& to, M&& m) {
    return detail::add_wrapping_timer(
        time, to, detail::owned_message{detail::make_message(std::forward<M>(m))});
}

/// The time that was left, or nothing if it has fired, was cancelled, or its process has ended.
/// Then its message may be in the mailbox already.
std::optional<std::chrono::nanoseconds> cancel_timer(timer which);
/// The time that is left, or nothing.
[[nodiscard]] std::optional<std::chrono::nanoseconds> read_timer(timer which);

}  // namespace coppice

#pragma GCC visibility pop
