// SPDX-License-Identifier: Apache-2.0
// Which messages the class of a gen_server handles, and the checks of its members at compile time.

#pragma once

#include <type_traits>
#include <utility>

#include "coppice/detail/server_state.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/message.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The list of messages that a server accepts from plain sends, see gen_server.hpp.
template <class... Ms>
struct messages {};

/// The message of `timeout_after`.
struct timeout {};

}  // namespace coppice

namespace coppice::detail {

template <class T>
struct unwrapped {
    using type = T;
};
template <class T>
struct unwrapped<task<T>> {
    using type = T;
};

template <class T, class M>
concept answers_call = requires(T& t) { t.handle_call(std::declval<M>()); };
template <class M>
concept names_reply = requires { typename M::reply; };
template <class T, class M>
concept defers_call = names_reply<M> && requires(T& t) {
    t.handle_call(std::declval<M>(), std::declval<reply_to<typename M::reply>>());
};

template <class T, class M>
inline constexpr bool handles_call = answers_call<T, M> || defers_call<T, M>;
template <class T, class M>
constexpr void require_call_handler() {
    static_assert(
        names_reply<M> || handles_call<T, M>,
        "this server has no handle_call for this message (one that takes a reply_to<R> besides "
        "needs a message with `using reply = R;`)");
    static_assert(!names_reply<M> || handles_call<T, M>,
                  "this server has neither handle_call(M) nor handle_call(M, reply_to<M::reply>)");
}
template <class T, class M>
inline constexpr bool handles_cast = requires(T& t) { t.handle_cast(std::declval<M>()); };
template <class T, class M>
inline constexpr bool handles_info = requires(T& t) { t.handle_info(std::declval<M>()); };

template <class T, class M>
struct reply_type_of {
    using type = void;  // no handler: a static_assert reports the error
};
template <class T, class M>
    requires answers_call<T, M>
struct reply_type_of<T, M> {
    using type = std::remove_cvref_t<
        typename unwrapped<decltype(std::declval<T&>().handle_call(std::declval<M>()))>::type>;
};
template <class T, class M>
    requires(!answers_call<T, M> && defers_call<T, M>)
struct reply_type_of<T, M> {
    using type = typename M::reply;
};
template <class T, class M>
using reply_type = typename reply_type_of<T, M>::type;

// The messages that plain sends may bring.
template <class F>
struct handler_argument;
template <class C, class R, class A>
struct handler_argument<R (C::*)(A)> {
    using type = messages<std::remove_cvref_t<A>>;
};
template <class C, class R, class A>
struct handler_argument<R (C::*)(A) const> : handler_argument<R (C::*)(A)> {};
template <class C, class R, class A>
struct handler_argument<R (C::*)(A) noexcept> : handler_argument<R (C::*)(A)> {};
template <class C, class R, class A>
struct handler_argument<R (C::*)(A) const noexcept> : handler_argument<R (C::*)(A)> {};

struct has_handle_info {
    void handle_info();
};
/// A member name found in two bases is ambiguous. So `&with_handle_info<T>::handle_info` is ill-formed
/// exactly if T has a member with that name too.
template <class T>
struct with_handle_info : T, has_handle_info {};
template <class T>
concept names_handle_info =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &with_handle_info<T>::handle_info; };

template <class T>
concept one_handle_info = requires { &T::handle_info; };
template <class T>
concept lists_info_messages = requires { typename T::info_messages; };

template <class T>
constexpr auto plain_messages() {
    if constexpr (lists_info_messages<T>) {
        return typename T::info_messages{};
    } else if constexpr (one_handle_info<T>) {
        return typename handler_argument<decltype(&T::handle_info)>::type{};
    } else {
        static_assert(!names_handle_info<T>,
                      "this server has several handle_info: list the messages that plain sends may "
                      "bring, as in `using info_messages = coppice::messages<tick, tock>;` (it may "
                      "be empty)");
        return messages<>{};
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
