// SPDX-License-Identifier: Apache-2.0
// From a message to the handler of the user's class. The sender knows both types, so the sender puts the
// function that calls the handler into the message. No table is looked up, and no cast can be wrong.

#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "coppice/detail/server_handlers.hpp"
#include "coppice/detail/server_loop.hpp"
#include "coppice/detail/server_state.hpp"
#include "coppice/process.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

template <class T>
class server_body;

/// A message for servers of class T.
template <class T>
struct server_request : message_node {
    using message_node::message_node;
    virtual ~server_request() = default;
    virtual void serve(server_body<T>& to) = 0;
    virtual std::string describe() const = 0;
    virtual std::string show() const = 0;
    virtual void* payload() noexcept = 0;
    virtual const std::type_info* described_by() const noexcept = 0;
    virtual const std::type_info* carried() const noexcept = 0;

    static void destroy_node(message_node* node) noexcept {
        delete static_cast<server_request*>(node);
    }
    static std::string describe_node(const message_node& node) {
        return static_cast<const server_request&>(node).describe();
    }
    static std::string show_node(const message_node& node) {
        return static_cast<const server_request&>(node).show();
    }
    static void* payload_of(message_node& node) noexcept {
        return static_cast<server_request&>(node).payload();
    }
    static const std::type_info* described_by_of(const message_node& node) noexcept {
        return static_cast<const server_request&>(node).described_by();
    }
    static const std::type_info* carried_of(const message_node& node) noexcept {
        return static_cast<const server_request&>(node).carried();
    }
    static constexpr message_type type_of{&typeid(server_request),
                                          &type_hash<server_request>,
                                          &destroy_node,
                                          &describe_node,
                                          &show_node,
                                          &payload_of,
                                          &described_by_of,
                                          &carried_of,
                                          &carried_of,
                                          message_role::request};
};

template <class T, class M>
struct held_request : server_request<T>, pooled {
    template <class V>
    explicit held_request(V&& v)
        : server_request<T>{server_request<T>::type_of}, value{std::forward<V>(v)} {}
    std::string describe() const override { return describe_value(value); }
    std::string show() const override { return coppice::show(value); }
    void* payload() noexcept override { return &value; }
    const std::type_info* described_by() const noexcept override {
        return detail::described_by<M>();
    }
    const std::type_info* carried() const noexcept override { return &typeid(M); }
    M value;
};

template <class T, class M>
struct cast_message final : held_request<T, M> {
    using held_request<T, M>::held_request;
    void serve(server_body<T>& to) override {
        to.handle([&](T& t) { return t.handle_cast(std::move(this->value)); });
    }
};

template <class T, class M>
struct info_message final : held_request<T, M> {
    template <class V>
    explicit info_message(V&& v) : held_request<T, M>{std::forward<V>(v)} {
        this->flag = true;
    }
    void serve(server_body<T>& to) override {
        to.handle([&](T& t) { return t.handle_info(std::move(this->value)); });
    }
};

template <class T, class M>
struct continue_message final : held_request<T, M> {
    using held_request<T, M>::held_request;
    void serve(server_body<T>& to) override {
        to.handle([&](T& t) { return t.handle_continue(std::move(this->value)); });
    }
};

template <class T, class M>
struct call_message final : held_request<T, M> {
    template <class V>
    explicit call_message(V&& v) : held_request<T, M>{std::forward<V>(v)} {
        this->kind = signal_kind::call;
    }
    void serve(server_body<T>& to) override {
        const reply_address client{this->from, this->tag, current_pid()};
        if constexpr (answers_call<T, M>) {
            to.handle_call(client, [&](T& t) { return t.handle_call(std::move(this->value)); });
        } else {
            // Stored beside the message, so a coroutine may take the reply_to by reference.
            later_.emplace(client.client, client.tag, client.server);
            to.handle(
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

/// A class of the library that is a behaviour of its own for tools, such as a supervisor.
template <class T>
concept names_its_kind = requires {
    { T::kind_of_body } -> std::same_as<const body_kind&>;
    &T::initial_call;
};

/// See message_table.hpp.
template <class T>
std::span<const text_message> text_messages_of() noexcept;

template <class T>
class server_body : public server_loop {
  public:
    using server_loop::server_loop;

    /// Runs a handler without a reply.
    template <class Handler>
    void handle(Handler handler) {
        using result = std::invoke_result_t<Handler&, T&>;
        static_assert(is_nothing<result>, "this handler returns void or task<>");
        if constexpr (is_task<result>::value) {
            handle_task(handler(*state_));
        } else {
            handler(*state_);
        }
    }

    /// Runs a handler whose result is the reply.
    template <class Handler>
    void handle_call(const reply_address& client, Handler handler) {
        using result = std::invoke_result_t<Handler&, T&>;
        require_reply<std::remove_cvref_t<typename unwrapped<result>::type>>();
        if constexpr (is_task<result>::value) {
            handle_task(answer_later(this, client, handler(*state_)));
        } else if constexpr (std::is_void_v<result>) {
            handler(*state_);
            answer(client, reply_of<nothing>());
        } else {
            using reply = std::remove_cvref_t<result>;  // a reference is copied
            answer(client, owned_message{new value_message<reply>(handler(*state_))});
        }
    }

    std::string describe_state() const final {
        return state_ ? status_printed_safely([&] { return show_formatted(*state_); })
                      : std::string{};
    }
    std::string raw_state() const final { return state_ ? show_state(*state_) : std::string{}; }
    const std::type_info& served_class() const final { return typeid(T); }
    std::span<const text_message> text_messages() const noexcept final {
        return text_messages_of<T>();
    }
    void* served() noexcept final { return state_ ? &*state_ : nullptr; }
    void describe_further(sys::status& out) const final {
        if constexpr (requires(const T& t) { t.describe_status(out); }) {
            state_->describe_status(out);
        }
    }
    std::string initial_call() const final {
        if constexpr (names_its_kind<T>) {
            return state_ ? state_->initial_call() : std::string{T::kind_of_body.behaviour};
        } else {
            return readable_type_name(typeid(T)) + "::init";
        }
    }
    const body_kind& kind() const noexcept final {
        if constexpr (names_its_kind<T>) {
            return T::kind_of_body;
        } else {
            return server_loop::kind_of_loop;
        }
    }

  protected:
    std::optional<T> state_;

  private:
    template <class Print>
    static std::string status_printed_safely(Print print) {
        try {
            return print();
        } catch (...) {
            return readable_type_name(typeid(T)) +
                   (formats_status<T> ? "::format_status threw" : " could not be printed");
        }
    }
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

    bool serves(const message_node& m) const final { return is_a<server_request<T>>(m); }
    void serve(message_node& m) final { static_cast<server_request<T>&>(m).serve(*this); }
    void serve_continue(message_node& m) final { serve(m); }

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
            handle([&](T& t) { return t.handle_info(std::move(m)); });
            return true;
        } else {
            return false;
        }
    }
    template <class M>
    bool serve_one(any_message& m) {
        if constexpr (std::is_same_v<M, any_message>) {
            return false;  // see serve_any
        } else if constexpr (handles_info<T, M>) {
            M* value = m.get<M>();
            if (value == nullptr) {
                return false;
            }
            handle([&](T& t) { return t.handle_info(std::move(*value)); });
            return true;
        } else {
            return false;
        }
    }
    bool serve_timeout() final {
        if constexpr (handles_info<T, timeout>) {
            static timeout over;  // empty and static, so a handler may keep a reference
            handle([](T& t) { return t.handle_info(std::move(over)); });
            return true;
        } else {
            return false;
        }
    }

    bool serve_terminate(const exit_reason& why) final {
        if constexpr (has_fitting_terminate<T>) {
            using result = decltype(state_->terminate(why));
            static_assert(is_nothing<result>,
                          "terminate of a server returns void or task<>: nobody looks at a result");
            if constexpr (is_task<result>::value) {
                handle_task(state_->terminate(why));
                return true;
            } else {
                state_->terminate(why);
            }
        }
        return false;
    }
};

template <class T, class Make>
class server_body_of final : public server_body<T> {
  public:
    server_body_of(std::string name, Make make)
        : server_body<T>{std::move(name)}, make_{std::in_place, std::move(make)} {}

  private:
    bool construct() override {
        require_fitting_members<T>();
        (*make_)(this->state_);
        make_.reset();
        if constexpr (has_fitting_init<T>) {
            using result = decltype(this->state_->init());
            static_assert(is_nothing<result>,
                          "init of a server returns void or task<>: a start fails by exit(reason), "
                          "stop_with(reason) or ignore(), not by a result");
            if constexpr (is_task<result>::value) {
                this->handle_task(this->state_->init());
                return true;
            } else {
                this->state_->init();
            }
        }
        return false;
    }

    std::optional<Make> make_;
};

}  // namespace coppice::detail

#include "coppice/detail/message_table.hpp"

#pragma GCC visibility pop
