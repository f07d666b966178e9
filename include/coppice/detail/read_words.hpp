// SPDX-License-Identifier: Apache-2.0
// Descriptions of readable types, for errors and for lists of messages.

#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/readable.hpp"
#include "coppice/detail/reader.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Types may be recursive, so a description stops at this depth.
inline constexpr int words_depth_max = 4;

template <class T>
type_words words_at(int depth);

type_words words_of_boolean();
type_words words_of_character();
type_words words_of_text();
type_words words_of_real(bool is_double);
type_words words_of_process();
type_words words_of_reference();
type_words words_of_signed(std::size_t bytes, std::int64_t least, std::int64_t most);
type_words words_of_unsigned(std::size_t bytes, std::uint64_t most);
type_words words_of_enumeration(const std::type_info& type, std::span<const enumerator_name> names,
                                bool takes_numbers);
type_words words_of_duration(std::intmax_t numerator, std::intmax_t denominator, bool is_whole);
type_words words_of_class(const std::type_info& type);
type_words words_of_list(type_words element);
type_words words_of_map(type_words key, type_words value);
type_words words_or(type_words held, std::string_view nothing);

/// Parts in brackets: "point{x: int, y: int}".
class words_of_parts {
  public:
    words_of_parts(std::string name, char open, char close);
    void add(std::string_view field, const type_words& of);
    type_words take() &&;

  private:
    type_words out_;
    char close_;
    std::size_t count_ = 0;
};

template <class T, class... Fields, std::size_t... I>
void add_fields(words_of_parts& to, field_list<Fields...> /*types*/,
                std::index_sequence<I...> /*all*/, int depth) {
    (to.add(field_names_of<T>[I], words_at<Fields>(depth + 1)), ...);
}
template <class T>
type_words words_of_aggregate(int depth) {
    words_of_parts out{short_type_name(typeid(T)), '{', '}'};
    if constexpr (!std::is_empty_v<T>) {
        if (depth < words_depth_max) {
            add_fields<T>(out, fields_t<T>{}, std::make_index_sequence<initialiser_count<T>()>{},
                          depth);
        }
    }
    return std::move(out).take();
}
template <class T, std::size_t... I>
type_words words_of_places(std::index_sequence<I...> /*all*/, int depth) {
    words_of_parts out{"", range_like<T> ? '[' : '(', range_like<T> ? ']' : ')'};
    (out.add("", words_at<std::tuple_element_t<I, T>>(depth + 1)), ...);
    return std::move(out).take();
}

template <class T>
type_words words_of_scalar() {
    if constexpr (std::is_same_v<T, bool>) {
        return words_of_boolean();
    } else if constexpr (std::is_same_v<T, char>) {
        return words_of_character();
    } else if constexpr (std::is_floating_point_v<T>) {
        return words_of_real(std::is_same_v<T, double>);
    } else if constexpr (std::is_enum_v<T>) {
        return words_of_enumeration(typeid(T), enumerator_names<T>, has_fixed_type<T>);
    } else if constexpr (std::is_signed_v<T>) {
        return words_of_signed(sizeof(T), std::numeric_limits<T>::min(),
                               std::numeric_limits<T>::max());
    } else {
        return words_of_unsigned(sizeof(T), std::numeric_limits<T>::max());
    }
}

template <class T>
type_words words_at(int depth) {
    if constexpr (!std::is_class_v<T>) {
        return words_of_scalar<T>();
    } else if constexpr (has_from_string<T>) {
        return words_of_class(typeid(T));
    } else if constexpr (std::is_same_v<T, std::string>) {
        return words_of_text();
    } else if constexpr (std::is_same_v<T, pid>) {
        return words_of_process();
    } else if constexpr (std::is_same_v<T, ref>) {
        return words_of_reference();
    } else if constexpr (is_duration<T>) {
        using unit = typename T::period::type;
        return words_of_duration(unit::num, unit::den, !std::is_floating_point_v<typename T::rep>);
    } else if constexpr (is_time_point<T>) {
        return words_at<typename T::duration>(depth);
    } else if constexpr (is_optional<T> || owns_by_pointer<T>) {
        return words_or(words_at<held_t<T>>(depth), is_optional<T> ? "none" : "null");
    } else if constexpr (tuple_like<T>) {
        return words_of_places<T>(std::make_index_sequence<std::tuple_size_v<T>>{}, depth);
    } else if constexpr (map_like<T>) {
        return words_of_map(words_at<typename T::key_type>(depth + 1),
                            words_at<typename T::mapped_type>(depth + 1));
    } else if constexpr (range_like<T>) {
        return words_of_list(words_at<typename T::value_type>(depth + 1));
    } else {
        return words_of_aggregate<T>(depth);
    }
}

template <class T>
type_words words_of() {
    return words_at<T>(0);
}

}  // namespace coppice::detail

#pragma GCC visibility pop
