// SPDX-License-Identifier: Apache-2.0
// From a message to the handler of the user's class. The sender knows both types, so the sender puts the
// function that calls the handler into the message. No table is looked up, and no cast can be wrong.

#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "coppice/detail/near_misses.hpp"
#include "coppice/detail/object_body.hpp"
#include "coppice/detail/request.hpp"
#include "coppice/detail/server_handlers.hpp"
#include "coppice/detail/server_loop.hpp"
#include "coppice/detail/server_state.hpp"
#include "coppice/process.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

template <class T>
class server_body;

template <class T, class M>
struct cast_message final : held_request<server_body<T>, M> {
    using held_request<server_body<T>, M>::held_request;
    void serve(server_body<T>& to) override {
        to.serve_with([&](T& t) { return t.handle_cast(std::move(this->value)); });
    }
};

template <class T, class M>
struct info_message final : held_request<server_body<T>, M> {
    template <class V>
    explicit info_message(V&& v) : held_request<server_body<T>, M>{std::forward<V>(v)} {
        this->flag = true;
    }
    void serve(server_body<T>& to) override {
        to.serve_with([&](T& t) { return t.handle_info(std::move(this->value)); });
    }
};

template <class T, class M>
struct continue_message final : held_request<server_body<T>, M> {
    using held_request<server_body<T>, M>::held_request;
    void serve(server_body<T>& to) override {
        to.serve_with([&](T& t) { return t.handle_continue(std::move(this->value)); });
    }
};

template <class T, class M>
struct call_message final : held_request<server_body<T>, M> {
    template <class V>
    explicit call_message(V&& v) : held_request<server_body<T>, M>{std::forward<V>(v)} {
        this->kind = signal_kind::call;
    }
    void serve(server_body<T>& to) override {
        const reply_address client{this->from, this->tag, current_pid()};
        if constexpr (answers_call<T, M>) {
            to.answer_with(client, [&](T& t) { return t.handle_call(std::move(this->value)); });
        } else {
            // Stored beside the message, so a coroutine may take the reply_to by reference.
            later_.emplace(client.client, client.tag, client.server);
            to.serve_with(
                [&](T& t) { return t.handle_call(std::move(this->value), std::move(*later_)); });
        }
    }

  private:
    template <class Message>
    struct deferred_reply {
        using type = std::optional<reply_to<typename Message::reply>>;
    };
    [[no_unique_address]]
    typename std::conditional_t<answers_call<T, M>, std::type_identity<nothing>,
                                deferred_reply<M>>::type later_;
};

/// See message_table.hpp.
template <class T>
std::span<const text_message> text_messages_of() noexcept;

/// The body of a gen_server of class T.
template <class T>
class server_body : public object_body<T, server_loop> {
  public:
    using object_body<T, server_loop>::object_body;

    static constexpr void require_members() {
        require_no_near_miss<T>();
        require_fitting_life_cycle<T>();
    }

    /// Runs a handler without a reply.
    template <class Handler>
    void serve_with(Handler handler) {
        static_assert(is_nothing<std::invoke_result_t<Handler&, T&>>,
                      "a handler without a reply returns void or task<>");
        this->attempt([&] { this->run_own([&] { return handler(*this->state_); }); });
    }
    /// Runs a handler whose result is the reply.
    template <class Handler>
    void answer_with(const reply_address& client, Handler handler) {
        using result = std::invoke_result_t<Handler&, T&>;
        require_reply<std::remove_cvref_t<typename unwrapped<result>::type>>();
        this->attempt([&] {
            if constexpr (is_task<result>::value) {
                this->handle_task(answer_later(this, client, handler(*this->state_)));
            } else if constexpr (std::is_void_v<result>) {
                handler(*this->state_);
                this->answer(client, reply_of<nothing>());
            } else {
                using reply = std::remove_cvref_t<result>;  // a reference is copied
                this->answer(client,
                             owned_message{new value_message<reply>(handler(*this->state_))});
            }
        });
    }

    std::span<const text_message> text_messages() const noexcept final {
        return text_messages_of<T>();
    }

  private:
    template <class R>
    static constexpr void require_reply() {
        if constexpr (!std::is_void_v<R>) {
            require_message<R>();
        }
    }
    template <class R>
    static task<> answer_later(server_body* self, reply_address client, task<R> work) {
        if constexpr (std::is_void_v<R>) {
            co_await work;
            self->answer(client, reply_of<nothing>());
        } else {
            R result = co_await work;
            self->answer(client, reply_of<R>(std::move(result)));
        }
    }
    /// Allocates from the reserve if necessary: the handler is done, so its reply must not be lost.
    template <class R, class... Value>
    static owned_message reply_of(Value&&... value) {
        return owned_message{
            with_reserve([&] { return new value_message<R>(std::forward<Value>(value)...); })};
    }

    bool serves(const message_node& m) const final { return is_a<request<server_body>>(m); }
    void serve(message_node& m) final { static_cast<request<server_body>&>(m).serve(*this); }

    bool serve_info(any_message& m) final {
        return serve_listed(m, plain_messages<T>()) || serve_one<exit_message>(m) ||
               serve_one<down_message>(m) || serve_one<timeout_message>(m) ||
               serve_any(m, plain_messages<T>());
    }
    template <class... Ms>
    bool serve_listed(any_message& m, messages<Ms...> /*listed*/) {
        static_assert((handles_info<T, Ms> && ...),
                      "info_messages lists a message that has no handle_info");
        return (serve_one<Ms>(m) || ...);
    }
    /// After all handlers for a named type, wherever `any_message` is listed.
    template <class... Ms>
    bool serve_any(any_message& m, messages<Ms...> /*listed*/) {
        if constexpr ((std::is_same_v<Ms, any_message> || ...)) {
            serve_with([&](T& t) { return t.handle_info(std::move(m)); });
            return true;
        } else {
            return false;
        }
    }
    template <class M>
    bool serve_one(any_message& m) {
        if constexpr (handles_info<T, M> && !std::is_same_v<M, any_message>) {  // see serve_any
            M* value = m.get<M>();
            if (value == nullptr) {
                return false;
            }
            serve_with([&](T& t) { return t.handle_info(std::move(*value)); });
            return true;
        } else {
            return false;
        }
    }
    bool serve_timeout() final {
        if constexpr (handles_info<T, timeout>) {
            static timeout over;  // empty and static, so a handler may keep a reference
            serve_with([](T& t) { return t.handle_info(std::move(over)); });
        }
        return handles_info<T, timeout>;
    }
};

}  // namespace coppice::detail

#include "coppice/detail/message_table.hpp"

#pragma GCC visibility pop
