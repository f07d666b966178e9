// SPDX-License-Identifier: Apache-2.0
// The names of an aggregate's fields. A compiler spells a pointer template argument as the name of the
// object it points to. So a pointer to a field of an object that is declared but never defined reveals
// the field's name.

#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "coppice/detail/fields.hpp"

namespace coppice::detail {

/// Holds a T without the need for a constructor of T.
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
    static const unborn<T> instance;  // never defined: only addresses of fields are formed
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

/// False for bit-fields and references: neither has an address that is a constant expression.
template <class T, std::size_t I>
concept has_field_name = requires { name_with_context<field_address<T, I>()>(); };

/// clang writes "[Address = &nowhere<T>.value.name]", g++ writes "(& nowhere<T>::instance.….T::name); …]".
consteval std::string_view last_name_in(std::string_view text) {
    // g++: the parenthesis behind the value, as `T` may be a function type.
    const std::size_t closing = text.find(");", text.rfind("value."));
    const std::size_t end = closing == std::string_view::npos ? text.rfind(']') : closing;
    const std::string_view path = text.substr(0, end);
    return path.substr(path.find_last_of(".:") + 1);
}

/// Empty if the name is unknown.
template <class T, std::size_t I>
consteval std::string_view field_name() {
    if constexpr (has_field_name<T, I>) {
        return last_name_in(name_with_context<field_address<T, I>()>());
    } else {
        return {};
    }
}

}  // namespace coppice::detail
