// SPDX-License-Identifier: Apache-2.0
// Sends a message again and again.
//
//     const interval beat = send_interval(5s, self(), tick{});
//     …
//     cancel_interval(beat);
//
// The first message is sent after one interval, and the n-th after n intervals: a late message delays none of
// the next. The messages end with the process that the address means at the start, also for a name, and not
// with the process that starts them.
//
// Threads    Inside a process.
// Blocking   None.
// Ownership  An `interval` is a value that keeps nothing alive. Each message is a copy.
// Errors     Throws `badarg_error` for a time of zero or less, and for a name that no process has.
// Cost       One process per interval, which sleeps between two messages.
// Semantics  Erlang's timer:send_interval; docs/differences.md lists the differences.

#pragma once

#include <type_traits>
#include <utility>

#include "coppice/address.hpp"
#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Identifies repeated messages. Default-constructed: none.
class interval {
  public:
    /// None.
    interval() = default;
    /// Made by `send_interval`.
    explicit interval(const pid& sender) noexcept : sender_{sender} {}
    /// False for none. True does not mean that messages are still sent.
    explicit operator bool() const noexcept { return static_cast<bool>(sender_); }
    /// The process that sends the messages.
    pid sender() const noexcept { return sender_; }
    /// The same messages.
    bool operator==(const interval&) const noexcept = default;

  private:
    pid sender_;
};

namespace detail {

/// The process that the address means; empty for a dead caller. Throws `badarg_error` as `send_interval`.
pid receiver_of_interval(const address& to, nanoseconds every);
/// Sends on behalf of the interval: waits for the next due time, or until the receiver ends. True: due.
task<bool> next_beat(nanoseconds due);

template <class M>
task<> keep_sending(pid to, M message, nanoseconds every) {
    monitor(to);
    for (nanoseconds due = time_after(every);; due += every) {
        auto waiting = next_beat(due);
        const bool is_due = co_await waiting;
        if (!is_due) {
            co_return;
        }
        send(to, std::as_const(message));
    }
}

}  // namespace detail

/// Sends a copy of `m` after each `every`, until the receiver ends or the interval is cancelled.
template <class M>
interval send_interval(time_span every, const address& to, M&& m) {
    using message = detail::kept_t<M>;
    static_assert(std::is_copy_constructible_v<message>, "each message of an interval is a copy");
    const pid receiver = detail::receiver_of_interval(to, every);
    if (!receiver) {
        return {};
    }
    return interval{spawn(&detail::keep_sending<message>, receiver, message(std::forward<M>(m)),
                          every.value())};
}

/// Ends the messages. A message that is on its way still arrives. No effect on an interval that has ended.
void cancel_interval(const interval& which);

}  // namespace coppice

#pragma GCC visibility pop
