// SPDX-License-Identifier: Apache-2.0
// Selective receive: takes the first message of the mailbox that one of the clauses accepts.
//
//     co_await receive([](ping p) { … }, [](const exit_message& e) { … });   // one of these
//     ping p = co_await receive<ping>();                                     // a ping
//     co_await receive([](ping p) { … }, after(5s, [] { … }));               // waits at most 5 s
//
// Messages that no clause accepts stay in the mailbox, in order. A clause that takes `any_message` accepts
// every message. `when(condition, clause)` accepts only messages for which the condition is true. A condition
// that throws counts as false. `after(0ms, …)` scans the mailbox once. The result is the return value of
// the chosen clause; a returned reference is copied. A receive in a named variable may be awaited again,
// and then waits again.
//
// Threads    Inside a process.
// Blocking   Awaited. Meanwhile the process handles exit signals.
// Ownership  The awaitable owns its clauses. An accepted message leaves the mailbox and belongs to its
//            clause.
// Errors     An exception of the chosen clause propagates to the caller; the message is then gone.
// Cost       Each receive examines each message once.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/old_gcc.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

template <class F>
struct clause_traits : clause_traits<decltype(&F::operator())> {};
template <class C, class R, class A>
struct clause_traits<R (C::*)(A) const> {
    using message = std::remove_cvref_t<A>;
    using result = std::remove_cvref_t<R>;  // a reference into the message is copied
};
template <class C, class R, class A>
struct clause_traits<R (C::*)(A)> : clause_traits<R (C::*)(A) const> {};
template <class C, class R, class A>
struct clause_traits<R (C::*)(A) noexcept> : clause_traits<R (C::*)(A) const> {};
template <class C, class R, class A>
struct clause_traits<R (C::*)(A) const noexcept> : clause_traits<R (C::*)(A) const> {};
template <class R, class A>
struct clause_traits<R (*)(A)> {
    using message = std::remove_cvref_t<A>;
    using result = std::remove_cvref_t<R>;
};
template <class R, class A>
struct clause_traits<R (*)(A) noexcept> : clause_traits<R (*)(A)> {};

template <class F>
concept takes_one_message = requires { typename clause_traits<F>::message; };

template <class R>
inline constexpr bool is_a_task = false;
template <class T>
inline constexpr bool is_a_task<task<T>> = true;

template <class F>
struct clause {
    using message = typename clause_traits<F>::message;
    using result = typename clause_traits<F>::result;
    static_assert(!is_a_task<result>,
                  "a clause of receive is no coroutine: the task would never be awaited. Return "
                  "the message, and await afterwards");
    static_assert(std::is_same_v<message, any_message> || shares_nothing<message>(),
                  "no message of this type can be sent, so this clause would wait for ever "
                  "(strings and literals are sent as std::string)");
    static_assert(std::is_invocable_v<F&, message>,
                  "a clause takes its message by value, by const reference or by &&");

    bool accepts(const message_node& node) const {
        return std::is_same_v<message, any_message> || is_a<message>(node);
    }
    /// False may also mean that the names of the types have to be compared.
    bool accepts_at_once(const message_node& node) const noexcept {
        return std::is_same_v<message, any_message> || node.type->info == &typeid(message);
    }
    result run(owned_message node) {
        if constexpr (std::is_same_v<message, any_message>) {
            return f(any_message{std::move(node)});
        } else {
            return f(std::move(*static_cast<message*>(node->type->payload(*node))));
        }
    }
    F f;
};

/// Gives a condition temporary access to a message that stays in the mailbox.
class lent_message {
  public:
    explicit lent_message(const message_node& node) noexcept
        : lent_{owned_message{const_cast<message_node*>(&node)}} {}
    lent_message(const lent_message&) = delete;
    lent_message& operator=(const lent_message&) = delete;
    ~lent_message() { lent_.release(); }
    const any_message& get() const noexcept { return lent_; }

  private:
    any_message lent_;
};

template <class Condition, class F>
struct guarded_clause : clause<F> {
    using message = typename clause<F>::message;
    static_assert(
        std::is_invocable_v<const Condition&, const message&>,
        "the condition of when is const, and takes the message type of its clause by const "
        "reference or as a copy (any_message, which cannot be copied, by const reference)");
    static_assert(std::is_invocable_r_v<bool, const Condition&, const message&>,
                  "the condition of when returns bool, and is no coroutine");

    /// A condition that throws counts as false, as a failing guard in Erlang.
    bool accepts(const message_node& node) const {
        try {
            return clause<F>::accepts(node) && is_met(node);
        } catch (...) {
            return false;
        }
    }
    bool is_met(const message_node& node) const {
        if constexpr (std::is_same_v<message, any_message>) {
            return static_cast<bool>(condition(lent_message{node}.get()));
        } else {
            return static_cast<bool>(condition(
                *static_cast<const message*>(node.type->payload(const_cast<message_node&>(node)))));
        }
    }
    Condition condition;
};

template <class F>
struct after_clause {
    static_assert(std::is_invocable_v<F&>, "the clause of after takes nothing");
    using result = std::remove_cvref_t<std::invoke_result_t<F&>>;
    static_assert(!is_a_task<result>,
                  "the clause of after is no coroutine: the task would never be awaited");
    nanoseconds time;
    F f;
};

template <class T>
struct is_after : std::false_type {};
template <class F>
struct is_after<after_clause<F>> : std::true_type {};

template <class T>
struct is_clause : std::false_type {};
template <class F>
struct is_clause<clause<F>> : std::true_type {};
template <class C, class F>
struct is_clause<guarded_clause<C, F>> : std::true_type {};

template <class T>
struct is_guarded : std::false_type {};
template <class C, class F>
struct is_guarded<guarded_clause<C, F>> : std::true_type {};

template <class F>
auto as_clause(F&& f) {
    using plain = std::decay_t<F>;
    if constexpr (is_after<plain>::value || is_clause<plain>::value) {
        return std::forward<F>(f);
    } else {
        static_assert(
            takes_one_message<plain>,
            "a clause of receive is a function, or an object with one call operator, that "
            "takes one message and names its type (not auto)");
        return clause<plain>{std::forward<F>(f)};
    }
}

template <class... Clauses>
class receive_awaiter final
    : std::conditional_t<(is_after<Clauses>::value || ...), timed_waiter, waiter> {
    using results = std::common_type<typename Clauses::result...>;
    static constexpr bool has_condition = (is_guarded<Clauses>::value || ...);
    static constexpr bool has_time = (is_after<Clauses>::value || ...);
    static constexpr bool waits_for_one_type =
        sizeof...(Clauses) == 1 && !has_condition && !has_time;
    static_assert(sizeof...(Clauses) < UINT8_MAX, "receive takes fewer than 255 clauses");
    using all = std::index_sequence_for<Clauses...>;

  public:
    using result = typename results::type;

    explicit receive_awaiter(Clauses... clauses) : clauses_{std::move(clauses)...} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(suspended here) {
        this->looks = has_condition ? mailbox_look::by_condition : mailbox_look::by_type;
        if constexpr (has_time) {
            this->suspend(here, timeout());
        } else {
            this->suspend(here);
        }
    }
    result await_resume() { return run_chosen(std::move(taken_), all{}); }

  private:
    bool wants(const message_node& node) override { return is_accepted(node, all{}); }
    void take(owned_message taken) override { taken_ = std::move(taken); }
    bool claim(message_node& node) override {
        if constexpr (waits_for_one_type) {
            if (std::get<0>(clauses_).accepts_at_once(node)) [[likely]] {
                return keep(node);
            }
        }
        return claim_by_name(node);
    }
    /// A function of its own, called last: so `claim` saves no registers.
    [[gnu::noinline]] bool claim_by_name(message_node& node) {
        return is_accepted(node, all{}) && keep(node);
    }
    bool keep(message_node& node) noexcept {
        static_cast<void>(taken_.release());  // null: so `reset` has nothing to destroy
        taken_.reset(&node);
        return true;
    }

    // Without std::apply, which the compiler does not inline into two functions.
    template <std::size_t... I>
    [[gnu::always_inline]] bool is_accepted(const message_node& node,
                                            std::index_sequence<I...> /*all*/) {
        return (accepted_by(std::get<I>(clauses_), node, I) || ...);
    }

    template <class Clause>
    bool accepted_by(const Clause& candidate, const message_node& node, std::uint8_t index) {
        if constexpr (is_after<Clause>::value) {
            return false;
        } else {
            chosen_ = index;
            return candidate.accepts(node);
        }
    }

    nanoseconds timeout() const {
        nanoseconds time = forever;
        std::apply([&](const auto&... each) { (take_time(each, time), ...); }, clauses_);
        return time;
    }
    template <class Clause>
    static void take_time(const Clause& candidate, nanoseconds& time) {
        if constexpr (is_after<Clause>::value) {
            time = candidate.time;
        }
    }

    template <std::size_t... I>
    result run_chosen(owned_message message, std::index_sequence<I...>) {
        if constexpr (waits_for_one_type) {
            return std::get<0>(clauses_).run(std::move(message));
        }
        const std::size_t chosen = message ? chosen_ : sizeof...(Clauses);
        if constexpr (std::is_void_v<result>) {
            (run_if<I>(chosen, message), ...);
        } else {
            std::optional<result> out;
            (run_if<I>(chosen, message, out), ...);
            return std::move(*out);
        }
    }
    template <std::size_t I, class... Out>
    void run_if(std::size_t chosen, owned_message& message, Out&... out) {
        auto& candidate = std::get<I>(clauses_);
        if constexpr (is_after<std::decay_t<decltype(candidate)>>::value) {
            if (chosen == sizeof...(Clauses)) {
                store([&]() -> decltype(auto) { return candidate.f(); }, out...);
            }
        } else if (chosen == I) {
            store([&]() -> decltype(auto) { return candidate.run(std::move(message)); }, out...);
        }
    }
    template <class Run>
    static void store(Run run) {
        run();
    }
    template <class Run, class Out>
    static void store(Run run, Out& out) {
        out.emplace(run());
    }

    std::uint8_t chosen_ = 0;
    std::tuple<Clauses...> clauses_;
    owned_message taken_;
};

struct take_any {
    any_message operator()(any_message m) const { return m; }
};
template <class M>
struct take_one {
    M operator()(M m) const { return m; }
};
template <class M>
struct take_one_or_none {
    std::optional<M> operator()(M m) const { return std::optional<M>{std::move(m)}; }
};
template <class M>
struct take_none {
    std::optional<M> operator()() const { return std::nullopt; }
};

}  // namespace detail

/// A clause that accepts only messages for which `condition(message)` is true.
template <class Condition, class F>
[[nodiscard]] auto when(Condition condition, F f) {
    return detail::guarded_clause<Condition, F>{{std::move(f)}, std::move(condition)};
}

/// A clause that runs if no message is accepted within `time`.
template <class F>
[[nodiscard]] auto after(time_span time, F f) {
    return detail::after_clause<F>{time, std::move(f)};
}

/// Waits for the first message that a clause accepts, and answers the result of that clause. For each message
/// the clauses are tried from left to right. The clauses must have a common result type.
template <class... Clauses>
    requires(sizeof...(Clauses) > 0)
[[nodiscard("co_await it")]] auto receive(Clauses&&... clauses) {
    (detail::require_safe_function<Clauses>(), ...);
    return detail::receive_awaiter<decltype(detail::as_clause(std::forward<Clauses>(clauses)))...>{
        detail::as_clause(std::forward<Clauses>(clauses))...};
}

/// Waits for the next message of type `M`.
template <class M>
[[nodiscard("co_await it")]] auto receive() {
    return receive(detail::take_one<M>{});
}

/// Waits for the next message of type `M` for at most `time`. Returns nothing if the time passes.
template <class M>
[[nodiscard("co_await it")]] auto receive_for(time_span time) {
    return receive(detail::take_one_or_none<M>{}, after(time, detail::take_none<M>{}));
}

/// Waits for the next message of any type.
[[nodiscard("co_await it")]] inline auto receive_any() {
    return receive(detail::take_any{});
}

}  // namespace coppice

#pragma GCC visibility pop
