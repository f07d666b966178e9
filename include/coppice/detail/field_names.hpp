// SPDX-License-Identifier: Apache-2.0
// The names of an aggregate's fields. The compiler writes the name of what a template argument points to,
// so a pointer to the field of an object that is declared and never exists tells it.

#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "coppice/detail/fields.hpp"

namespace coppice::detail {

/// Needs no constructor of T.
template <class T>
union unborn {
    constexpr unborn() : nothing{} {}
    constexpr ~unborn() {}
    char nothing;
    T value;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
struct nowhere {
    static const unborn<T>
        instance;  // never defined: only the addresses of its fields are looked at
};

template <class T, std::size_t I>
consteval auto field_address() {
    return visit_fields<initialiser_count<T>()>(
        nowhere<T>::instance.value,
        [](const auto&... field) { return std::get<I>(std::tuple{&field...}); });
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <auto Address>
consteval std::string_view name_with_context() {
    return __PRETTY_FUNCTION__;
}

/// A bit-field and a reference have no address that is known when compiling.
template <class T, std::size_t I>
concept has_field_name = requires { name_with_context<field_address<T, I>()>(); };

/// "[Address = &nowhere<T>.value.name]" of clang, "(& nowhere<T>::instance.….T::name); …]" of g++.
consteval std::string_view last_name_in(std::string_view text) {
    const std::size_t closing = text.find(");", text.rfind("value."));  // not that of a function
    const std::size_t end = closing == std::string_view::npos ? text.rfind(']') : closing;
    const std::string_view path = text.substr(0, end);
    return path.substr(path.find_last_of(".:") + 1);
}

/// Empty if it is not known.
template <class T, std::size_t I>
consteval std::string_view field_name() {
    if constexpr (has_field_name<T, I>) {
        return last_name_in(name_with_context<field_address<T, I>()>());
    } else {
        return {};
    }
}

}  // namespace coppice::detail
