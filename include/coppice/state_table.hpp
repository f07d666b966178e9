// SPDX-License-Identifier: Apache-2.0
// The table of a gen_statem: which state handles which event, and where each callback may go. The table is
// read from the types of the callbacks, so it cannot differ from the program. The class lists its events:
//
//     using events = coppice::messages<code, lock>;
//
// A template `handle_cast(auto, M)` counts for each state. The state of a machine with
// `handle_event_function` is a value: its callbacks stand in one column, "any state", and an arrow to another
// state leads to "any state" too.
//
// Threads    Any thread.
// Blocking   None.
// Ownership  Values.
// Errors     A class without `events` does not compile. An event that is not listed is missing in the table.
// Cost       O(states × events) time and memory.
// Today      The texts are for people and may change.

#pragma once

#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "coppice/detail/statem_callbacks.hpp"
#include "coppice/detail/statem_states.hpp"
#include "coppice/gen_statem.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A callback of a machine.
struct state_row {
    std::string state;              ///< The state that has the callback.
    std::string sort;               ///< call, cast, info, internal or timeout.
    std::string event;              ///< The type of the message, without its scope.
    std::vector<std::string> next;  ///< The states that the callback may choose; empty: stays.

    /// Equal in all fields.
    bool operator==(const state_row&) const = default;
};

/// The callbacks of a machine.
struct state_table {
    std::string machine;  ///< The name of the class.
    std::vector<std::string>
        states;  ///< In the order of the class; the first is the initial state.
    std::vector<std::string> enters;  ///< The states with an enter callback.
    std::vector<state_row> rows;      ///< By event in the order of `events`, then by state.
};

/// A Mermaid state diagram.
[[nodiscard]] std::string to_mermaid(const state_table& table);
/// A table in Markdown: a line for each event, a column for each state.
[[nodiscard]] std::string to_text(const state_table& table);

namespace detail {

inline constexpr std::string_view any_state = "any state";

template <class Decision>
struct arrows {
    static void add(std::vector<std::string>& /*out*/) {}
};
template <class... Chosen>
struct arrows<transition<Chosen...>> {
    static void add(std::vector<std::string>& out) {
        (out.push_back(std::is_empty_v<Chosen> ? state_name_of<Chosen>() : std::string{any_state}),
         ...);
    }
};
template <class R, class... Chosen>
struct arrows<replies<R, Chosen...>> : arrows<transition<Chosen...>> {};

template <event_sort Sort, class T, class S, class M>
void add_row(state_table& to, const std::string& state) {
    if constexpr (handles_in<Sort, T, S, M>) {
        constexpr std::string_view name = callback_name(Sort);
        state_row row{state,
                      std::string{name.substr(name.find('_') + 1)},
                      last_word(readable_type_name(typeid(M))),
                      {}};
        arrows<callback_result<Sort, T, S, M>>::add(row.next);
        to.rows.push_back(std::move(row));
    }
}
template <class T, class M, event_sort Sort, class... States>
void add_rows(state_table& to, const state_functions<States...>* /*of*/) {
    (add_row<Sort, T, States, M>(to, state_name_of<States>()), ...);
}
template <class T, class M, event_sort Sort, class S>
void add_rows(state_table& to, const handle_event_function<S>* /*of*/) {
    add_row<Sort, T, S, M>(to, std::string{any_state});
}
template <class T, class M>
void add_event_to(state_table& to) {
    constexpr const machine_of<T>* of = nullptr;
    add_rows<T, M, event_sort::call>(to, of);
    add_rows<T, M, event_sort::cast>(to, of);
    add_rows<T, M, event_sort::info>(to, of);
    add_rows<T, M, event_sort::internal>(to, of);
    add_rows<T, M, event_sort::timeout>(to, of);
}

template <class T, class... States>
void add_states(state_table& to, const state_functions<States...>* /*of*/) {
    (to.states.push_back(state_name_of<States>()), ...);
    const auto note = [&]<class S>(const S& /*state*/) {
        if constexpr (enters_somehow<T, S, States...>) {
            to.enters.push_back(state_name_of<S>());
        }
    };
    (note(state_object<States>), ...);
}
template <class T, class S>
void add_states(state_table& to, const handle_event_function<S>* /*of*/) {
    to.states.emplace_back(any_state);
    if constexpr (has_enter<T, S, S>) {
        to.enters.emplace_back(any_state);
    }
}

template <class T, class... Ms>
state_table make_state_table(messages<Ms...> /*listed*/) {
    static_assert(
        ((handles_event<event_sort::call, T, Ms> || handles_event<event_sort::cast, T, Ms> ||
          handles_event<event_sort::info, T, Ms> || handles_event<event_sort::internal, T, Ms> ||
          handles_event<event_sort::timeout, T, Ms>) &&
         ...),
        "events lists a message that has no callback in any state");
    state_table out{last_word(readable_type_name(typeid(T))), {}, {}, {}};
    add_states<T>(out, static_cast<const machine_of<T>*>(nullptr));
    (add_event_to<T, Ms>(out), ...);
    return out;
}

}  // namespace detail

/// The table of the class T.
template <class T>
[[nodiscard]] state_table table_of() {
    static_assert(detail::machine_class<T>,
                  "the class has no public member machine, see gen_statem.hpp");
    static_assert(
        requires { typename T::events; },
        "the class lists no events: `using events = coppice::messages<…>;`");
    return detail::make_state_table<T>(typename T::events{});
}

}  // namespace coppice

#pragma GCC visibility pop
