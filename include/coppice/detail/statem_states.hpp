// SPDX-License-Identifier: Apache-2.0
// The states of a gen_statem, and what a callback decides about the state.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coppice/exit_reason.hpp"
#include "coppice/show.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

template <class S>
struct starts_in {};
struct machine_access;

/// The position of S in a list of types. The length of the list if S is not in the list.
template <class S, class... Listed>
constexpr std::size_t position_of() {
    std::size_t out = 0;
    static_cast<void>(((std::is_same_v<S, Listed> ? false : (++out, true)) && ...));
    return out;
}
template <class S, class... Listed>
inline constexpr bool is_listed = (std::is_same_v<S, Listed> || ...);

/// `open` for the type `demo::door::open`.
inline std::string last_word(std::string name) {
    const std::size_t end = name.rfind("::", name.find('<'));
    return end == std::string::npos ? name : name.substr(end + 2);
}
template <class S>
std::string state_name_of() {
    return last_word(readable_type_name(typeid(S)));
}

/// The one object of a state type that callbacks receive, so that a coroutine may keep a reference.
template <class S>
inline constexpr S state_object{};

}  // namespace detail

/// The first state of a machine: `state_functions<locked, open> machine{in_state<open>};`.
template <class S>
inline constexpr detail::starts_in<S> in_state{};

/// The member `machine` of a gen_statem whose states are types: OTP's callback mode state_functions. Holds the
/// current state, which is the first of the list unless initialised with `in_state<S>`.
template <class... States>
class state_functions {
    static_assert(sizeof...(States) > 0, "a machine has at least one state");
    static_assert((std::is_empty_v<States> && ...),
                  "a state is a type without fields: data are members of the machine's class");
    static_assert((std::is_default_constructible_v<States> && ...),
                  "a state is a type with a public constructor that takes nothing");

  public:
    /// In the first state of the list.
    constexpr state_functions() noexcept = default;
    /// In the state S.
    template <class S>
    constexpr state_functions(
        detail::starts_in<S> /*first*/) noexcept  // NOLINT: machine = in_state<S>
        : index_{detail::position_of<S, States...>()} {
        static_assert(detail::is_listed<S, States...>, "this machine has no such state");
    }

    /// Whether the current state is S.
    template <class S>
    constexpr bool is() const noexcept {
        static_assert(detail::is_listed<S, States...>, "this machine has no such state");
        return index_ == detail::position_of<S, States...>();
    }
    /// The name of the current state's type, without its scope.
    std::string name() const {
        std::string out;
        static_cast<void>(
            ((is<States>() ? (out = detail::state_name_of<States>(), true) : false) || ...));
        return out;
    }

    /// Equal states.
    friend constexpr bool operator==(const state_functions&, const state_functions&) = default;
    /// As `name`.
    friend std::string to_string(const state_functions& m) { return m.name(); }

  private:
    friend struct detail::machine_access;
    std::size_t index_ = 0;
};

/// The member `machine` of a gen_statem whose state is a value: OTP's callback mode handle_event_function. The
/// value is an enumerator, or an object of a class with equality. Holds the current state.
template <class S>
class handle_event_function {
    static_assert(!std::is_empty_v<S>,
                  "a state without fields is always the same: use state_functions");
    static_assert(
        requires(const S& a) { static_cast<bool>(a == a); },
        "a state is compared with the next one, so its type has an operator==");
    static_assert(std::is_copy_constructible_v<S>, "enter callbacks receive a copy of a state");

  public:
    /// In the state `first`.
    constexpr handle_event_function(S first)
        : value_{std::move(first)} {}  // NOLINT: machine = first

    /// The current state.
    constexpr const S& state() const noexcept { return value_; }
    /// Whether the current state equals `s`.
    constexpr bool is(const S& s) const { return value_ == s; }
    /// The current state, as printed by show.hpp.
    std::string name() const { return show(value_); }

    /// Equal states.
    friend constexpr bool operator==(const handle_event_function&,
                                     const handle_event_function&) = default;
    /// As `name`.
    friend std::string to_string(const handle_event_function& m) { return m.name(); }

  private:
    friend struct detail::machine_access;
    S value_;
};

namespace detail {

/// The library changes the state; a program only reads the state.
struct machine_access {
    template <class... States>
    static constexpr std::size_t get(const state_functions<States...>& m) noexcept {
        return m.index_;
    }
    template <class... States>
    static constexpr void set(state_functions<States...>& m, std::size_t to) noexcept {
        m.index_ = to;
    }
    template <class S>
    static constexpr const S& get(const handle_event_function<S>& m) noexcept {
        return m.value_;
    }
    template <class S>
    static constexpr void set(handle_event_function<S>& m, S to) {
        m.value_ = std::move(to);
    }
};

template <class M>
inline constexpr bool is_callback_mode = false;
template <class... States>
inline constexpr bool is_callback_mode<state_functions<States...>> = true;
template <class S>
inline constexpr bool is_callback_mode<handle_event_function<S>> = true;

/// A class with a public member `machine` is a gen_statem.
template <class T>
concept machine_class =
    requires { requires is_callback_mode<std::remove_cv_t<decltype(T::machine)>>; };
template <class T>
using machine_of = std::remove_cv_t<decltype(T::machine)>;

enum class step : std::uint8_t { keep, repeat, next };

struct keeps {};
struct repeats {};
template <class S>
struct goes {};
template <class S>
struct goes_to {
    S state;
};

}  // namespace detail

/// The decision of a callback about the state. Lists the states that the callback may choose, so that another
/// state does not compile and the table of the machine tells all arrows:
///
///     transition<>               stays: `keep_state` or `repeat_state`
///     transition<open, broken>   likewise, or `next_state<open>()`, `next_state<broken>()`
///     transition<mode>           likewise, or `next_state(m)` for a machine whose state is a value
template <class... States>
class [[nodiscard]] transition {
  public:
    /// Made of `keep_state`, `repeat_state` and `next_state`.
    constexpr transition(detail::keeps /*unused*/) noexcept {}  // NOLINT: return keep_state
    constexpr transition(detail::repeats /*unused*/) noexcept   // NOLINT: return repeat_state
        : step_{detail::step::repeat} {}
    template <class S>
    constexpr transition(detail::goes<S> /*unused*/) noexcept  // NOLINT: return next_state<S>()
        : step_{detail::step::next}, chosen_{detail::position_of<S, States...>()} {
        static_assert(
            detail::is_listed<S, States...>,
            "the result of this callback does not list the state: add it to transition<…>");
    }

    /// For the library: the kind of the decision, and the position of the next state in the list.
    constexpr detail::step step() const noexcept { return step_; }
    constexpr std::size_t chosen() const noexcept { return chosen_; }

  private:
    detail::step step_ = detail::step::keep;
    std::size_t chosen_ = 0;
};

/// The same for a machine whose state is a value.
template <class S>
    requires(!std::is_empty_v<S>)
class [[nodiscard]] transition<S> {
  public:
    /// Made of `keep_state`, `repeat_state` and `next_state`.
    transition(detail::keeps /*unused*/) noexcept {}  // NOLINT: return keep_state
    transition(detail::repeats /*unused*/) noexcept   // NOLINT: return repeat_state
        : step_{detail::step::repeat} {}
    template <class V>
        requires std::is_convertible_v<V, S>
    transition(detail::goes_to<V> to)  // NOLINT: return next_state(s)
        : step_{detail::step::next}, chosen_{std::move(to.state)} {}

    /// For the library: the kind of the decision, and the next state.
    detail::step step() const noexcept { return step_; }
    std::optional<S>& chosen() noexcept { return chosen_; }

  private:
    detail::step step_ = detail::step::keep;
    std::optional<S> chosen_;
};

/// Stays in the state. The result of a callback that returns nothing.
inline constexpr detail::keeps keep_state{};
/// Stays in the state and calls `handle_enter` again, as if the state had just been entered. Postponed events
/// and the state timeout stay.
inline constexpr detail::repeats repeat_state{};
/// Goes to another state. The present state stands for `keep_state`.
template <class S>
[[nodiscard]] constexpr detail::goes<S> next_state() noexcept {
    return {};
}
template <class S>
[[nodiscard]] constexpr detail::goes_to<std::decay_t<S>> next_state(S&& to) {
    return {std::forward<S>(to)};
}

/// The result of a `handle_call` that replies and decides: `return {count, next_state<open>()};`.
template <class R, class... States>
struct [[nodiscard]] replies {
    R value;                                  ///< Sent to the caller.
    transition<States...> then = keep_state;  ///< As from a callback without a reply.
};

}  // namespace coppice

#pragma GCC visibility pop
