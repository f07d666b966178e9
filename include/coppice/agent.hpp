// SPDX-License-Identifier: Apache-2.0
// agent: a process that keeps a value, and runs functions on the value.
//
//     auto started = co_await agent<int>::start_link([] { return 0; });
//     const agent<int> hits = started.value();
//     co_await hits.update([](int& n) { ++n; });
//     int n = co_await hits.get([](const int& n) { return n; });
//     int old = co_await hits.get_and_update([](int n) { return std::pair{n, n + 1}; });
//
//     function           takes              returns                         the caller
//     get                const State&       the reply                       waits for the reply
//     update             State&             nothing                         waits
//                        State              the new state                   waits
//     get_and_update     State              a pair: reply and new state     waits for the reply
//     cast               as update                                          goes on
//
// The functions run in the agent, one at a time, and are moved or copied into a message: they capture by value.
// A long function keeps other callers waiting; what does not need the state is better done by the caller. An
// exception ends the agent, and the calls that wait with it. After a timeout of the caller the function still
// runs.
//
// Threads    Inside a process.
// Blocking   get, update, get_and_update and stop are awaited. cast never blocks.
// Ownership  `agent` is a weak handle: a pid, a name or a key of a registry.
// Errors     As a gen_server: a failed call ends the caller with the reason; `try_get` and its kind answer the
//            reason. A failed start is a `start_result`.
// Cost       A call or a cast of a gen_server, with the function in the message.
// Semantics  Elixir's Agent; docs/differences.md lists the differences.

#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "coppice/child_spec.hpp"
#include "coppice/gen_server.hpp"

#pragma GCC visibility push(default)

namespace coppice {

template <class State>
class agent;

namespace detail {

template <class F, class State>
concept changes_in_place = std::is_void_v<std::invoke_result_t<F&, State&>>;

template <class T>
struct is_pair : std::false_type {};
template <class First, class Second>
struct is_pair<std::pair<First, Second>> : std::true_type {};

/// Runs the function of `update` or `cast`.
template <class State, class F>
void update_state(State& state, F& f) {
    if constexpr (std::invocable<F&, State&>) {
        if constexpr (changes_in_place<F, State>) {
            f(state);
        } else {
            state = f(state);
        }
    } else {
        static_assert(std::invocable<F&, State>, "the function of an update takes the state");
        state = f(std::move(state));
    }
}

// The messages. A function is a message of its own type.
template <class F>
struct agent_get {
    F f;
};
template <class F>
struct agent_update {
    F f;
};
template <class F>
struct agent_exchange {
    F f;
};

/// The server behind an agent.
template <class State>
class agent_server {
  public:
    template <class Make>
        requires std::convertible_to<std::invoke_result_t<Make&>, State>
    explicit agent_server(Make make) : state_{make()} {}

    template <class F>
    auto handle_call(agent_get<F>&& m) {
        static_assert(!std::is_void_v<std::invoke_result_t<F&, const State&>>,
                      "the function of a get returns the reply");
        return m.f(std::as_const(state_));
    }
    template <class F>
    void handle_call(agent_update<F>&& m) {
        update_state(state_, m.f);
    }
    template <class F>
    auto handle_call(agent_exchange<F>&& m) {
        auto both = m.f(std::move(state_));
        static_assert(is_pair<decltype(both)>::value,
                      "the function of get_and_update returns a pair: the reply and the new state");
        state_ = std::move(both.second);
        return std::move(both.first);
    }
    template <class F>
    void handle_cast(agent_update<F>&& m) {
        update_state(state_, m.f);
    }

    /// For sys::get_state, and for reports.
    const State& state() const noexcept { return state_; }

  private:
    State state_;
};

/// The start of an agent gives an `agent`.
template <class State>
inline constexpr bool is_handle<agent<State>> = true;

}  // namespace detail

/// A handle to an agent, by pid, by name or via a registry. Making a handle starts nothing.
template <class State>
class agent : public detail::handle {
  public:
    /// By pid, by name or via a registry. An empty name gives a handle to no process.
    using handle::handle;
    /// Equal addresses.
    bool operator==(const agent& other) const noexcept { return where() == other.where(); }

    /// Starts an agent that is linked to the caller. `make()` runs in the agent and returns the first state; the
    /// start fails if it throws. The awaited result is a `start_result<agent<State>>`.
    template <class Make>
    static auto start_link(start_options options, Make&& make) {
        return begin(detail::start_mode::link, std::move(options), std::forward<Make>(make));
    }
    template <class Make>
    static auto start_link(Make&& make) {
        return start_link(start_options{}, std::forward<Make>(make));
    }
    /// The same without a link.
    template <class Make>
    static auto start(start_options options, Make&& make) {
        return begin(detail::start_mode::alone, std::move(options), std::forward<Make>(make));
    }
    template <class Make>
    static auto start(Make&& make) {
        return start(start_options{}, std::forward<Make>(make));
    }

    /// Answers `f(state)`. The default timeout of all calls is 5 s.
    template <class F>
    auto get(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_get, detail::or_exit>(std::forward<F>(f), timeout);
    }
    template <class F>
    auto try_get(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_get, detail::or_error>(std::forward<F>(f), timeout);
    }
    /// Changes the state by `f`, and waits for it.
    template <class F>
    auto update(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_update, detail::or_exit>(std::forward<F>(f), timeout);
    }
    template <class F>
    auto try_update(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_update, detail::or_error>(std::forward<F>(f), timeout);
    }
    /// `f(state)` returns a pair: the reply, and the new state.
    template <class F>
    auto get_and_update(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_exchange, detail::or_exit>(std::forward<F>(f), timeout);
    }
    template <class F>
    auto try_get_and_update(F&& f, time_span timeout = default_call_timeout) const {
        return call<detail::agent_exchange, detail::or_error>(std::forward<F>(f), timeout);
    }
    /// Changes the state by `f`, without waiting. Without an agent the function is dropped.
    template <class F>
    void cast(F&& f) const {
        using message = detail::agent_update<std::decay_t<F>>;
        detail::require_message<message>();
        if (const pid to = whereis()) {
            detail::deliver(
                to, new detail::cast_message<process_class, message>(message{std::forward<F>(f)}));
        }
    }
    /// Stops the agent and waits for its end, as `coppice::stop` does.
    [[nodiscard("co_await it")]] task<> stop(exit_reason why = reason::normal,
                                             time_span timeout = no_timeout) const {
        return coppice::stop(whereis(), std::move(why), timeout);
    }
    /// The agent as a gen_server, for the functions of sys.hpp.
    auto as_server() const { return server<process_class>{where()}; }

  private:
    using process_class = detail::agent_server<State>;

    template <class Make>
    static auto begin(detail::start_mode mode, start_options options, Make&& make) {
        detail::require_safe_function<Make>();
        const auto timeout = options.timeout;
        return detail::start_awaiter<agent>{
            detail::make_server<process_class>(std::move(options), std::forward<Make>(make)), mode,
            timeout};
    }
    template <template <class> class Message, class Policy, class F>
    [[nodiscard("co_await it")]] auto call(F&& f, time_span timeout) const {
        using message = Message<std::decay_t<F>>;
        detail::require_safe_function<F>();
        detail::require_message<message>();
        detail::owned_message node{
            new detail::call_message<process_class, message>(message{std::forward<F>(f)})};
        return detail::call_awaiter<detail::reply_type<process_class, message>, Policy>{
            std::move(node), where(), timeout, detail::described_by<message>()};
    }
};

namespace detail {

/// `child<agent<int>>(make)`: `make` is copied for each start. The id is "agent".
template <class State>
struct child_maker<agent<State>> {
    template <class Make>
    static child_spec make(Make&& make) {
        require_safe_function<Make>();
        return server_child<agent_server<State>>(std::forward<Make>(make)).id("agent");
    }
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
