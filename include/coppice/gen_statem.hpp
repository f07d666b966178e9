// SPDX-License-Identifier: Apache-2.0
// gen_statem: a process that is a state machine. A class with a public member `machine` is a gen_statem, and
// is started, called, supervised and inspected as a gen_server is.
//
//     struct door {
//         struct locked {};                                     // a state is a type without fields
//         struct open {};
//         struct code { int digits; };                          // an event is a message
//         struct lock {};
//         coppice::state_functions<locked, open> machine;       // the current state; first: locked
//
//         coppice::transition<open> handle_cast(locked, code c) {
//             if (c.digits != 1234) return coppice::keep_state;
//             return coppice::next_state<open>();
//         }
//         void handle_enter(open) { coppice::state_timeout.after(this, 10s, lock{}); }
//         coppice::transition<locked> handle_timeout(open, lock) { return coppice::next_state<locked>(); }
//     };
//
//     member                              when, in a state S                               OTP
//     machine                             always: the callback mode and the current state  callback_mode
//     constructor, [init()]               the machine starts                               init
//     R handle_call(S, M)                 a call with M; R is the reply                    {reply, From, R}
//     replies<R, …> handle_call(S, M)     likewise, and a decision                         likewise
//     D handle_call(S, M, reply_to<R>)    a call with M; `reply(…)` or `then_reply(…)`     {call, From}
//                                         later, for an M with `using reply = R;`
//     D handle_cast(S, M)                 a cast with M                                    cast
//     D handle_info(S, M)                 a plain send of an M listed in `info_messages`;  info
//                                         an exit_message, down_message or any_message&
//     D handle_internal(S, M)             after `next_event(this, M)`                      internal
//     D handle_timeout(S, M)              a timeout with the content M                     state_timeout, …
//     D handle_enter(S, [before])         S has been entered; D is void or transition<>    enter
//     [void terminate(exit_reason)]       the machine stops                                terminate
//
// S is a state's type for `state_functions<…>`: each state has callbacks of its own. For a machine with
// `handle_event_function<E>`, S is the value of the state, of an enumeration or a class with equality. D, the
// decision, is `transition<States…>`, or void for `keep_state`. Each callback may return task<…> of its
// result and await; meanwhile the machine takes no event. A template, `handle_cast(auto, M)`, is a callback
// for all other states.
//
// The functions below are OTP's actions. They take effect when the callback has returned, in OTP's order:
// replies are sent, the new state is entered, postponed events are queued again if the state has changed, the
// timeouts start, and inserted events come before all others. `stop_with(why)` stops the machine after the
// callback has returned: of the actions only replies take effect, before `terminate`, and the state stays.
//
// An event without a callback in the current state ends the machine with `{function_clause, …}`, as in OTP; an
// event without a callback in any state does not compile. The content of an event is passed as an lvalue,
// because a postponed event comes again: take it by value to copy, or by reference.
//
// Threads    Inside a process. The functions below: in a callback of the machine, in its constructor or init.
// Blocking   None of the functions below waits.
// Ownership  The machine owns queued and postponed events and the contents of timeouts, until its end.
// Errors     As a gen_server. A negative time throws `badarg_error`. `postpone` and `next_event` in an enter
//            callback end the machine with `{bad_state_enter_action_from_state_function, …}`.
// Cost       An event costs what a cast to a gen_server costs, and each timeout one timer and one message. A
//            postponed or inserted event costs O(1), a change of state O(postponed events).
// Semantics  Erlang's gen_statem; docs/differences.md lists the differences of a C++ class.
// Today      A call from a process waits without limit by default, as in OTP; `runtime::call` waits 5 s.

#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/detail/statem_body.hpp"
#include "coppice/detail/statem_loop.hpp"
#include "coppice/detail/statem_states.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

template <event_sort Sort, class T, class M>
owned_message make_event(M&& m) {
    require_message<std::decay_t<M>>();
    static_assert(machine_class<T>, "the class has no public member machine, see gen_statem.hpp");
    static_assert(handles_event<Sort, T, std::decay_t<M>>,
                  "this machine has no callback for this event in any state");
    return owned_message{new statem_event<T, std::decay_t<M>, Sort>(std::forward<M>(m))};
}

template <event_sort Sort, class T, class M>
void insert_event(M&& m) {
    owned_message event = make_event<Sort, T>(std::forward<M>(m));
    if (statem_loop* const machine = current_machine()) {
        machine->add_event(std::move(event));
    }
}

}  // namespace detail

/// One of the timeouts of a machine. Starting a timeout that runs replaces it. The content comes to
/// `handle_timeout`. A machine has one `event_timeout`, one `state_timeout`, and a `generic_timeout` for each
/// name.
class machine_timeout {
  public:
    /// For the library: see the objects and the function below.
    constexpr explicit machine_timeout(detail::timeout_sort sort) noexcept : sort_{sort} {}
    constexpr machine_timeout(detail::timeout_sort sort, std::string_view name) noexcept
        : sort_{sort}, name_{name} {}

    /// Starts the timeout, to be due after `time`. Zero: the event comes before all messages of the mailbox,
    /// and after all events that are queued already. `no_timeout` cancels.
    template <class T, class M>
    void after(T* /*me*/, time_span time, M&& content) const {
        ask({key(), detail::timeout_action::kind::after, time,
             detail::make_event<detail::event_sort::timeout, T>(std::forward<M>(content))});
    }
    /// Starts the timeout, to be due when `monotonic_time()` reaches `time`: OTP's `{abs, true}`. A past time: at once.
    template <class T, class M>
    void at(T* /*me*/, time_span time, M&& content) const {
        ask({key(), detail::timeout_action::kind::at, time,
             detail::make_event<detail::event_sort::timeout, T>(std::forward<M>(content))});
    }
    /// Replaces the content and keeps the time. A timeout that does not run starts with a time of zero.
    template <class T, class M>
    void update(T* /*me*/, M&& content) const {
        ask({key(), detail::timeout_action::kind::update, detail::nanoseconds::zero(),
             detail::make_event<detail::event_sort::timeout, T>(std::forward<M>(content))});
    }
    /// Cancels the timeout, even if its time is already over. No effect on a timeout that does not run.
    void cancel() const {
        ask({key(), detail::timeout_action::kind::cancel, detail::nanoseconds::zero(), nullptr});
    }

  private:
    detail::timeout_key key() const { return {sort_, std::string{name_}}; }
    static void ask(detail::timeout_action asked);

    detail::timeout_sort sort_;
    std::string_view name_;
};

/// Ends with the next event, whichever it is: OTP's `{timeout, …}`.
inline constexpr machine_timeout event_timeout{detail::timeout_sort::event};
/// Ends with the next change of the state.
inline constexpr machine_timeout state_timeout{detail::timeout_sort::state};
/// Goes on over events and states: OTP's `{{timeout, Name}, …}`. `name` is read before the call returns, so
/// `generic_timeout("ping").after(…)` may take a temporary string.
[[nodiscard]] constexpr machine_timeout generic_timeout(std::string_view name) noexcept {
    return {detail::timeout_sort::generic, name};
}

/// Handles the current event again after the next change of the state. Until then the event waits.
void postpone();

/// Inserts an event: `handle_internal(m)` runs next, before all queued events. Of several inserted events the
/// first comes first.
template <class T, class M>
void next_event(T* /*me*/, M&& m) {
    detail::insert_event<detail::event_sort::internal, T>(std::forward<M>(m));
}
/// The same for an event of another sort: as if `m` had been cast, had been sent, or was the content of a
/// timeout that is over.
template <class T, class M>
void next_cast(T* /*me*/, M&& m) {
    detail::insert_event<detail::event_sort::cast, T>(std::forward<M>(m));
}
template <class T, class M>
void next_info(T* /*me*/, M&& m) {
    detail::insert_event<detail::event_sort::info, T>(std::forward<M>(m));
}
template <class T, class M>
void next_timeout(T* /*me*/, M&& m) {
    detail::insert_event<detail::event_sort::timeout, T>(std::forward<M>(m));
}
/// The same for a call: as if the process of `from` had made a call with `m`.
template <class T, class R, class M>
void next_call(T* /*me*/, const reply_to<R>& from, M&& m) {
    static_assert(std::is_same_v<R, detail::reply_type<T, std::decay_t<M>>>,
                  "the caller waits for a reply of another type");
    detail::owned_message event =
        detail::make_event<detail::event_sort::call, T>(std::forward<M>(m));
    event->from = from.address().client;
    event->tag = from.address().tag;
    if (detail::statem_loop* const machine = detail::current_machine()) {
        machine->add_event(std::move(event));
    }
}

/// Sends a reply when the callback has returned, and not if the callback throws. Before the reply no enter
/// callback and no `terminate` runs. `reply(to, value)` sends at once.
template <class R, class V>
void then_reply(const reply_to<R>& to, V&& value) {
    detail::require_message<R>();
    if (detail::statem_loop* const machine = detail::current_machine()) {
        machine->add_reply(to.address(), detail::owned_message{
                                             new detail::value_message<R>(std::forward<V>(value))});
    }
}
/// The same for a reply without a value.
void then_reply(const reply_to<void>& to);

/// Accepted for programs that are moved from OTP: a process of Coppice has no memory that it could give back
/// while it waits. No effect.
void hibernate();

}  // namespace coppice

#pragma GCC visibility pop
