// SPDX-License-Identifier: Apache-2.0
// Calls that run at the same time, and the waits for their replies.

#pragma once

#include <concepts>
#include <cstddef>
#include <expected>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/detail/call_wait.hpp"
#include "coppice/detail/response.hpp"
#include "coppice/fwd.hpp"
#include "coppice/process.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Defined in requests.hpp.
template <class T, class R>
struct multi_reply;

}  // namespace coppice

namespace coppice::detail {

/// Begins all calls at once and tells which call is done next. The destructor abandons the calls that are not.
class several_calls {
  public:
    explicit several_calls(std::vector<call_parts> parts);
    several_calls(several_calls&&) = default;
    several_calls& operator=(several_calls&&) = delete;
    ~several_calls();

    /// Sends all requests. The time of each call begins.
    void begin();
    /// The number of the next call that is done, counted from 0. Each call is done once.
    task<std::size_t> next_done();

    /// Of a call that is done. The reply, or null after a failure.
    owned_message take_reply(std::size_t number) { return std::move(calls_[number].reply); }
    bool has_failed(std::size_t number) const { return calls_[number].reply == nullptr; }
    /// `{why, {gen_server, call, […]}}`.
    exit_reason failure(std::size_t number);

  private:
    struct call {
        call_parts parts;
        const std::type_info* described_by = nullptr;  ///< Null: see `described`.
        std::string described;
        ref request;  ///< Empty unless the call is pending.
        nanoseconds deadline = forever;
        owned_message reply;
        exit_reason why;
    };

    void begin(call& begun, std::size_t number);
    void finish(std::size_t number, exit_reason why);
    void take(response_message& got);
    void expire();
    std::vector<ref> pending() const;
    nanoseconds time_left() const;

    std::vector<call> calls_;
    std::vector<std::size_t> done_;
    std::size_t told_ = 0;  ///< How many of `done_` have been told.
};

template <class Call>
concept a_call = std::derived_from<Call, call_wait> && requires {
    typename Call::reply;
    typename Call::policy;
};

template <class R>
R moved_reply(message_node& reply) {
    if constexpr (!std::is_void_v<R>) {
        return std::move(*static_cast<R*>(reply.type->payload(reply)));
    }
}

/// The reply as a value: a reply without content is a `std::monostate`.
template <class R>
using reply_value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
template <class R>
reply_value<R> value_in(message_node& reply) {
    if constexpr (std::is_void_v<R>) {
        return {};
    } else {
        return moved_reply<R>(reply);
    }
}

/// What `all` gives for one call.
template <class Call>
struct outcome_of_call {
    using type = reply_value<typename Call::reply>;
    static constexpr bool exits = true;
    static type take(several_calls& from, std::size_t number) {
        const owned_message reply = from.take_reply(number);
        return value_in<typename Call::reply>(*reply);
    }
};
template <class Call>
    requires std::same_as<typename Call::policy, or_error>
struct outcome_of_call<Call> {
    using type = std::expected<typename Call::reply, exit_reason>;
    static constexpr bool exits = false;
    static type take(several_calls& from, std::size_t number) {
        const owned_message reply = from.take_reply(number);
        if (reply == nullptr) {
            return std::unexpected(from.failure(number));
        }
        if constexpr (std::is_void_v<typename Call::reply>) {
            return {};
        } else {
            return moved_reply<typename Call::reply>(*reply);
        }
    }
};

template <class... Calls, std::size_t... I>
std::tuple<typename outcome_of_call<Calls>::type...> outcomes(several_calls& from,
                                                              std::index_sequence<I...> /*n*/) {
    return {outcome_of_call<Calls>::take(from, I)...};
}

template <class... Calls>
several_calls taken_together(Calls&... calls) {
    std::vector<call_parts> parts;
    parts.reserve(sizeof...(Calls));
    (parts.push_back(calls.take_parts()), ...);
    return several_calls{std::move(parts)};
}

template <class... Calls>
task<std::tuple<typename outcome_of_call<Calls>::type...>> await_all(several_calls calls) {
    static constexpr bool exits[] = {outcome_of_call<Calls>::exits...};
    calls.begin();
    for (std::size_t left = sizeof...(Calls); left > 0; --left) {
        auto waiting = calls.next_done();
        const std::size_t done = co_await waiting;
        if (exits[done] && calls.has_failed(done)) {
            exit_with(calls.failure(done));
        }
    }
    co_return outcomes<Calls...>(calls, std::index_sequence_for<Calls...>{});
}

/// The first reply; the number of the calls, and then the last failure, if no call is answered.
struct first_reply {
    std::size_t number = 0;
    owned_message reply;
    exit_reason why;
};
task<first_reply> first_of(several_calls calls, std::size_t count);

/// Between two attempts of a call. Doubled after each attempt, up to the second.
inline constexpr nanoseconds first_pause = std::chrono::milliseconds{1};
inline constexpr nanoseconds longest_pause = std::chrono::milliseconds{100};

/// The pause, but at most half of the time that is left, and at least the first pause.
nanoseconds pause_within(nanoseconds pause, nanoseconds left) noexcept;
/// Whether another attempt may succeed and has the time.
bool is_worth_repeating(const exit_reason& failure, const address& to, nanoseconds left);

/// The coroutine of `multi_call`.
template <class T, class M, class Reply = typename server<T>::template reply_for<M>>
task<multi_reply<T, Reply>> call_all(std::vector<server<T>> to, M m, nanoseconds timeout) {
    static_assert(std::is_copy_constructible_v<M>, "each server receives a copy of the message");
    std::vector<call_parts> parts;
    for (const server<T>& each : to) {
        parts.push_back(
            {owned_message{server<T>::make_call(std::as_const(m))}, each.target(), timeout});
    }
    several_calls calls{std::move(parts)};
    calls.begin();
    for (std::size_t left = to.size(); left > 0; --left) {
        auto waiting = calls.next_done();
        co_await waiting;
    }
    multi_reply<T, Reply> out;
    for (std::size_t number = 0; number < to.size(); ++number) {
        const owned_message got = calls.take_reply(number);
        if (got == nullptr) {
            out.bad.push_back(std::move(to[number]));
        } else {
            out.replies.emplace_back(std::move(to[number]), value_in<Reply>(*got));
        }
    }
    co_return out;
}

/// The coroutine of `try_call_over_restarts`.
template <class T, class M, class Reply = typename server<T>::template reply_for<M>>
task<std::expected<Reply, exit_reason>> call_repeatedly(server<T> to, M m, nanoseconds within) {
    static_assert(std::is_copy_constructible_v<M>, "each attempt sends a copy of the message");
    const nanoseconds deadline = time_after(within);
    nanoseconds pause = first_pause;
    for (;;) {
        auto calling = to.try_call(std::as_const(m), time_until(deadline));
        auto got = co_await calling;
        const nanoseconds left = time_until(deadline);
        if (got || !is_worth_repeating(got.error(), to.where(), left)) {
            co_return got;
        }
        auto pausing = sleep(pause_within(pause, left));
        co_await pausing;
        pause = pause_within(2 * pause, 2 * longest_pause);
    }
}
template <class T, class M, class Reply = typename server<T>::template reply_for<M>>
task<Reply> call_repeatedly_or_exit(server<T> to, M m, nanoseconds within) {
    auto calling = call_repeatedly<T, M>(std::move(to), std::move(m), within);
    auto got = co_await calling;
    if (!got) {
        exit_with(std::move(got).error());
    }
    if constexpr (!std::is_void_v<Reply>) {
        co_return std::move(*got);
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
