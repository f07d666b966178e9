// SPDX-License-Identifier: Apache-2.0
// The types readable from text, and the reason why another type is unreadable.

#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/enumerators.hpp"
#include "coppice/detail/field_names.hpp"
#include "coppice/detail/message_rules.hpp"
#include "coppice/pid.hpp"
#include "coppice/show.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The hook for classes that are not readable otherwise. `from_string` returns whether the text is a value.
template <class T>
concept has_from_string = std::is_class_v<T> && requires(std::string_view text, T& into) {
    { from_string(text, into) } -> std::same_as<bool>;
};

template <class T>
inline constexpr bool is_unique_pointer = false;
template <class T>
inline constexpr bool is_unique_pointer<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool is_shared_pointer = false;
template <class T>
inline constexpr bool is_shared_pointer<std::shared_ptr<const T>> = true;
template <class T>
inline constexpr bool owns_by_pointer = is_unique_pointer<T> || is_shared_pointer<T>;

template <class T>
using held_t = std::remove_cvref_t<decltype(*std::declval<T&>())>;

/// The class prints in a form of its own, which `read` does not understand.
template <class T>
inline constexpr bool prints_its_own_way = has_to_string<T> || has_stream_operator<T>;

template <class T>
concept takes_elements = requires(T& t, typename T::value_type value) {
    t.push_back(std::move(value));
} || requires(T& t, typename T::value_type value) { t.insert(std::move(value)); };

template <class T, std::size_t... I>
consteval auto collect_field_names(std::index_sequence<I...> /*all*/) {
    return std::array<std::string_view, sizeof...(I)>{field_name<T, I>()...};
}
template <class T>
inline constexpr auto field_names_of =
    collect_field_names<T>(std::make_index_sequence<initialiser_count<T>()>{});

template <class T, class... Within>
consteval bool is_readable();

/// Whether a field can be read and assigned. A type under examination (`Within`) counts as readable, so the
/// search ends for recursive types.
template <class F, class... Within>
consteval bool is_readable_field() {
    if constexpr (std::is_same_v<F, std::remove_cvref_t<F>>) {
        return is_readable<F, Within...>();
    } else {
        return false;
    }
}
template <class... Within, class... Fields>
consteval bool all_are_readable(field_list<Fields...> /*types*/) {
    return (is_readable_field<Fields, Within...>() && ...);
}
template <class T>
consteval bool all_have_names() {
    for (const std::string_view each : field_names_of<T>) {
        if (each.empty()) {
            return false;  // a bit-field
        }
    }
    return true;
}
template <class T, class... Within>
consteval bool is_readable_aggregate() {
    if constexpr (!can_be_looked_into<T>() || !requires { T{}; } || !std::is_move_assignable_v<T>) {
        return false;
    } else if constexpr (std::is_empty_v<T>) {
        return true;
    } else if constexpr (all_have_names<T>()) {
        return all_are_readable<T, Within...>(fields_t<T>{});
    } else {
        return false;
    }
}

template <class T, class... Within>
struct parts_are_readable : std::false_type {};
template <class... Ts, class... Within>
struct parts_are_readable<std::tuple<Ts...>, Within...>
    : std::bool_constant<(is_readable_field<Ts, Within...>() && ...)> {};
template <class A, class B, class... Within>
struct parts_are_readable<std::pair<A, B>, Within...>
    : std::bool_constant<is_readable_field<A, Within...>() && is_readable_field<B, Within...>()> {};
template <class T, std::size_t N, class... Within>
struct parts_are_readable<std::array<T, N>, Within...>
    : std::bool_constant<is_readable_field<T, Within...>()> {};

template <class T, class... Within>
consteval bool is_readable_range() {
    if constexpr (!std::default_initializable<T> || prints_its_own_way<T> || !takes_elements<T>) {
        return false;
    } else if constexpr (map_like<T>) {
        return is_readable<typename T::key_type, T, Within...>() &&
               is_readable<typename T::mapped_type, T, Within...>();
    } else {
        return is_readable<typename T::value_type, T, Within...>();
    }
}

template <class T>
consteval bool is_readable_scalar() {
    if constexpr (std::is_floating_point_v<T>) {
        return sizeof(T) <= sizeof(double);
    } else if constexpr (std::is_enum_v<T>) {
        return (has_fixed_type<T> && !has_to_string<T>) || !enumerator_names<T>.empty();
    } else {
        return std::is_integral_v<T>;
    }
}

template <class T, class... Within>
consteval bool is_readable() {
    if constexpr ((std::is_same_v<T, Within> || ...)) {
        return true;
    } else if constexpr (!std::is_class_v<T>) {
        return is_readable_scalar<T>();
    } else if constexpr (has_from_string<T>) {
        return std::default_initializable<T>;
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, pid> ||
                         std::is_same_v<T, ref>) {
        return true;
    } else if constexpr (is_duration<T>) {
        return is_readable_scalar<typename T::rep>() && !std::is_class_v<typename T::rep>;
    } else if constexpr (is_time_point<T>) {
        return !prints_its_own_way<T> && is_readable<typename T::duration>();
    } else if constexpr (is_optional<T> || owns_by_pointer<T>) {
        using held = held_t<T>;
        return !is_optional<held> && !owns_by_pointer<held> && std::default_initializable<held> &&
               is_readable<held, T, Within...>();
    } else if constexpr (tuple_like<T>) {
        return !prints_its_own_way<T> && std::default_initializable<T> &&
               parts_are_readable<T, T, Within...>::value;
    } else if constexpr (text_like<T>) {
        return false;  // a view, or a class converting to a view
    } else if constexpr (range_like<T>) {
        return is_readable_range<T, Within...>();
    } else {
        return is_readable_aggregate<T, Within...>();
    }
}

/// Whether a field missing from the text may keep its default. A zero or empty default does not count: the
/// author of the type probably did not choose such a value on purpose.
template <class F>
bool may_be_left_out(const F& field) {
    if constexpr (is_optional<F> || owns_by_pointer<F>) {
        return true;
    } else if constexpr (tuple_like<F>) {  // an array is never empty
        return std::apply([](const auto&... inner) { return (may_be_left_out(inner) && ...); },
                          field);
    } else if constexpr (requires { field.empty(); }) {
        return !field.empty();
    } else if constexpr (can_be_looked_into<F>()) {
        return visit_fields<initialiser_count<F>()>(
            field, [](const auto&... inner) { return (may_be_left_out(inner) && ...); });
    } else if constexpr (std::equality_comparable<F>) {
        return !(field == F{});
    } else {
        return false;
    }
}

/// The part of the type that is unreadable: "field to, a std::function<void ()>".
template <class T>
std::string unreadable_part();

template <class T, std::size_t I, class F>
void append_unreadable(std::string& out) {
    if constexpr (!is_readable_field<F, T>()) {
        if (out.empty()) {
            const std::string_view name = field_name<T, I>();
            out = "field " + (name.empty() ? std::to_string(I + 1) : std::string{name}) + ", ";
            out += unreadable_part<std::remove_cvref_t<F>>();
        }
    }
}
template <class T, class... Fields, std::size_t... I>
std::string first_unreadable(field_list<Fields...> /*types*/, std::index_sequence<I...> /*all*/) {
    std::string out;
    (append_unreadable<T, I, Fields>(out), ...);
    return out;
}
template <class T>
std::string unreadable_part() {
    if constexpr (can_be_looked_into<T>() && !std::is_empty_v<T> && requires { T{}; }) {
        std::string inner =
            first_unreadable<T>(fields_t<T>{}, std::make_index_sequence<initialiser_count<T>()>{});
        if (!inner.empty()) {
            return inner;
        }
    }
    return "a " + short_type_name(typeid(T));
}

}  // namespace coppice::detail

#pragma GCC visibility pop
