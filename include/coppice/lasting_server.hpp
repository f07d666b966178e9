// SPDX-License-Identifier: Apache-2.0
// A handle to a named server that outlives restarts and knows the incarnation: OTP has names only, and a sender
// does not learn of messages that an ended process has not handled.
//
//     lasting_server<store> s{"store"};
//     co_await s.wait_until_running(10s);
//     s.cast(row);                                         // to the incarnation that runs now
//     const auto sum = co_await s.call(get_sum{}, 5s);     // over a restart, within 5 s
//     if (std::uint64_t lost = s.take_lost(); lost > 0) …  // up to `lost` casts were not handled
//
// An incarnation is one process under the name. The handle looks the name up in each
// function, and counts the incarnations. Mail counts as lost if its incarnation ended before a call of this handle
// that came later was answered: since the order of one sender is kept, an answered call proves that all
// earlier casts were handled.
//
// A call is repeated until the limit while no process has the name, or the process ended before the request
// arrived: the request was not handled then. If the process ends after the request arrived, the request may
// have been handled. A call then fails with the reason of the end; `call_again` repeats the request, which
// may be handled twice.
//
// Threads    Inside one process, one function at a time.
// Blocking   Awaited, with a limit.
// Ownership  Keeps nothing alive. The handle must outlive the tasks that it returns.
// Errors     `timeout` if no answer came within the limit, `calling_self`, or the reason of the server's end.
// Cost       A look-up for each function. A wait looks again after 1 ms, and then less and less often, up to
//            every 50 ms. The message of a call is copied for each try.

#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/detail/chrono.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/process.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The part of a `lasting_server` that does not depend on the class of the server.
class lasting_name {
  public:
    /// The process that has the name, from now on.
    explicit lasting_name(std::string name) : name_{std::move(name)} {}

    /// The name.
    const std::string& name() const noexcept { return name_; }
    /// Looks the name up. Empty if no process has the name.
    pid process();
    /// The number of incarnations that this handle has met; 0 before the first.
    std::uint64_t incarnation();
    /// The casts to the present incarnation for which no later call has been answered.
    std::uint64_t unconfirmed();
    /// The casts of which it is not known whether they were handled, since the last call of this function.
    std::uint64_t take_lost();

    /// Waits until a process has the name. Error: `timeout`.
    task<std::expected<pid, exit_reason>> wait_until_running(time_span limit);
    /// Waits for the next incarnation after the one that this handle has met last. Error: `timeout`.
    task<std::expected<pid, exit_reason>> wait_until_restarted(time_span limit);

  protected:
    /// For `lasting_server`: notes a cast to the present process.
    void sent() noexcept { ++unconfirmed_; }
    /// Notes that `answered` has answered a call.
    void confirmed(const pid& answered) noexcept;

  private:
    std::string name_;
    pid met_;  ///< The incarnation met last, alive or not.
    std::uint64_t incarnation_ = 0;
    std::uint64_t unconfirmed_ = 0;
    std::uint64_t lost_ = 0;
};

namespace detail {

/// What a lasting handle does if the server ends during a call.
enum class after_end : std::uint8_t { fail, again };

/// The cause in the reason of a failed call, without the description of the call.
exit_reason cause_of(const exit_reason& why);
/// Whether a call that failed for this cause is repeated. With `noproc` the request was surely not handled.
bool is_repeated(const exit_reason& cause, after_end then);
/// The pause before a call is repeated: at most until `end`.
nanoseconds pause_until(nanoseconds end);

}  // namespace detail

/// A handle to a server of class `T` by name, over restarts.
template <class T>
class lasting_server : public lasting_name {
  public:
    /// Looks nothing up yet.
    explicit lasting_server(std::string_view name) : lasting_name{std::string{name}} {}

    /// The result of `call`: the reply, or the reason of the failure.
    template <class M>
    using result_of = std::expected<typename server<T>::template reply_for<M>, exit_reason>;

    /// Casts to the process that has the name now. False, and nothing is sent, if no process has the name.
    template <class M>
    bool cast(M&& m) {
        const pid to = process();
        if (!to) {
            return false;
        }
        server<T>{to}.cast(std::forward<M>(m));
        sent();
        return true;
    }

    /// Calls, and waits for a process of the name if there is none. If the process ends during the call, the
    /// call fails with the reason of the end.
    template <class M>
        requires std::copy_constructible<M>
    task<result_of<M>> call(M m, time_span limit = default_call_timeout) {
        return call_until(std::move(m), limit, detail::after_end::fail);
    }
    /// As `call`, but repeats the request if the process ends during the call. For requests that may be
    /// handled twice.
    template <class M>
        requires std::copy_constructible<M>
    task<result_of<M>> call_again(M m, time_span limit = default_call_timeout) {
        return call_until(std::move(m), limit, detail::after_end::again);
    }

  private:
    template <class M>
    task<result_of<M>> call_until(M m, time_span limit, detail::after_end then) {
        const detail::nanoseconds end = detail::time_after(limit);
        for (;;) {
            auto waiting = wait_until_running(detail::time_until(end));
            const std::expected<pid, exit_reason> found = co_await waiting;
            if (!found) {
                co_return std::unexpected{found.error()};
            }
            const server<T> to{*found};
            auto calling = to.try_call(m, detail::time_until(end));
            result_of<M> result = co_await calling;
            if (result) {
                confirmed(*found);
                co_return result;
            }
            exit_reason cause = detail::cause_of(result.error());
            if (!detail::is_repeated(cause, then)) {
                co_return std::unexpected{std::move(cause)};
            }
            co_await sleep(detail::pause_until(end));
        }
    }
};

}  // namespace coppice

#pragma GCC visibility pop
