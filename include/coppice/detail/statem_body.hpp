// SPDX-License-Identifier: Apache-2.0
// From an event to the callback of the user's class, for the current state of a gen_statem.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/detail/body_for.hpp"
#include "coppice/detail/object_body.hpp"
#include "coppice/detail/request.hpp"
#include "coppice/detail/server_dispatch.hpp"
#include "coppice/detail/statem_callbacks.hpp"
#include "coppice/detail/statem_loop.hpp"
#include "coppice/detail/statem_states.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/process.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

template <class T>
class statem_body;

/// An event with content for machines of class T. The event lives until it is done, also while postponed.
template <class T, class M, event_sort Sort>
struct statem_event : held_request<statem_body<T>, M> {
    template <class V>
    explicit statem_event(V&& v) : held_request<statem_body<T>, M>{std::forward<V>(v)} {
        if constexpr (Sort == event_sort::call) {
            this->kind = signal_kind::call;
        } else {
            this->flag = Sort != event_sort::cast;
        }
    }
    void serve(statem_body<T>& to) override {
        if constexpr (has_client) {
            client_ = {this->from, this->tag, current_pid()};
        }
        to.template serve_event<Sort>(*this, this->value, client_);
    }

  private:
    static constexpr bool has_client = Sort == event_sort::call && names_reply<M>;
    /// Stored beside the message, so that a coroutine may take the `reply_to` by reference.
    typename besides<has_client ? treatment::replies_later : treatment::none, M>::type client_{};
};

template <machine_class T, class M>
struct call_message<T, M> final : statem_event<T, M, event_sort::call> {
    using statem_event<T, M, event_sort::call>::statem_event;
};
template <machine_class T, class M>
struct cast_message<T, M> final : statem_event<T, M, event_sort::cast> {
    using statem_event<T, M, event_sort::cast>::statem_event;
};
template <machine_class T, class M>
struct info_message<T, M> final : statem_event<T, M, event_sort::info> {
    using statem_event<T, M, event_sort::info>::statem_event;
};

constexpr const char* callback_name(event_sort sort) noexcept {
    constexpr std::array names{"handle_call", "handle_cast", "handle_info", "handle_internal",
                               "handle_timeout"};
    return names[static_cast<std::size_t>(sort)];
}

/// Calls `f` with the object of the current state, whose type a list of types gives.
template <class... States, class F>
void with_state(const state_functions<States...>& /*of*/, std::size_t index, F f) {
    std::size_t each = 0;
    static_cast<void>(((each++ == index ? (f(state_object<States>), true) : false) || ...));
}
/// Likewise, for a state that is a value.
template <class S, class F>
void with_state(const handle_event_function<S>& /*of*/, const S& state, F f) {
    f(state);
}

/// The state as the body notes a state: a position, or a value.
template <class M>
using noted_state = std::remove_cvref_t<decltype(machine_access::get(std::declval<const M&>()))>;

/// The positions in a machine's list of the states that a callback may choose.
template <class Mode, class Decision>
struct chosen_states;
template <class... States, class... Chosen>
struct chosen_states<state_functions<States...>, transition<Chosen...>> {
    static constexpr bool all_known = (is_listed<Chosen, States...> && ...);
    static constexpr std::array<std::size_t, sizeof...(Chosen) + 1> position{
        position_of<Chosen, States...>()..., 0};
};
template <class S, class... Chosen>
struct chosen_states<handle_event_function<S>, transition<Chosen...>> {
    static constexpr bool all_known = (std::is_same_v<Chosen, S> && ...);
};

/// The body of a gen_statem of class T.
template <class T>
class statem_body : public object_body<T, statem_loop> {
    using mode = machine_of<T>;

  public:
    using object_body<T, statem_loop>::object_body;

    static constexpr void require_members() {
        require_machine_members<T>();
        require_fitting_life_cycle<T>();
    }

    /// Runs the callback of the current state for the event.
    template <event_sort Sort, class M, class To = std::nullptr_t>
    void serve_event(const message_node& event, M& content, const To& to = {}) {
        with_state(machine(), machine_access::get(machine()), [&]<class S>(const S& state) {
            constexpr treatment how = treatment_of<Sort, T, S, M>();
            if constexpr (how == treatment::none) {
                this->refuse_event(callback_name(Sort), machine().name());
            } else {
                const reply_address client{event.from, event.tag, current_pid()};
                const auto call = [&]() -> decltype(auto) {
                    return call_back<Sort>(*this->state_, state, content, to);
                };
                using reply = std::conditional_t<how == treatment::replies, reply_type_of<T, M>,
                                                 std::type_identity<void>>;
                run<typename reply::type>(client, call);
            }
        });
    }

    std::span<const text_message> text_messages() const noexcept final {
        return text_messages_of<T>();
    }

  private:
    mode& machine() noexcept { return this->state_->machine; }
    const mode& machine() const noexcept { return this->state_->machine; }

    /// Calls a callback and follows its result. `Reply`: see `follow`.
    template <class Reply, class Call>
    void run(const reply_address& client, const Call& call) {
        using result = std::remove_cvref_t<decltype(call())>;
        if constexpr (is_task<result>::value) {
            this->handle_task(run_later<Reply>(this, client, call()));
        } else {
            if constexpr (std::is_void_v<result>) {
                call();
                follow<Reply>(client);
            } else {
                follow<Reply>(client, call());
            }
            this->conclude();
        }
    }

    template <class Reply, class R>
    static task<> run_later(statem_body* self, reply_address client, task<R> work) {
        if constexpr (std::is_void_v<R>) {
            co_await work;
            self->template follow<Reply>(client);
        } else {
            R result = co_await work;
            self->template follow<Reply>(client, std::move(result));
        }
        task<> rest = self->conclude_later();
        co_await rest;
    }

    /// Follows the result of a callback. `Reply`: the type of the reply in the result; void if there is none.
    template <class Reply>
    void follow(const reply_address& /*client*/) {
        static_assert(
            std::is_void_v<Reply>,
            "a handle_call without a reply_to returns the reply: a value, or replies<R, …>");
        stay();
    }
    template <class Reply, class R>
    void follow(const reply_address& client, R&& result) {
        using plain = std::remove_cvref_t<R>;
        if constexpr (std::is_void_v<Reply>) {
            static_assert(is_transition<plain>::value,
                          "a callback returns nothing or a transition<…>, or a task of these");
            apply(std::forward<R>(result));
        } else if constexpr (is_replies<plain>::value) {
            send<Reply>(client, std::move(result.value));
            apply(std::move(result.then));
        } else {
            static_assert(!is_transition<plain>::value,
                          "a handle_call without a reply_to returns the reply: a value, or "
                          "replies<R, …>");
            send<Reply>(client, std::forward<R>(result));
            stay();
        }
    }
    /// A postponed call is answered when it is handled again.
    template <class Reply, class V>
    void send(const reply_address& client, V&& value) {
        require_message<Reply>();
        if (!this->has_postponed()) {
            this->add_reply(client, owned_message{with_reserve([&] {
                                return new value_message<Reply>(std::forward<V>(value));
                            })});
        }
    }

    void stay() { this->decide(false, false); }
    template <class... Chosen>
    void apply(transition<Chosen...> decided) {
        using list = chosen_states<mode, transition<Chosen...>>;
        static_assert(
            list::all_known,
            "transition<…> of this callback lists a state that the machine does not have");
        if (decided.step() == step::keep || this->is_stopping()) {
            stay();
            return;
        }
        if (decided.step() == step::repeat) {
            if (!this->is_entering()) {
                before_ = machine_access::get(machine());
            }
            this->decide(true, false);
            return;
        }
        if constexpr (sizeof...(Chosen) > 0) {
            if constexpr (requires { list::position; }) {
                go_to(list::position[decided.chosen()]);
            } else {
                go_to(std::move(*decided.chosen()));
            }
        }
    }
    void go_to(noted_state<mode> next) {
        const bool is_other = !(next == machine_access::get(machine()));
        if (is_other) {
            before_ = machine_access::get(machine());
            machine_access::set(machine(), std::move(next));
        }
        this->decide(is_other, is_other);
    }

    std::string state_name() const final { return this->state_ ? machine().name() : std::string{}; }
    bool serves(const message_node& m) const final { return is_a<request<statem_body>>(m); }
    void serve(message_node& m) final { static_cast<request<statem_body>&>(m).serve(*this); }

    void serve_info(any_message& m) final {
        if constexpr (lists_info_messages<T>) {
            if (serve_listed(m, typename T::info_messages{})) {
                return;
            }
        }
        if (serve_one<exit_message>(m) || serve_one<down_message>(m)) {
            return;
        }
        serve_event<event_sort::info>(*m.node(), m);  // `any_message&`, or there is no callback
    }
    template <class... Ms>
    bool serve_listed(any_message& m, messages<Ms...> /*listed*/) {
        static_assert((handles_info<T, Ms> && ...),
                      "info_messages lists a message that has no handle_info");
        return (serve_one<Ms>(m) || ...);
    }
    template <class M>
    bool serve_one(any_message& m) {
        if constexpr (!std::is_same_v<M, any_message> && handles_info<T, M>) {
            if (M* const content = m.get<M>()) {
                serve_event<event_sort::info>(*m.node(), *content);
                return true;
            }
        }
        return false;
    }

    task<> serve_enter() final {
        if (!before_) {
            before_ = machine_access::get(machine());
        }
        task<> running{};
        with_state(machine(), machine_access::get(machine()), [&]<class S>(const S& state) {
            with_state(machine(), *before_, [&]<class Before>(const Before& before) {
                if constexpr (has_enter<T, S, Before>) {
                    running = enter(state, before);
                }
            });
        });
        return running;
    }
    template <class S, class Before>
    task<> enter(const S& state, const Before& before) {
        const auto call = [&]() -> decltype(auto) {
            if constexpr (enters_from<T, S, Before>) {
                return this->state_->handle_enter(state, before);
            } else {
                return this->state_->handle_enter(state);
            }
        };
        using result = std::remove_cvref_t<decltype(call())>;
        using decision = typename unwrapped<result>::type;
        static_assert(std::is_void_v<decision> || std::is_same_v<decision, transition<>>,
                      "handle_enter returns nothing or transition<>, or a task of these: an enter "
                      "callback does not go to another state");
        if constexpr (is_task<result>::value) {
            return enter_later(this, call());
        } else if constexpr (std::is_void_v<result>) {
            call();
            stay();
        } else {
            apply(call());
        }
        return task<>{};
    }
    template <class R>
    static task<> enter_later(statem_body* self, task<R> work) {
        if constexpr (std::is_void_v<R>) {
            co_await work;
            self->stay();
        } else {
            R result = co_await work;
            self->apply(std::move(result));
        }
    }

    std::optional<noted_state<mode>>
        before_;  ///< The state before the last change. Empty at first.
};

template <machine_class T>
struct body_for<T> {
    using type = statem_body<T>;
};

/// The behaviour that the reason of a failed call names.
struct gen_statem_call {
    static constexpr const char* behaviour = "gen_statem";
};
template <machine_class T>
struct call_defaults<T> {
    using named_by = gen_statem_call;
    static constexpr nanoseconds timeout = forever;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
