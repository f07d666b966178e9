// SPDX-License-Identifier: Apache-2.0
// Values as text, for people: reports, traces and `sys::get_state` show messages and states in this form.
//
//     value                                    as
//     bool, number, enumerator                 true, 42, 0.5, color(2)
//     character, string                        'a', "a \"text\""
//     type with a `to_string` or an `<<`       the result of `to_string` or `<<`
//     duration, time point                     500ms, 3s
//     optional, expected, variant, pointer     the value inside, or none, or null
//     pair, tuple                              (1, "two")
//     range, map                               [1, 2], {"one": 1}
//     aggregate                                point{x: 1, y: 2}
//     anything else                            its type
//
// The first matching row counts, except that a `to_string` or an `<<` in the type's own namespace takes
// precedence over all later rows. An aggregate prints without any code of its own if it has up to 64 fields
// and neither a base nor a C array. A field whose name the compiler cannot tell, such as a bit-field, is
// shown by number. A text that exceeds the limits on length or depth ends in "...".
//
// The text is escaped according to printable.hpp: one line, and harmless to a terminal. An exception of a
// user's printer is caught, and a remark is printed in the place of the value.
//
// Threads    Any. The value is only read.
// Blocking   None, unless a user's printer blocks.
// Ownership  The text is independent of the value.
// Errors     None, except std::bad_alloc.
// Cost       Linear in the size of the text, which is limited.
// Today      The form of the text may change together with read.hpp. The default limits may change.

#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/field_names.hpp"
#include "coppice/detail/fields.hpp"
#include "coppice/detail/printer.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

template <class T>
void print(printer& to, const T& value);

template <class T>
concept has_to_string = requires(const T& value) { std::string{to_string(value)}; };

/// Found by argument-dependent lookup, so that the result does not depend on an include of <ostream>.
template <class T>
concept has_stream_operator =
    std::is_class_v<T> && requires(std::ostream& out, const T& value) { operator<<(out, value); };

template <class T>
concept text_like = std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept pointer_like = requires(const T& value) {
    typename T::element_type;
    value.get();
    *value;
} && !std::is_array_v<typename T::element_type>;
template <class T>
concept tuple_like = std::is_class_v<T> && requires { std::tuple_size<T>::value; };

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool is_time_point = false;
template <class Clock, class Duration>
inline constexpr bool is_time_point<std::chrono::time_point<Clock, Duration>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_expected = false;
template <class T, class E>
inline constexpr bool is_expected<std::expected<T, E>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;
template <class T>
inline constexpr bool is_atomic = false;
template <class T>
inline constexpr bool is_atomic<std::atomic<T>> = true;

template <class T>
concept range_like = requires(const T& value) {
    value.begin();
    value.end();
    typename T::value_type;
} && !std::is_same_v<typename T::value_type, T>;
template <class T>
concept map_like = range_like<T> && requires { typename T::mapped_type; };

template <class T>
constexpr bool can_be_looked_into() {
    if constexpr (std::is_class_v<T> && std::is_aggregate_v<T> && std::is_move_constructible_v<T>) {
        return std::is_empty_v<T> || shape_of<T>() == aggregate_shape::known;
    } else {
        return false;
    }
}

template <class T>
void print_range(printer& to, const T& value) {
    const printer::nested inside{to, map_like<T> ? '{' : '[', map_like<T> ? '}' : ']', true};
    for (auto each = value.begin(); inside.goes_on() && each != value.end(); ++each) {
        if (!inside.next_item()) {
            break;
        }
        if constexpr (map_like<T>) {
            print(to, each->first);
            to.text(": ");
            print(to, each->second);
        } else {
            print(to, static_cast<const typename T::value_type&>(*each));
        }
    }
}

template <class T>
void print_tuple(printer& to, const T& value) {
    const printer::nested inside{to, '(', ')'};
    std::apply(
        [&](const auto&... each) {
            (static_cast<void>(inside.next_item() && (print(to, each), true)), ...);
        },
        value);
}

template <class T, std::size_t... I>
void print_fields(printer& to, const T& value, std::index_sequence<I...> /*all*/) {
    const printer::nested inside{to, '{', '}'};
    visit_fields<sizeof...(I)>(value, [&](const auto&... field) {
        (static_cast<void>(inside.next_item() &&
                           (to.field(field_name<T, I>(), I), print(to, field), true)),
         ...);
    });
}

template <class T>
void print_aggregate(printer& to, const T& value) {
    to.short_type(typeid(T));
    if constexpr (!std::is_empty_v<T>) {
        print_fields(to, value, std::make_index_sequence<initialiser_count<T>()>{});
    }
}

template <class T>
void print_variant(printer& to, const T& value) {
    if (value.valueless_by_exception()) {
        to.text("valueless");
    } else {
        std::visit([&](const auto& each) { print(to, each); }, value);
    }
}

template <class T>
void print_expected(printer& to, const T& value) {
    if (!value.has_value()) {
        to.text("unexpected ");
        print(to, value.error());
    } else if constexpr (std::is_void_v<typename T::value_type>) {
        to.text("ok");
    } else {
        print(to, *value);
    }
}

template <class Duration>
void print_duration(printer& to, const Duration& value) {
    using unit = typename Duration::period::type;
    print(to, value.count());
    to.unit(unit::num, unit::den);
}

/// Types of the standard library and of the language.
template <class T>
void print_standard(printer& to, const T& value) {
    if constexpr (is_time_point<T>) {
        print_duration(to, value.time_since_epoch());
    } else if constexpr (is_optional<T> || pointer_like<T>) {
        if (value) {
            const printer::deeper inside{to};
            if (inside.goes_on()) {
                print(to, *value);
            }
        } else {
            to.text(is_optional<T> ? "none" : "null");
        }
    } else if constexpr (is_expected<T>) {
        print_expected(to, value);
    } else if constexpr (is_variant<T>) {
        print_variant(to, value);
    } else if constexpr (is_atomic<T>) {
        print(to, value.load());
    } else if constexpr (std::is_same_v<T, std::monostate>) {
        to.text("monostate");
    } else if constexpr (range_like<T>) {
        print_range(to, value);
    } else if constexpr (tuple_like<T>) {
        print_tuple(to, value);
    } else if constexpr (can_be_looked_into<T>()) {
        print_aggregate(to, value);
    } else {
        to.type(typeid(T));
    }
}

template <class T>
void print_scalar(printer& to, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        to.text(value ? "true" : "false");
    } else if constexpr (std::is_same_v<T, char>) {
        to.character(value);
    } else if constexpr (std::is_floating_point_v<T>) {
        to.number(static_cast<double>(value));
    } else if constexpr (std::is_enum_v<T>) {
        to.short_type(typeid(T));
        const printer::nested inside{to, '(', ')'};
        print(to, +static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_integral_v<T>) {
        if constexpr (std::is_signed_v<T>) {
            to.number(static_cast<std::int64_t>(value));
        } else {
            to.number(static_cast<std::uint64_t>(value));
        }
    } else if constexpr (std::is_null_pointer_v<T>) {
        to.text("null");
    } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T>) {
        to.text(value == nullptr ? "null" : "pointer");  // an address differs from run to run
    } else {
        to.type(typeid(T));
    }
}

template <class T>
void print(printer& to, const T& value) {
    if constexpr (text_like<T>) {
        if constexpr (std::is_pointer_v<T>) {
            if (value == nullptr) {
                to.text("null");
                return;
            }
        }
        to.quoted(std::string_view{value});
    } else if constexpr (!std::is_class_v<T> && !(std::is_enum_v<T> && has_to_string<T>)) {
        if constexpr (std::is_array_v<T>) {
            const printer::nested inside{to, '[', ']', true};
            for (const auto& each : value) {
                if (!inside.next_item()) {
                    break;
                }
                print(to, each);
            }
        } else {
            print_scalar(to, value);
        }
    } else if constexpr (is_duration<T>) {
        print_duration(to, value);
    } else if constexpr (has_to_string<T>) {
        to.printed("to_string", [&] { return std::string{to_string(value)}; });
    } else if constexpr (is_optional<T> || pointer_like<T>) {
        print_standard(to, value);  // their operator << prints an address
    } else if constexpr (has_stream_operator<T>) {
        to.printed("operator<<", [&] {
            return streamed(&value, [](std::ostream& out, const void* what) {
                operator<<(out, *static_cast<const T*>(what));
            });
        });
    } else {
        print_standard(to, value);
    }
}

}  // namespace detail

/// The value as text. The default limits are 8 levels, 32 items of one range, and 2048 bytes in all.
template <class T>
[[nodiscard]] std::string show(const T& value, const show_limits& limits = {}) {
    detail::printer to{limits};
    detail::print(to, value);
    return std::move(to).take();
}

}  // namespace coppice

#pragma GCC visibility pop
