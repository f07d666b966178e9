// SPDX-License-Identifier: Apache-2.0
// Which callbacks the class of a gen_statem has, for each state and event, known at compile time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "coppice/detail/near_misses.hpp"
#include "coppice/detail/server_handlers.hpp"
#include "coppice/detail/statem_states.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The sorts of events, and of callbacks.
enum class event_sort : std::uint8_t { call, cast, info, internal, timeout };

/// How a class treats an event in a state.
enum class treatment : std::uint8_t {
    none,           ///< There is no callback.
    handles,        ///< The callback takes the state and the event.
    replies,        ///< Likewise; its result has the reply.
    replies_later,  ///< The callback takes a `reply_to` besides.
};

/// M is passed as an lvalue: the event has to stay whole, as the callback may postpone it.
template <event_sort Sort, class T, class S, class M>
constexpr treatment treatment_of() {
    if constexpr (Sort == event_sort::call) {
        if constexpr (requires(T& t, const S& s, M& m) { t.handle_call(s, m); }) {
            return treatment::replies;
        } else if constexpr (names_reply<M>) {
            if constexpr (requires(T& t, const S& s, M& m, const reply_to<typename M::reply>& to) {
                              t.handle_call(s, m, to);
                          }) {
                return treatment::replies_later;
            }
        }
    } else if constexpr (Sort == event_sort::cast) {
        if constexpr (requires(T& t, const S& s, M& m) { t.handle_cast(s, m); }) {
            return treatment::handles;
        }
    } else if constexpr (Sort == event_sort::info) {
        if constexpr (requires(T& t, const S& s, M& m) { t.handle_info(s, m); }) {
            return treatment::handles;
        }
    } else if constexpr (Sort == event_sort::internal) {
        if constexpr (requires(T& t, const S& s, M& m) { t.handle_internal(s, m); }) {
            return treatment::handles;
        }
    } else {
        if constexpr (requires(T& t, const S& s, M& m) { t.handle_timeout(s, m); }) {
            return treatment::handles;
        }
    }
    return treatment::none;
}
template <event_sort Sort, class T, class S, class M>
inline constexpr bool handles_in = treatment_of<Sort, T, S, M>() != treatment::none;

/// What a callback takes besides the state and the event.
template <treatment How, class M>
struct besides {
    using type = std::nullptr_t;
};
template <class M>
struct besides<treatment::replies_later, M> {
    using type = reply_to<typename M::reply>;
};

/// Calls the callback. Precondition: `handles_in`. Only a callback that takes a `reply_to` uses `to`.
template <event_sort Sort, class T, class S, class M, class To>
decltype(auto) call_back(T& t, const S& s, M& m, const To& to) {
    if constexpr (treatment_of<Sort, T, S, M>() == treatment::replies_later) {
        return t.handle_call(s, m, to);
    } else if constexpr (Sort == event_sort::call) {
        return t.handle_call(s, m);
    } else if constexpr (Sort == event_sort::cast) {
        return t.handle_cast(s, m);
    } else if constexpr (Sort == event_sort::info) {
        return t.handle_info(s, m);
    } else if constexpr (Sort == event_sort::internal) {
        return t.handle_internal(s, m);
    } else {
        return t.handle_timeout(s, m);
    }
}
/// The result of the callback. Precondition: `handles_in`.
template <event_sort Sort, class T, class S, class M>
using callback_result = typename unwrapped<std::remove_cvref_t<decltype(call_back<Sort, T, S, M>(
    std::declval<T&>(), std::declval<const S&>(), std::declval<M&>(),
    std::declval<const typename besides<treatment_of<Sort, T, S, M>(), M>::type&>()))>>::type;

/// Whether the class handles the event in any of its states.
template <event_sort Sort, class T, class M, class... States>
constexpr bool handles_anywhere(const state_functions<States...>* /*of*/) {
    return (handles_in<Sort, T, States, M> || ...);
}
template <event_sort Sort, class T, class M, class S>
constexpr bool handles_anywhere(const handle_event_function<S>* /*of*/) {
    return handles_in<Sort, T, S, M>;
}
template <event_sort Sort, class T, class M>
inline constexpr bool handles_event =
    handles_anywhere<Sort, T, M>(static_cast<const machine_of<T>*>(nullptr));

template <class R>
struct is_transition : std::false_type {};
template <class... States>
struct is_transition<transition<States...>> : std::true_type {};
template <class R>
struct is_replies : std::false_type {};
template <class R, class... States>
struct is_replies<replies<R, States...>> : std::true_type {};

/// The reply in the result of a `handle_call` that replies.
template <class R>
struct reply_in {
    using type = R;
};
template <class R, class... States>
struct reply_in<replies<R, States...>> {
    using type = R;
};

/// The type of the reply to a call: M's `reply` if present, else of the first state that handles the call.
template <class T, class M, class S, class... More>
auto find_reply() {
    if constexpr (treatment_of<event_sort::call, T, S, M>() == treatment::replies) {
        using result = callback_result<event_sort::call, T, S, M>;
        return std::type_identity<typename reply_in<result>::type>{};
    } else if constexpr (sizeof...(More) > 0) {
        return find_reply<T, M, More...>();
    } else {
        return std::type_identity<void>{};  // no callback: a static_assert reports the error
    }
}
template <class T, class M, class... States>
auto find_reply_in(const state_functions<States...>* /*of*/) {
    return find_reply<T, M, States...>();
}
template <class T, class M, class S>
auto find_reply_in(const handle_event_function<S>* /*of*/) {
    return find_reply<T, M, S>();
}

// What server<T> asks of a class, see server_handlers.hpp.
template <machine_class T, class M>
inline constexpr bool handles_call<T, M> = handles_event<event_sort::call, T, M>;
template <machine_class T, class M>
inline constexpr bool handles_cast<T, M> = handles_event<event_sort::cast, T, M>;
template <machine_class T, class M>
inline constexpr bool handles_info<T, M> = handles_event<event_sort::info, T, M>;

template <machine_class T, class M>
struct reply_type_of<T, M> {
    using type =
        typename decltype(find_reply_in<T, M>(static_cast<const machine_of<T>*>(nullptr)))::type;
};
template <machine_class T, names_reply M>
struct reply_type_of<T, M> {
    using type = typename M::reply;
};

// Enter callbacks.
template <class T, class S, class Before>
concept enters_from = requires(T& t, const S& s, const Before& p) { t.handle_enter(s, p); };
template <class T, class S>
concept enters = requires(T& t, const S& s) { t.handle_enter(s); };
template <class T, class S, class Before>
inline constexpr bool has_enter = enters_from<T, S, Before> || enters<T, S>;

template <class T, class S, class... Before>
inline constexpr bool enters_somehow = (has_enter<T, S, Before> || ...);
template <class T, class... States>
constexpr bool enters_any(const state_functions<States...>* /*of*/) {
    return (enters_somehow<T, States, States...> || ...);
}
template <class T, class S>
constexpr bool enters_any(const handle_event_function<S>* /*of*/) {
    return has_enter<T, S, S>;
}

/// Likely misspellings, and callbacks of a gen_server.
struct statem_members {
    void handle_enter();
    void handle_event();
    void handle_continue();
    void callback_mode();
    void state_enter();
};
template <class T>
struct with_statem_members : T, statem_members {};

template <class T>
constexpr void require_machine_members() {
    if constexpr (!std::is_final_v<T>) {
        using both = with_statem_members<T>;
        if constexpr (!requires { &both::handle_enter; }) {
            static_assert(
                enters_any<T>(static_cast<const machine_of<T>*>(nullptr)),
                "handle_enter of this machine is never called: it is public and takes the "
                "state that is entered, and, if wanted, the state before");
        }
        if constexpr (!means_its_names<T>) {
            static_assert(
                requires { &both::handle_event; } && requires { &both::handle_continue; } &&
                    requires { &both::callback_mode; } && requires { &both::state_enter; },
                "this member is never called: events of a gen_statem come to handle_call, "
                "handle_cast, handle_info, handle_internal and handle_timeout, and the member "
                "machine tells the callback mode (or say names_are_meant, see gen_server.hpp)");
        }
        static_assert(
            !names_handle_info<T> || lists_info_messages<T>,
            "a machine with handle_info lists the messages that plain sends may bring, as "
            "in `using info_messages = coppice::messages<tick, tock>;` (it may be empty)");
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
