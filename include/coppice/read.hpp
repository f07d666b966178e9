// SPDX-License-Identifier: Apache-2.0
// Parses values from text: the inverse of show.hpp. For a readable type, `read` turns the output of `show`
// into an equal value.
//
//     type                              accepted text
//     bool                              true, false
//     whole number, float, double       42, -1, 0.5, 1e9
//     enumeration                       2, red, colour(2)
//     char                              'a', a
//     std::string                       "a \"text\"", or bare: the whole text, in a list up to the comma
//     duration, time point              500ms, 3s, 2min; refused if the unit cannot count the time exactly
//     pid                               <0.12.1>, of the calling process's runtime; undefined
//     optional                          the contained value, or none
//     unique_ptr, shared_ptr<const T>   the owned value, or null
//     pair, tuple                       (1, "two")
//     list, set, array, map             [1, 2], {"one": 1}
//     aggregate                         point{x: 1, y: 2}, {x: 1, y: 2}, {1, 2}, {y: 2, x: 1}
//     class with a from_string          a "text", quoted or bare
//
// A field of an aggregate may be left out if the field's default is neither zero nor empty, or if the field
// is an optional or an owning pointer. Names of enumerators are known for the values 0 to 63. An enumeration
// without a fixed underlying type accepts only values with a known name. A function `bool
// from_string(std::string_view, T&)` in the namespace of T makes any default-constructible class readable. An
// aggregate with its own `to_string` is read field by field, which differs from the output of `show`.
//
// Not readable: views; variants and expected, whose text does not tell the alternative; long double; classes
// with constructors. `readable<T>` tells whether T is readable. `read` of any other type does not compile.
//
// Limits     Texts up to 1 MiB, brackets nested up to 64 deep, lists up to 64 MiB in memory.
// Threads    Any. Pids can be read only inside a process.
// Blocking   None.
// Ownership  The value owns all its parts. No part points into the text.
// Errors     A `read_error` value with the place, the expected text, an example and the text found.
//            Exceptions of T's constructors and of `from_string` propagate.
// Cost       Linear in the length of the text.
// Today      The numbers under Limits and the wording of errors may change.

#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/field_names.hpp"
#include "coppice/detail/read_words.hpp"
#include "coppice/detail/readable.hpp"
#include "coppice/detail/reader.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

template <class T>
bool read_value(text_reader& from, T& out);

template <class T>
bool read_enumerator(text_reader& from, T& out) {
    using limits = std::numeric_limits<std::underlying_type_t<T>>;
    constexpr auto& names = enumerator_names<T>;
    std::string (*shown)(std::int64_t) = nullptr;
    if constexpr (has_to_string<T>) {
        shown = [](std::int64_t value) { return std::string{to_string(static_cast<T>(value))}; };
    }
    const enumeration all{typeid(T),
                          names,
                          has_fixed_type<T>,
                          static_cast<std::int64_t>(limits::min()),
                          static_cast<std::uint64_t>(limits::max()),
                          shown};
    std::int64_t bits = 0;
    if (!from.enumerator(bits, all, &words_of<T>)) {
        return false;
    }
    out = static_cast<T>(bits);
    return true;
}

template <class T>
bool read_scalar(text_reader& from, T& out) {
    if constexpr (std::is_same_v<T, bool>) {
        return from.boolean(out, &words_of<T>);
    } else if constexpr (std::is_same_v<T, char>) {
        return from.character(out, &words_of<T>);
    } else if constexpr (std::is_floating_point_v<T>) {
        return from.real(out, &words_of<T>);
    } else if constexpr (std::is_enum_v<T>) {
        return read_enumerator(from, out);
    } else {
        using limits = std::numeric_limits<T>;
        std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> number = 0;
        bool done = false;
        if constexpr (std::is_signed_v<T>) {
            done = from.signed_number(number, limits::min(), limits::max(), &words_of<T>);
        } else {
            done = from.unsigned_number(number, limits::max(), &words_of<T>);
        }
        out = static_cast<T>(number);
        return done;
    }
}

template <class Rep, class Period>
bool read_duration(text_reader& from, std::chrono::duration<Rep, Period>& out) {
    using unit = typename Period::type;
    using limits = std::numeric_limits<Rep>;
    const auto help = &words_of<std::chrono::duration<Rep, Period>>;
    bool done = false;
    if constexpr (std::is_floating_point_v<Rep>) {
        double count = 0;
        done = from.real_duration(count, {unit::num, unit::den, 0, 0}, help);
        out = std::chrono::duration<Rep, Period>{static_cast<Rep>(count)};
    } else {
        constexpr wide_count counted = limits::max();
        constexpr wide_count most = counted < INT64_MAX ? counted : INT64_MAX;
        std::int64_t count = 0;
        done = from.whole_duration(count, {unit::num, unit::den, limits::min(), most}, help);
        out = std::chrono::duration<Rep, Period>{static_cast<Rep>(count)};
    }
    return done;
}

/// Types that may be empty: an optional or an owning pointer.
template <class T>
bool read_holder(text_reader& from, T& out) {
    constexpr std::string_view nothing = is_optional<T> ? "none" : "null";
    if (from.takes_word(nothing)) {
        out = T{};
        return true;
    }
    held_t<T> value{};
    if (!read_value(from, value)) {
        return from.could_be(nothing);
    }
    if constexpr (is_optional<T>) {
        out.emplace(std::move(value));
    } else if constexpr (is_shared_pointer<T>) {
        out = std::make_shared<const held_t<T>>(std::move(value));
    } else {
        out = std::make_unique<held_t<T>>(std::move(value));
    }
    return true;
}

template <class T>
bool read_key_and_value(text_reader& from, T& out, words_function help) {
    typename T::key_type key{};
    typename T::mapped_type value{};
    from.reads_key(true);
    const bool has_key = read_value(from, key);
    from.reads_key(false);
    if (!has_key || !from.colon(help) || !read_value(from, value)) {
        return false;
    }
    const bool is_new = !requires { out.try_emplace(key); } || !out.contains(key);
    out.emplace(std::move(key), std::move(value));
    return is_new || from.refuse(help, "a key twice");
}

template <class T>
bool read_range(text_reader& from, T& out) {
    constexpr auto help = &words_of<T>;
    text_reader::nested inside{from, map_like<T> ? '{' : '[', map_like<T> ? '}' : ']', help};
    out = T{};
    while (inside.next_item()) {
        const text_reader::place here{from, {}, inside.count() - 1};
        if (!from.charge(sizeof(typename T::value_type), help)) {
            return false;
        }
        if constexpr (map_like<T>) {
            if (!read_key_and_value(from, out, help)) {
                return false;
            }
        } else {
            typename T::value_type value{};
            if (!read_value(from, value)) {
                return false;
            }
            if constexpr (requires { out.push_back(std::move(value)); }) {
                out.push_back(std::move(value));
            } else {
                out.insert(std::move(value));
            }
        }
    }
    return !from.failed();
}

/// Array, pair or tuple: exactly one item for each element.
template <class T, std::size_t... I>
bool read_places(text_reader& from, T& out, std::index_sequence<I...> /*all*/) {
    constexpr auto help = &words_of<T>;
    text_reader::nested inside{from, range_like<T> ? '[' : '(', range_like<T> ? ']' : ')', help};
    const auto read_one = [&](auto& into, std::size_t index) {
        const text_reader::place here{from, {}, index};
        return inside.next_item() ? read_value(from, into)
                                  : from.refuse(&words_of<std::remove_reference_t<decltype(into)>>,
                                                "the end of the list");
    };
    const bool all_read = (read_one(std::get<I>(out), I) && ...);
    return all_read && (!inside.next_item() ? !from.failed() : from.refuse(help, "more"));
}

/// Reads the fields of an aggregate from one text or from several, and tracks the fields already read.
template <class T>
class field_reader {
  public:
    static constexpr std::size_t count = initialiser_count<T>();

    explicit field_reader(T& out) : out_{out} {}

    /// Reads the next field, by name or by position.
    bool read_next(text_reader& from) {
        const std::size_t named = from.named_field(field_names_of<T>);
        const std::size_t index = named < count ? named : next_;
        if (const std::string_view name = from.unknown_name(); named == count && !name.empty()) {
            return from.refuse(&words_of<T>, "a field " + std::string{name});
        }
        if (index >= count) {
            return from.refuse(&words_of<T>, "more fields");
        }
        return read(from, index);
    }
    /// Checks that each field was read or may be left out.
    bool finish(text_reader& from) { return finish(from, std::make_index_sequence<count>{}); }

  private:
    bool read(text_reader& from, std::size_t index) {
        const bool is_second = std::exchange(done_[index], true);
        next_ = index + 1;
        const text_reader::place here{from, field_names_of<T>[index], index};
        return visit_fields<count>(out_, [&](auto&... field) {
            std::size_t at = 0;
            bool ok = false;
            (static_cast<void>(at++ == index && (ok = read_one(from, field, is_second), true)),
             ...);
            return ok;
        });
    }
    template <class F>
    bool read_one(text_reader& from, F& field, bool is_second) {
        if (is_second) {
            return from.refuse(&words_of<F>, "a second value");
        }
        return read_value(from, field) && (from.is_in_brackets() || from.ends(&words_of<F>));
    }
    template <std::size_t... I>
    bool finish(text_reader& from, std::index_sequence<I...> /*all*/) {
        return visit_fields<count>(
            out_, [&](auto&... field) { return (is_complete<I>(from, field) && ...); });
    }
    template <std::size_t I, class F>
    bool is_complete(text_reader& from, const F& field) {
        if (done_[I] || may_be_left_out(field)) {
            return true;
        }
        const text_reader::place here{from, field_names_of<T>[I], I};
        return from.refuse(&words_of<F>, "nothing");
    }

    T& out_;
    std::array<bool, count> done_{};
    std::size_t next_ = 0;
};

template <class T>
bool read_aggregate(text_reader& from, T& out) {
    constexpr auto help = &words_of<T>;
    const bool has_name = from.takes_type(typeid(T));
    out = T{};
    if constexpr (std::is_empty_v<T>) {
        if (has_name && !from.is_at_bracket()) {
            return true;
        }
        text_reader::nested inside{from, '{', '}', help};
        return inside.next_item() ? from.refuse_next(help) : !from.failed();
    } else {
        text_reader::nested inside{from, '{', '}', help};
        field_reader<T> fields{out};
        while (inside.next_item()) {
            if (!fields.read_next(from)) {
                return false;
            }
        }
        return !from.failed() && fields.finish(from);
    }
}

template <class T>
bool read_value(text_reader& from, T& out) {
    if constexpr (!std::is_class_v<T>) {
        return read_scalar(from, out);
    } else if constexpr (has_from_string<T>) {
        std::string text;
        return from.string(text, &words_of<T>) &&
               (from_string(std::string_view{text}, out) || from.refuse_text(&words_of<T>, text));
    } else if constexpr (std::is_same_v<T, std::string>) {
        return from.string(out, &words_of<T>);
    } else if constexpr (std::is_same_v<T, pid>) {
        return from.process(out, node_of_reader(), &words_of<T>);
    } else if constexpr (std::is_same_v<T, ref>) {
        return from.reference(out, &words_of<T>);
    } else if constexpr (is_duration<T>) {
        return read_duration(from, out);
    } else if constexpr (is_time_point<T>) {
        typename T::duration since{};
        const bool done = read_duration(from, since);
        out = T{since};
        return done;
    } else if constexpr (is_optional<T> || owns_by_pointer<T>) {
        return read_holder(from, out);
    } else if constexpr (tuple_like<T>) {
        return read_places(from, out, std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (range_like<T>) {
        return read_range(from, out);
    } else {
        return read_aggregate(from, out);
    }
}

}  // namespace detail

/// Whether `read<T>` compiles.
template <class T>
concept readable = detail::is_readable<T>();

/// Parses the whole text as a value of type `T`. Nothing may follow the value but spaces.
template <class T>
[[nodiscard]] std::expected<T, read_error> read(std::string_view text) {
    static_assert(readable<T>,
                  "coppice::read cannot make this type from a text, see read.hpp: add `bool "
                  "from_string(std::string_view, T&)` to the namespace of the type");
    if constexpr (readable<T>) {
        detail::text_reader from{text};
        T out{};
        if (from.fits(&detail::words_of<T>) && detail::read_value(from, out) &&
            from.ends(&detail::words_of<T>)) {
            return out;
        }
        return std::unexpected{from.take_error()};
    }
}

}  // namespace coppice

#pragma GCC visibility pop
