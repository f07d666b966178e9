// SPDX-License-Identifier: Apache-2.0
// The compile-time check of what may pass from process to process. message.hpp describes the rules. Exit
// reasons follow the same rules, and messages carry exit reasons, so this header includes neither.

#pragma once

#include <array>
#include <concepts>
#include <coroutine>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "coppice/detail/fields.hpp"
#include "coppice/detail/old_gcc.hpp"
#include "coppice/fwd.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Specialise with `static constexpr bool is_message` to overrule the library's verdict on a type.
template <class T>
struct message_trait {};

namespace detail {

template <class T>
concept has_message_trait = requires { message_trait<T>::is_message; };

template <class T>
constexpr bool shares_nothing();

template <class... Fields>
constexpr bool all_share_nothing(field_list<Fields...>) {
    return (shares_nothing<Fields>() && ...);
}

template <class T>
using fields_t = decltype(fields_of<T, initialiser_count<T>()>(std::declval<T&>()));

template <class T>
constexpr bool aggregate_shares_nothing() {
    if constexpr (shape_of<T>() == aggregate_shape::known) {
        return all_share_nothing(fields_t<T>{});
    } else {
        return false;
    }
}

/// Standard types. A holder is safe if all held types are. A viewer only refers to memory with another owner,
/// and is never safe.
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
template <class T, class E>
struct standard_type<std::expected<T, E>> : holder_of<T, E> {};
template <class E>
struct standard_type<std::expected<void, E>> : holder_of<E> {};
template <class T, class D>
struct standard_type<std::unique_ptr<T, D>> : holder_of<T, D> {};
template <class C>
struct standard_type<std::basic_string_view<C>> : viewer {};
template <class T, std::size_t N>
struct standard_type<std::span<T, N>> : viewer {};
template <class T>
struct standard_type<std::weak_ptr<T>> : viewer {};
template <class T>
struct standard_type<std::shared_ptr<T>> {
    static constexpr bool known = true;
    static constexpr bool safe = std::is_const_v<T> && (std::is_void_v<T> || shares_nothing<T>());
};
/// Matches std::function and its kind without including <functional>, which is slow to compile.
template <template <class> class F, class R, class... Args>
struct standard_type<F<R(Args...)>> : viewer {};
template <class T>
struct standard_type<std::initializer_list<T>> : viewer {};
template <class P>
struct standard_type<std::coroutine_handle<P>> : viewer {};
template <class T>
struct standard_type<task<T>> : viewer {};

/// Matches std::reference_wrapper, also without <functional>.
template <class T>
concept wraps_reference = requires(const T& t) {
    typename T::type;
    { t.get() } noexcept -> std::same_as<typename T::type&>;
};

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
    } else if constexpr (wraps_reference<T>) {
        return false;
    } else if constexpr (container_of_values<T>) {
        return shares_nothing<typename T::value_type>();
    } else if constexpr (std::is_aggregate_v<T> && !std::is_empty_v<T>) {
        return aggregate_shares_nothing<T>();
    } else {
        return true;
    }
}

}  // namespace detail

/// A type that may be sent: movable, and sharing no memory with the sender.
template <class T>
concept message =
    std::is_object_v<T> && std::is_move_constructible_v<T> && detail::shares_nothing<T>();

namespace detail {

/// Whether `call<M>(fields...)` and its kind construct `M` from the arguments. False if the only argument is
/// already an `M`.
template <class M, class... Args>
concept builds_in_place = sizeof...(Args) != 1 || !(std::is_same_v<std::decay_t<Args>, M> && ...);

/// The type in which an argument of a process is stored. A string literal is stored as std::string.
template <class A>
using kept_t = std::conditional_t<std::is_same_v<std::decay_t<A>, const char*> ||
                                      std::is_same_v<std::decay_t<A>, char*>,
                                  std::string, std::decay_t<A>>;

/// Appears in the compiler's error: the message type, and the field's number, counted from 1.
template <class Message, std::size_t Number, class Field>
struct field_of_a_message {
    static_assert(
        shares_nothing<Field>(),
        "a coppice message may not hold a raw pointer, a reference, a view or a shared "
        "mutable pointer: processes share no memory. This is field Number of Message. Send "
        "a copy, a unique_ptr, a shared_ptr<const T>, or specialise coppice::message_trait if the "
        "type is safe to share");
    static constexpr bool told = true;
};

template <class M>
constexpr void require_message();

template <class Message, std::size_t Number, class Field>
constexpr void require_field() {
    if constexpr (shares_nothing<Field>()) {
        return;
    } else if constexpr (std::is_class_v<Field> && std::is_aggregate_v<Field> &&
                         !standard_type<Field>::known) {
        require_message<Field>();
    } else {
        static_assert(field_of_a_message<Message, Number, Field>::told);
    }
}
template <class Message, class... Fields, std::size_t... I>
constexpr void require_fields(field_list<Fields...> /*types*/, std::index_sequence<I...> /*n*/) {
    (require_field<Message, I + 1, Fields>(), ...);
}

template <class M>
constexpr void require_aggregate() {
    constexpr aggregate_shape shape = shape_of<M>();
    static_assert(
        shape != aggregate_shape::too_many_fields,
        "a coppice message that is an aggregate has up to 64 fields, and each element of a C array "
        "counts: group fields into a struct, write std::array, or give the class a constructor");
    static_assert(shape != aggregate_shape::has_array,
                  "a coppice message cannot be checked if one of its fields is a C array: write "
                  "std::array");
    static_assert(
        shape != aggregate_shape::has_base,
        "a coppice message cannot be checked if the class is an aggregate with a base class: "
        "make the base its first field, or give the class a constructor");
    if constexpr (shape == aggregate_shape::known) {
        require_fields<M>(fields_t<M>{}, std::make_index_sequence<initialiser_count<M>()>{});
    }
}

template <class M>
constexpr void require_message() {
    static_assert(std::is_move_constructible_v<M>, "a coppice message has to be movable");
    if constexpr (std::is_class_v<M> && std::is_aggregate_v<M> && !std::is_empty_v<M> &&
                  !has_message_trait<M> && !standard_type<M>::known && !container_of_values<M>) {
        require_aggregate<M>();
    } else {
        static_assert(
            shares_nothing<M>(),
            "a coppice message may not hold a raw pointer, a reference, a view or a shared "
            "mutable pointer: processes share no memory. Send a copy, a unique_ptr, a "
            "shared_ptr<const T>, or specialise coppice::message_trait if the type is safe to "
            "share");
    }
}

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
