// SPDX-License-Identifier: Apache-2.0
// Messages: any type that shares no memory with its sender.
//
// Numbers, enums, strings, pids, refs, durations, standard containers and unique_ptr of such types,
// and aggregates of up to sixteen of them are messages. A raw pointer, a reference, a view or a
// shared pointer to something mutable is refused when compiling. A class with constructors cannot
// be looked into and is believed; `coppice::message_trait<T>` overrides the answer either way.
//
// Threads    An `any_message` belongs to one process at a time.

#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "coppice/detail/signal.hpp"
#include "coppice/fwd.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Specialise with `static constexpr bool is_message` to overrule what the library thinks of a
/// type.
template <class T>
struct message_trait {};

namespace detail {

template <class T>
concept has_message_trait = requires { message_trait<T>::is_message; };

template <class Aggregate>
struct any_copyable_field {
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Aggregate>)
    constexpr operator T&() const&& noexcept;  // NOLINT(google-explicit-constructor)
};

template <class Aggregate>
struct any_movable_field {
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Aggregate>)
    constexpr operator T() const&& noexcept;  // NOLINT(google-explicit-constructor)
};

template <class T>
using any_field = std::conditional_t<std::is_copy_constructible_v<T>, any_copyable_field<T>,
                                     any_movable_field<T>>;

template <class T, std::size_t... I>
constexpr bool brace_constructible(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), any_field<T>{})...}; };
}

inline constexpr std::size_t field_count_max = 16;

template <class T, std::size_t N = field_count_max>
constexpr std::size_t field_count() {
    if constexpr (N == 0) {
        return 0;
    } else if constexpr (brace_constructible<T>(std::make_index_sequence<N>{})) {
        return N;
    } else {
        return field_count<T, N - 1>();
    }
}

template <class... Fields>
struct field_list {};

// decltype of a structured binding is the member's declared type, references included: just what is
// asked.
// clang-format off
template <class T>
auto fields_of(T& t) {
    constexpr auto n = field_count<T>();
    if constexpr (n == 0) { return field_list<>{}; }
    else if constexpr (n == 1) { auto& [a] = t; return field_list<decltype(a)>{}; }
    else if constexpr (n == 2) { auto& [a, b] = t; return field_list<decltype(a), decltype(b)>{}; }
    else if constexpr (n == 3) { auto& [a, b, c] = t; return field_list<decltype(a), decltype(b), decltype(c)>{}; }
    else if constexpr (n == 4) { auto& [a, b, c, d] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d)>{}; }
    else if constexpr (n == 5) { auto& [a, b, c, d, e] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e)>{}; }
    else if constexpr (n == 6) { auto& [a, b, c, d, e, f] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f)>{}; }
    else if constexpr (n == 7) { auto& [a, b, c, d, e, f, g] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g)>{}; }
    else if constexpr (n == 8) { auto& [a, b, c, d, e, f, g, h] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h)>{}; }
    else if constexpr (n == 9) { auto& [a, b, c, d, e, f, g, h, i] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i)>{}; }
    else if constexpr (n == 10) { auto& [a, b, c, d, e, f, g, h, i, j] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j)>{}; }
    else if constexpr (n == 11) { auto& [a, b, c, d, e, f, g, h, i, j, k] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k)>{}; }
    else if constexpr (n == 12) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l)>{}; }
    else if constexpr (n == 13) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m)>{}; }
    else if constexpr (n == 14) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(o)>{}; }
    else if constexpr (n == 15) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(o), decltype(p)>{}; }
    else { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q] = t; return field_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(o), decltype(p), decltype(q)>{}; }
}
// clang-format on

template <class T>
constexpr bool shares_nothing();

template <class... Fields>
constexpr bool all_share_nothing(field_list<Fields...>) {
    return (shares_nothing<Fields>() && ...);
}

/// Standard types that hold others, and those that only look at what somebody else owns.
template <class T>
struct standard_type {
    static constexpr bool known = false;
};
template <class... Ts>
struct holder_of {
    static constexpr bool known = true;
    static constexpr bool safe = (shares_nothing<Ts>() && ...);
};
struct viewer {
    static constexpr bool known = true;
    static constexpr bool safe = false;
};

template <class T>
struct standard_type<std::optional<T>> : holder_of<T> {};
template <class T, std::size_t N>
struct standard_type<std::array<T, N>> : holder_of<T> {};
template <class T, class U>
struct standard_type<std::pair<T, U>> : holder_of<T, U> {};
template <class... Ts>
struct standard_type<std::tuple<Ts...>> : holder_of<Ts...> {};
template <class... Ts>
struct standard_type<std::variant<Ts...>> : holder_of<Ts...> {};
template <class T>
struct standard_type<std::unique_ptr<T>> : holder_of<T> {};
template <class C>
struct standard_type<std::basic_string_view<C>> : viewer {};
template <class T, std::size_t N>
struct standard_type<std::span<T, N>> : viewer {};
template <class T>
struct standard_type<std::reference_wrapper<T>> : viewer {};
template <class T>
struct standard_type<std::weak_ptr<T>> : viewer {};
template <class T>
struct standard_type<std::shared_ptr<T>> {
    static constexpr bool known = true;
    static constexpr bool safe = std::is_const_v<T>;
};
template <class R, class... Args>
struct standard_type<std::function<R(Args...)>> : viewer {};

template <class T>
concept container_of_values = requires {
    typename T::value_type;
    typename T::iterator;
};

template <class T>
constexpr bool shares_nothing() {
    if constexpr (std::is_reference_v<T>) {
        return false;
    } else if constexpr (std::is_const_v<T>) {
        return shares_nothing<std::remove_const_t<T>>();
    } else if constexpr (has_message_trait<T>) {
        return message_trait<T>::is_message;
    } else if constexpr (std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>) {
        return true;  // code is shared, memory is not
    } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
                         std::is_null_pointer_v<T>) {
        return false;
    } else if constexpr (std::is_array_v<T>) {
        return shares_nothing<std::remove_all_extents_t<T>>();
    } else if constexpr (!std::is_class_v<T>) {
        return true;
    } else if constexpr (standard_type<T>::known) {
        return standard_type<T>::safe;
    } else if constexpr (container_of_values<T>) {
        return shares_nothing<typename T::value_type>();
    } else if constexpr (std::is_aggregate_v<T> && !std::is_empty_v<T>) {
        return all_share_nothing(decltype(fields_of(std::declval<T&>())){});
    } else {
        return true;
    }
}

/// g++ 12 destroys an aggregate temporary twice when its full expression contains a co_await. Where
/// that could happen a non-trivial aggregate is therefore refused as a temporary.
template <class T>
constexpr bool survives_co_await() {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
    using plain = std::remove_cvref_t<T>;
    return std::is_lvalue_reference_v<T> || std::is_trivially_destructible_v<plain> ||
           !std::is_aggregate_v<plain>;
#else
    return true;
#endif
}

}  // namespace detail

/// A type that may be sent: movable, and sharing no memory with the sender.
template <class T>
concept message =
    std::is_object_v<T> && std::is_move_constructible_v<T> && detail::shares_nothing<T>();

namespace detail {

/// How an argument of a process is kept for it: a literal as the string it spells.
template <class A>
using kept_t = std::conditional_t<std::is_same_v<std::decay_t<A>, const char*> ||
                                      std::is_same_v<std::decay_t<A>, char*>,
                                  std::string, std::decay_t<A>>;

template <class M>
constexpr void require_message() {
    static_assert(std::is_move_constructible_v<M>, "a coppice message has to be movable");
    static_assert(shares_nothing<M>(),
                  "a coppice message may not hold a raw pointer, a reference, a view or a shared "
                  "mutable pointer: processes share no memory. Send a copy, a unique_ptr, a "
                  "shared_ptr<const T>, or specialise coppice::message_trait if you know better");
}

template <class M>
[[nodiscard]] message_node* make_message(M&& value) {
    using plain = kept_t<M>;
    require_message<plain>();
    return new value_message<plain>(std::forward<M>(value));
}

struct message_deleter {
    void operator()(message_node* node) const noexcept { destroy_signal(node); }
};
using owned_message = std::unique_ptr<message_node, message_deleter>;

}  // namespace detail

/// A message whose type is known only when running.
class any_message {
  public:
    any_message() = default;
    explicit any_message(detail::owned_message node) noexcept : node_{std::move(node)} {}

    template <class M>
    static any_message of(M&& value) {
        return any_message{detail::owned_message{detail::make_message(std::forward<M>(value))}};
    }

    explicit operator bool() const noexcept { return node_ != nullptr; }

    template <class M>
    bool is() const noexcept {
        return node_ != nullptr && detail::is_a<M>(*node_);
    }

    /// The message, or null when it is no `M`.
    template <class M>
    M* get() noexcept {
        return is<M>() ? static_cast<M*>(node_->type->payload(*node_)) : nullptr;
    }
    template <class M>
    const M* get() const noexcept {
        return is<M>() ? static_cast<const M*>(node_->type->payload(*node_)) : nullptr;
    }

    /// As a person reads it: the message's own `to_string` if it has one, else its type.
    std::string describe() const { return node_ ? node_->type->describe(*node_) : "empty"; }

    /// Who sent it. Empty when that was no process.
    pid sender() const noexcept { return node_ ? node_->from : pid{}; }

    detail::message_node* node() const noexcept { return node_.get(); }
    detail::message_node* release() noexcept { return node_.release(); }

  private:
    detail::owned_message node_;
};

}  // namespace coppice

#pragma GCC visibility pop
