// SPDX-License-Identifier: Apache-2.0
// Several calls of gen_servers at a time.
//
//     function                           OTP                        gives
//     send_request(server, m)            gen_server:send_request    a `request_id`, at once
//     receive_response(id, time)         receive_response           the reply; a late request is abandoned
//     wait_response(id, time)            wait_response              the reply; a late request goes on
//     check_response(message, id)        check_response             whether the message is the response
//     all(a.call(x), b.call(y))          -                          all replies, as a tuple
//     any(a.call(x), b.call(y))          -                          the first reply
//     multi_call(servers, m, time)       multi_call                 the replies, and the servers without one
//     call_over_restarts(server, m, t)   -                          the reply, perhaps of the restarted server
//
// A response is a message, so a process that sends a request goes on with its work. A gen_server takes
// responses by a `handle_info(response_message)`, which its `info_messages` lists, and passes each response to
// `check_response`. A `request_collection` holds requests with labels, and tells which request was answered.
//
//     const auto price = send_request(prices, get{"tea"});
//     …
//     const response<int> tea = co_await receive_response(price, 2s);
//
// Threads    Inside a process.
// Blocking   The waits are awaited. `send_request` and `check_response` never block.
// Ownership  A `request_id` is a value that keeps nothing alive. Only the sender receives the response. `all`
//            and `any` take the calls over.
// Errors     A failed request is an `std::unexpected` with `{why, server}`, or with `timeout`. `all` and `any`
//            fail as their calls do: the caller exits for a `call`, and gets the reason for a `try_call`.
// Cost       A request sends two signals, as a call does, and its response allocates one message. A wait for a
//            response examines each message of the mailbox once.
// Semantics  Erlang's gen_server; docs/differences.md lists the differences. docs/decisions/027.
// Today      The spans of telemetry.hpp cover single calls only.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/several_calls.hpp"
#include "coppice/gen_server.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The outcome of a request: the reply, or why there is none. `timeout` alone: no reply in time.
/// `{why, server}`: the server ended, or does not exist.
template <class R>
using response = std::expected<R, exit_reason>;

/// A request that was sent. Default-constructed: no request, which nothing answers.
template <class R>
class request_id {
  public:
    /// No request.
    request_id() = default;
    /// Made by `send_request`.
    request_id(ref which, address to) : which_{which}, to_{std::move(to)} {}
    /// False for no request. True does not mean that the response is still to come.
    explicit operator bool() const noexcept { return static_cast<bool>(which_); }
    /// The ref in the `response_message`, and the address of the server.
    ref which() const noexcept { return which_; }
    const address& to() const noexcept { return to_; }
    /// The same request.
    bool operator==(const request_id& other) const noexcept { return which_ == other.which_; }

  private:
    ref which_;
    address to_;
};

/// Why a wait for a collection gives no response: the collection is empty, the time is over, or the message
/// answers no request of the collection.
enum class no_response : std::uint8_t { no_request, timeout, no_reply };
/// `no_request`, `timeout` or `no_reply`.
[[nodiscard]] std::string_view to_string(no_response why) noexcept;

/// The response to one request of a collection.
template <class R, class Label>
struct labelled_response {
    response<R> outcome;  ///< As of a single request.
    Label label;          ///< Given to `add`.
};

namespace detail {

enum class if_late : bool { go_on, abandon };
/// Where the request is, or would be, in a list in ascending order.
std::size_t place_among(const std::vector<ref>& all, ref which) noexcept;
/// The first response to one of the requests, which are in ascending order. Late: an empty reference.
task<response_message> response_to(std::vector<ref> of, nanoseconds timeout, if_late then);

template <class R>
response<R> outcome_of(response_message&& got, const address& to) {
    if (!got.request) {
        return std::unexpected(reason::timeout);
    }
    if (!got.reply) {
        return std::unexpected(exit_reason::tuple(std::move(got.why), term_of(to)));
    }
    if constexpr (std::is_void_v<R>) {
        return {};
    } else {
        return moved_reply<R>(*got.reply.node());
    }
}

template <class R>
task<response<R>> outcome_within(request_id<R> of, nanoseconds timeout, if_late then) {
    std::vector<ref> one{of.which()};
    auto waiting = response_to(std::move(one), timeout, then);
    response_message got = co_await waiting;
    co_return outcome_of<R>(std::move(got), of.to());
}

}  // namespace detail

/// Requests whose replies have one type, each with a label.
template <class R, class Label = std::string>
class request_collection {
  public:
    /// A request with its label.
    using entry = std::pair<request_id<R>, Label>;

    /// Throws `badarg_error` for a request that is already in the collection, and for no request.
    void add(request_id<R> added, Label label) {
        const std::size_t at = detail::place_among(requests_, added.which());
        if (!added || (at < size() && requests_[at] == added.which())) {
            throw badarg_error{"request_collection: the request is empty, or already added"};
        }
        const auto offset = static_cast<std::ptrdiff_t>(at);
        requests_.insert(requests_.begin() + offset, added.which());
        entries_.insert(entries_.begin() + offset, entry{std::move(added), std::move(label)});
    }
    /// The number of requests that are not answered yet.
    std::size_t size() const noexcept { return requests_.size(); }
    /// Oldest request first.
    const std::vector<entry>& to_list() const noexcept { return entries_; }

    /// For the functions below: the requests in ascending order, the outcome of one, and the end of all.
    const std::vector<ref>& requests() const noexcept { return requests_; }
    std::expected<labelled_response<R, Label>, no_response> take(response_message&& got) {
        const std::size_t at = detail::place_among(requests_, got.request);
        if (at == size() || requests_[at] != got.request) {
            return std::unexpected(got.request ? no_response::no_reply : no_response::timeout);
        }
        const auto offset = static_cast<std::ptrdiff_t>(at);
        labelled_response<R, Label> out{
            detail::outcome_of<R>(std::move(got), entries_[at].first.to()),
            std::move(entries_[at].second)};
        requests_.erase(requests_.begin() + offset);
        entries_.erase(entries_.begin() + offset);
        return out;
    }
    void clear() noexcept {
        requests_.clear();
        entries_.clear();
    }

  private:
    std::vector<ref> requests_;   ///< In ascending order.
    std::vector<entry> entries_;  ///< In the same order.
};

/// Sends a request to a server without waiting. The response arrives as a `response_message`.
template <class T, class M>
auto send_request(const server<T>& to, M&& m) {
    using message = std::decay_t<M>;
    detail::require_call_handler<T, message>();
    detail::require_message<message>();
    detail::owned_message request{new detail::call_message<T, message>(std::forward<M>(m))};
    const ref which = detail::begin_request(to.whereis(), std::move(request));
    return request_id<typename server<T>::template reply_for<M>>{which, to.where()};
}

/// Waits for the response to a request. After the time the request is abandoned: its response never arrives.
/// A response is received once; a second wait for it ends with the time.
template <class R>
[[nodiscard("co_await it")]] task<response<R>> receive_response(request_id<R> of,
                                                                time_span timeout = no_timeout) {
    return detail::outcome_within<R>(std::move(of), timeout, detail::if_late::abandon);
}
/// As `receive_response`, but after the time the request goes on and may be waited for again.
template <class R>
[[nodiscard("co_await it")]] task<response<R>> wait_response(request_id<R> of,
                                                             time_span timeout = no_timeout) {
    return detail::outcome_within<R>(std::move(of), timeout, detail::if_late::go_on);
}

/// Takes the outcome out of the message if the message is the response to the request. Else returns nothing,
/// and the message is unchanged.
template <class R>
[[nodiscard]] std::optional<response<R>> check_response(response_message& m,
                                                        const request_id<R>& of) {
    if (!of || m.request != of.which()) {
        return std::nullopt;
    }
    return detail::outcome_of<R>(std::move(m), of.to());
}
/// The same for a message of any type.
template <class R>
[[nodiscard]] std::optional<response<R>> check_response(any_message& m, const request_id<R>& of) {
    response_message* const got = m.get<response_message>();
    return got == nullptr ? std::nullopt : check_response(*got, of);
}

namespace detail {

template <class R, class Label>
task<std::expected<labelled_response<R, Label>, no_response>> outcome_within(
    request_collection<R, Label>& of, nanoseconds timeout, if_late then) {
    if (of.size() == 0) {
        co_return std::unexpected(no_response::no_request);
    }
    auto waiting = response_to(of.requests(), timeout, then);
    response_message got = co_await waiting;
    if (!got.request && then == if_late::abandon) {
        of.clear();
    }
    co_return of.take(std::move(got));
}

}  // namespace detail

/// Waits for the next response to a request of the collection, and removes that request from the collection.
/// After the time all requests are abandoned, and the collection is empty. The collection outlives the wait.
template <class R, class Label>
[[nodiscard("co_await it")]] auto receive_response(request_collection<R, Label>& of,
                                                   time_span timeout = no_timeout) {
    return detail::outcome_within(of, timeout, detail::if_late::abandon);
}
/// As `receive_response`, but after the time all requests go on.
template <class R, class Label>
[[nodiscard("co_await it")]] auto wait_response(request_collection<R, Label>& of,
                                                time_span timeout = no_timeout) {
    return detail::outcome_within(of, timeout, detail::if_late::go_on);
}
/// Takes the outcome out of the message, and the request out of the collection. `no_reply`, and the message is
/// unchanged, if the message answers no request of the collection.
template <class R, class Label>
[[nodiscard]] std::expected<labelled_response<R, Label>, no_response> check_response(
    response_message& m, request_collection<R, Label>& of) {
    if (of.size() == 0) {
        return std::unexpected(no_response::no_request);
    }
    return of.take(std::move(m));
}

/// Makes all calls at the same time and waits for all of them. The awaited result is a tuple: for a `call` the
/// reply, for a `try_call` its `std::expected`, and for a reply without content a `std::monostate`. The first
/// `call` that fails ends the caller, and the other calls are abandoned. The time of each call begins with
/// the await.
template <class... Calls>
    requires(sizeof...(Calls) > 0 && (detail::a_call<std::remove_cvref_t<Calls>> && ...))
[[nodiscard("co_await it")]] auto all(Calls&&... calls) {
    return detail::await_all<std::remove_cvref_t<Calls>...>(detail::taken_together(calls...));
}

/// The reply that came first.
template <class R>
struct any_reply {
    std::size_t index = 0;  ///< Which call was answered, counted from 0.
    R value;                ///< The reply.
};
/// The same for a reply without content.
template <>
struct any_reply<void> {
    std::size_t index = 0;  ///< Which call was answered, counted from 0.
};

namespace detail {

template <class R, class Policy>
auto any_reply_of(const first_reply& got) {
    constexpr bool exits = std::is_same_v<Policy, or_exit>;
    using result =
        std::conditional_t<exits, any_reply<R>, std::expected<any_reply<R>, exit_reason>>;
    if (got.reply == nullptr) {
        if constexpr (exits) {
            exit_with(got.why);
        } else {
            return result{std::unexpected(got.why)};
        }
    }
    if constexpr (std::is_void_v<R>) {
        return result{any_reply<R>{got.number}};
    } else {
        return result{any_reply<R>{got.number, moved_reply<R>(*got.reply)}};
    }
}

template <class R, class Policy>
task<decltype(any_reply_of<R, Policy>(std::declval<const first_reply&>()))> await_any(
    several_calls calls, std::size_t count) {
    auto waiting = first_of(std::move(calls), count);
    const first_reply got = co_await waiting;
    co_return any_reply_of<R, Policy>(got);
}

}  // namespace detail

/// Makes all calls at the same time and waits for the first reply. The other calls are abandoned: their
/// servers still handle the requests. The calls have one reply type, and all are `call` or all are `try_call`.
/// The awaited result is an `any_reply`, for `try_call` in a `std::expected`. A failed call counts only if all
/// calls fail: the last failure is the result.
template <class First, class... Rest>
    requires(detail::a_call<std::remove_cvref_t<First>> &&
             (detail::a_call<std::remove_cvref_t<Rest>> && ...))
[[nodiscard("co_await it")]] auto any(First&& first, Rest&&... rest) {
    using call = std::remove_cvref_t<First>;
    static_assert((std::is_same_v<std::remove_cvref_t<Rest>, call> && ...),
                  "the calls of any have one reply type, and all are `call` or all are `try_call`");
    return detail::await_any<typename call::reply, typename call::policy>(
        detail::taken_together(first, rest...), 1 + sizeof...(Rest));
}

/// The replies of several servers to one request, both lists in the order of the servers.
template <class T, class R>
struct multi_reply {
    /// A server and its reply; a `std::monostate` for a reply without content.
    std::vector<std::pair<server<T>, detail::reply_value<R>>> replies;
    std::vector<server<T>> bad;  ///< Ended, not there, or too late.
};

/// Makes the same call to all servers at the same time. The caller never exits. After the time the calls that
/// are not answered are abandoned. OTP's servers have one name on several nodes; these have any address.
template <class T, class M>
[[nodiscard("co_await it")]] auto multi_call(std::vector<server<T>> to, M&& m,
                                             time_span timeout = no_timeout) {
    detail::require_safe_arguments<M>();
    return detail::call_all<T, std::decay_t<M>>(std::move(to), std::forward<M>(m), timeout);
}

/// Calls a server by name, and calls again while the server ends, restarts or is not registered. `within` is
/// the time for all attempts together. The result is the reply, or the failure of the last attempt. A server
/// that ended may have carried out the request before, so the request has to be one that may be carried out
/// twice. A handle by pid has one attempt, because a process that has ended never returns.
template <class T, class M>
[[nodiscard("co_await it")]] auto try_call_over_restarts(server<T> to, M&& m,
                                                         time_span within = default_call_timeout) {
    detail::require_safe_arguments<M>();
    return detail::call_repeatedly<T, std::decay_t<M>>(std::move(to), std::forward<M>(m), within);
}
/// As `try_call_over_restarts`, but the caller exits with the failure.
template <class T, class M>
[[nodiscard("co_await it")]] auto call_over_restarts(server<T> to, M&& m,
                                                     time_span within = default_call_timeout) {
    detail::require_safe_arguments<M>();
    return detail::call_repeatedly_or_exit<T, std::decay_t<M>>(std::move(to), std::forward<M>(m),
                                                               within);
}

}  // namespace coppice

#pragma GCC visibility pop
