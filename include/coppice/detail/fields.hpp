// SPDX-License-Identifier: Apache-2.0
// The number and the types of an aggregate's fields. C++23 cannot list fields. A structured binding can name
// the fields once their number is known, and the number is found by trying brace initialisers.

#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace coppice::detail {

// The two conversion operators below are never called. Both have bodies because clang counts the
// constructor of a `std::optional` as a use of the conversion: clang instantiates the constructor to learn
// whether it throws.

template <class Aggregate>
struct any_copyable_field {
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Aggregate>)
    operator T&() const&& noexcept {  // NOLINT(google-explicit-constructor)
        __builtin_unreachable();
    }
};

template <class Aggregate>
struct any_movable_field {
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Aggregate>)
    operator T() const&& noexcept {  // NOLINT(google-explicit-constructor)
        __builtin_unreachable();
    }
};

template <class T>
using any_field = std::conditional_t<std::is_copy_constructible_v<T>, any_copyable_field<T>,
                                     any_movable_field<T>>;

/// Converts to a base class of the aggregate, and to no other type.
template <class Aggregate>
struct any_base {
    template <class T>
        requires(std::is_base_of_v<T, Aggregate> && !std::is_same_v<T, Aggregate>)
    operator T() const&& noexcept;  // NOLINT(google-explicit-constructor)
};

inline constexpr std::size_t field_count_max = 64;

template <class T, std::size_t... I>
constexpr bool fits(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), any_field<T>{})...}; };
}
template <class T, std::size_t... I, std::size_t... J>
constexpr bool fits_array(std::index_sequence<I...>, std::index_sequence<J...>) {
    return requires {
        T{(static_cast<void>(I), any_field<T>{})...,
          {any_field<T>{}},
          (static_cast<void>(J), any_field<T>{})...};
    };
}
template <class T, std::size_t... I>
constexpr bool fits_base(std::index_sequence<I...>) {
    return requires { T{any_base<T>{}, (static_cast<void>(I), any_field<T>{})...}; };
}

/// The largest number of initialisers that fits, up to `field_count_max` + 1. The search does not stop at the
/// first number that fails: a field without a default makes all smaller numbers fail. From the last such
/// field on, every number fits until there are too many.
template <class T, std::size_t N = 0, bool Found = false>
constexpr std::size_t initialiser_count() {
    constexpr bool now = fits<T>(std::make_index_sequence<N>{});
    if constexpr (Found && !now) {
        return N - 1;
    } else if constexpr (N > field_count_max) {
        return now ? N : 0;
    } else {
        return initialiser_count<T, N + 1, now>();
    }
}

// A C array takes one initialiser for each element, or a single initialiser in braces.
template <class T, std::size_t Before, std::size_t After>
constexpr bool array_begins_after() {
    if constexpr (fits_array<T>(std::make_index_sequence<Before>{},
                                std::make_index_sequence<After>{})) {
        return true;
    } else if constexpr (After == 0) {
        return false;
    } else {
        return array_begins_after<T, Before, After - 1>();
    }
}
template <class T, std::size_t Count, std::size_t Before = 0>
constexpr bool has_array() {
    if constexpr (Before + 2 > Count) {
        return false;
    } else if constexpr (array_begins_after<T, Before, Count - Before - 2>() &&
                         !fits_array<T>(std::make_index_sequence<Before>{},
                                        std::make_index_sequence<Count - Before - 1>{})) {
        return true;
    } else {
        return has_array<T, Count, Before + 1>();
    }
}

template <class T, std::size_t Count>
constexpr bool has_base() {
    if constexpr (Count == 0) {
        return false;
    } else {
        return fits_base<T>(std::make_index_sequence<Count - 1>{});
    }
}

template <class... Fields>
struct field_list {};

// clang-format off
#define COPPICE_F1 f1
#define COPPICE_D1 decltype(f1)
#define COPPICE_E1 {}
#define COPPICE_F2 COPPICE_F1, f2
#define COPPICE_D2 COPPICE_D1, decltype(f2)
#define COPPICE_E2 COPPICE_E1, {}
#define COPPICE_F3 COPPICE_F2, f3
#define COPPICE_D3 COPPICE_D2, decltype(f3)
#define COPPICE_E3 COPPICE_E2, {}
#define COPPICE_F4 COPPICE_F3, f4
#define COPPICE_D4 COPPICE_D3, decltype(f4)
#define COPPICE_E4 COPPICE_E3, {}
#define COPPICE_F5 COPPICE_F4, f5
#define COPPICE_D5 COPPICE_D4, decltype(f5)
#define COPPICE_E5 COPPICE_E4, {}
#define COPPICE_F6 COPPICE_F5, f6
#define COPPICE_D6 COPPICE_D5, decltype(f6)
#define COPPICE_E6 COPPICE_E5, {}
#define COPPICE_F7 COPPICE_F6, f7
#define COPPICE_D7 COPPICE_D6, decltype(f7)
#define COPPICE_E7 COPPICE_E6, {}
#define COPPICE_F8 COPPICE_F7, f8
#define COPPICE_D8 COPPICE_D7, decltype(f8)
#define COPPICE_E8 COPPICE_E7, {}
#define COPPICE_F9 COPPICE_F8, f9
#define COPPICE_D9 COPPICE_D8, decltype(f9)
#define COPPICE_E9 COPPICE_E8, {}
#define COPPICE_F10 COPPICE_F9, f10
#define COPPICE_D10 COPPICE_D9, decltype(f10)
#define COPPICE_E10 COPPICE_E9, {}
#define COPPICE_F11 COPPICE_F10, f11
#define COPPICE_D11 COPPICE_D10, decltype(f11)
#define COPPICE_E11 COPPICE_E10, {}
#define COPPICE_F12 COPPICE_F11, f12
#define COPPICE_D12 COPPICE_D11, decltype(f12)
#define COPPICE_E12 COPPICE_E11, {}
#define COPPICE_F13 COPPICE_F12, f13
#define COPPICE_D13 COPPICE_D12, decltype(f13)
#define COPPICE_E13 COPPICE_E12, {}
#define COPPICE_F14 COPPICE_F13, f14
#define COPPICE_D14 COPPICE_D13, decltype(f14)
#define COPPICE_E14 COPPICE_E13, {}
#define COPPICE_F15 COPPICE_F14, f15
#define COPPICE_D15 COPPICE_D14, decltype(f15)
#define COPPICE_E15 COPPICE_E14, {}
#define COPPICE_F16 COPPICE_F15, f16
#define COPPICE_D16 COPPICE_D15, decltype(f16)
#define COPPICE_E16 COPPICE_E15, {}
#define COPPICE_F17 COPPICE_F16, f17
#define COPPICE_D17 COPPICE_D16, decltype(f17)
#define COPPICE_E17 COPPICE_E16, {}
#define COPPICE_F18 COPPICE_F17, f18
#define COPPICE_D18 COPPICE_D17, decltype(f18)
#define COPPICE_E18 COPPICE_E17, {}
#define COPPICE_F19 COPPICE_F18, f19
#define COPPICE_D19 COPPICE_D18, decltype(f19)
#define COPPICE_E19 COPPICE_E18, {}
#define COPPICE_F20 COPPICE_F19, f20
#define COPPICE_D20 COPPICE_D19, decltype(f20)
#define COPPICE_E20 COPPICE_E19, {}
#define COPPICE_F21 COPPICE_F20, f21
#define COPPICE_D21 COPPICE_D20, decltype(f21)
#define COPPICE_E21 COPPICE_E20, {}
#define COPPICE_F22 COPPICE_F21, f22
#define COPPICE_D22 COPPICE_D21, decltype(f22)
#define COPPICE_E22 COPPICE_E21, {}
#define COPPICE_F23 COPPICE_F22, f23
#define COPPICE_D23 COPPICE_D22, decltype(f23)
#define COPPICE_E23 COPPICE_E22, {}
#define COPPICE_F24 COPPICE_F23, f24
#define COPPICE_D24 COPPICE_D23, decltype(f24)
#define COPPICE_E24 COPPICE_E23, {}
#define COPPICE_F25 COPPICE_F24, f25
#define COPPICE_D25 COPPICE_D24, decltype(f25)
#define COPPICE_E25 COPPICE_E24, {}
#define COPPICE_F26 COPPICE_F25, f26
#define COPPICE_D26 COPPICE_D25, decltype(f26)
#define COPPICE_E26 COPPICE_E25, {}
#define COPPICE_F27 COPPICE_F26, f27
#define COPPICE_D27 COPPICE_D26, decltype(f27)
#define COPPICE_E27 COPPICE_E26, {}
#define COPPICE_F28 COPPICE_F27, f28
#define COPPICE_D28 COPPICE_D27, decltype(f28)
#define COPPICE_E28 COPPICE_E27, {}
#define COPPICE_F29 COPPICE_F28, f29
#define COPPICE_D29 COPPICE_D28, decltype(f29)
#define COPPICE_E29 COPPICE_E28, {}
#define COPPICE_F30 COPPICE_F29, f30
#define COPPICE_D30 COPPICE_D29, decltype(f30)
#define COPPICE_E30 COPPICE_E29, {}
#define COPPICE_F31 COPPICE_F30, f31
#define COPPICE_D31 COPPICE_D30, decltype(f31)
#define COPPICE_E31 COPPICE_E30, {}
#define COPPICE_F32 COPPICE_F31, f32
#define COPPICE_D32 COPPICE_D31, decltype(f32)
#define COPPICE_E32 COPPICE_E31, {}
#define COPPICE_F33 COPPICE_F32, f33
#define COPPICE_D33 COPPICE_D32, decltype(f33)
#define COPPICE_E33 COPPICE_E32, {}
#define COPPICE_F34 COPPICE_F33, f34
#define COPPICE_D34 COPPICE_D33, decltype(f34)
#define COPPICE_E34 COPPICE_E33, {}
#define COPPICE_F35 COPPICE_F34, f35
#define COPPICE_D35 COPPICE_D34, decltype(f35)
#define COPPICE_E35 COPPICE_E34, {}
#define COPPICE_F36 COPPICE_F35, f36
#define COPPICE_D36 COPPICE_D35, decltype(f36)
#define COPPICE_E36 COPPICE_E35, {}
#define COPPICE_F37 COPPICE_F36, f37
#define COPPICE_D37 COPPICE_D36, decltype(f37)
#define COPPICE_E37 COPPICE_E36, {}
#define COPPICE_F38 COPPICE_F37, f38
#define COPPICE_D38 COPPICE_D37, decltype(f38)
#define COPPICE_E38 COPPICE_E37, {}
#define COPPICE_F39 COPPICE_F38, f39
#define COPPICE_D39 COPPICE_D38, decltype(f39)
#define COPPICE_E39 COPPICE_E38, {}
#define COPPICE_F40 COPPICE_F39, f40
#define COPPICE_D40 COPPICE_D39, decltype(f40)
#define COPPICE_E40 COPPICE_E39, {}
#define COPPICE_F41 COPPICE_F40, f41
#define COPPICE_D41 COPPICE_D40, decltype(f41)
#define COPPICE_E41 COPPICE_E40, {}
#define COPPICE_F42 COPPICE_F41, f42
#define COPPICE_D42 COPPICE_D41, decltype(f42)
#define COPPICE_E42 COPPICE_E41, {}
#define COPPICE_F43 COPPICE_F42, f43
#define COPPICE_D43 COPPICE_D42, decltype(f43)
#define COPPICE_E43 COPPICE_E42, {}
#define COPPICE_F44 COPPICE_F43, f44
#define COPPICE_D44 COPPICE_D43, decltype(f44)
#define COPPICE_E44 COPPICE_E43, {}
#define COPPICE_F45 COPPICE_F44, f45
#define COPPICE_D45 COPPICE_D44, decltype(f45)
#define COPPICE_E45 COPPICE_E44, {}
#define COPPICE_F46 COPPICE_F45, f46
#define COPPICE_D46 COPPICE_D45, decltype(f46)
#define COPPICE_E46 COPPICE_E45, {}
#define COPPICE_F47 COPPICE_F46, f47
#define COPPICE_D47 COPPICE_D46, decltype(f47)
#define COPPICE_E47 COPPICE_E46, {}
#define COPPICE_F48 COPPICE_F47, f48
#define COPPICE_D48 COPPICE_D47, decltype(f48)
#define COPPICE_E48 COPPICE_E47, {}
#define COPPICE_F49 COPPICE_F48, f49
#define COPPICE_D49 COPPICE_D48, decltype(f49)
#define COPPICE_E49 COPPICE_E48, {}
#define COPPICE_F50 COPPICE_F49, f50
#define COPPICE_D50 COPPICE_D49, decltype(f50)
#define COPPICE_E50 COPPICE_E49, {}
#define COPPICE_F51 COPPICE_F50, f51
#define COPPICE_D51 COPPICE_D50, decltype(f51)
#define COPPICE_E51 COPPICE_E50, {}
#define COPPICE_F52 COPPICE_F51, f52
#define COPPICE_D52 COPPICE_D51, decltype(f52)
#define COPPICE_E52 COPPICE_E51, {}
#define COPPICE_F53 COPPICE_F52, f53
#define COPPICE_D53 COPPICE_D52, decltype(f53)
#define COPPICE_E53 COPPICE_E52, {}
#define COPPICE_F54 COPPICE_F53, f54
#define COPPICE_D54 COPPICE_D53, decltype(f54)
#define COPPICE_E54 COPPICE_E53, {}
#define COPPICE_F55 COPPICE_F54, f55
#define COPPICE_D55 COPPICE_D54, decltype(f55)
#define COPPICE_E55 COPPICE_E54, {}
#define COPPICE_F56 COPPICE_F55, f56
#define COPPICE_D56 COPPICE_D55, decltype(f56)
#define COPPICE_E56 COPPICE_E55, {}
#define COPPICE_F57 COPPICE_F56, f57
#define COPPICE_D57 COPPICE_D56, decltype(f57)
#define COPPICE_E57 COPPICE_E56, {}
#define COPPICE_F58 COPPICE_F57, f58
#define COPPICE_D58 COPPICE_D57, decltype(f58)
#define COPPICE_E58 COPPICE_E57, {}
#define COPPICE_F59 COPPICE_F58, f59
#define COPPICE_D59 COPPICE_D58, decltype(f59)
#define COPPICE_E59 COPPICE_E58, {}
#define COPPICE_F60 COPPICE_F59, f60
#define COPPICE_D60 COPPICE_D59, decltype(f60)
#define COPPICE_E60 COPPICE_E59, {}
#define COPPICE_F61 COPPICE_F60, f61
#define COPPICE_D61 COPPICE_D60, decltype(f61)
#define COPPICE_E61 COPPICE_E60, {}
#define COPPICE_F62 COPPICE_F61, f62
#define COPPICE_D62 COPPICE_D61, decltype(f62)
#define COPPICE_E62 COPPICE_E61, {}
#define COPPICE_F63 COPPICE_F62, f63
#define COPPICE_D63 COPPICE_D62, decltype(f63)
#define COPPICE_E63 COPPICE_E62, {}
#define COPPICE_F64 COPPICE_F63, f64
#define COPPICE_D64 COPPICE_D63, decltype(f64)
#define COPPICE_E64 COPPICE_E63, {}

/// Whether `N` empty braces fit. If so, no field is an array.
template <class T, std::size_t N>
constexpr bool fits_empty_braces() {
    if constexpr (N == 0) { return true; }
#define COPPICE_ROW(n) else if constexpr (N == n) { return requires { T{COPPICE_E##n}; }; }
    COPPICE_ROW(1)    COPPICE_ROW(2)    COPPICE_ROW(3)    COPPICE_ROW(4)    COPPICE_ROW(5)    COPPICE_ROW(6)    COPPICE_ROW(7)    COPPICE_ROW(8)
    COPPICE_ROW(9)    COPPICE_ROW(10)    COPPICE_ROW(11)    COPPICE_ROW(12)    COPPICE_ROW(13)    COPPICE_ROW(14)    COPPICE_ROW(15)    COPPICE_ROW(16)
    COPPICE_ROW(17)    COPPICE_ROW(18)    COPPICE_ROW(19)    COPPICE_ROW(20)    COPPICE_ROW(21)    COPPICE_ROW(22)    COPPICE_ROW(23)    COPPICE_ROW(24)
    COPPICE_ROW(25)    COPPICE_ROW(26)    COPPICE_ROW(27)    COPPICE_ROW(28)    COPPICE_ROW(29)    COPPICE_ROW(30)    COPPICE_ROW(31)    COPPICE_ROW(32)
    COPPICE_ROW(33)    COPPICE_ROW(34)    COPPICE_ROW(35)    COPPICE_ROW(36)    COPPICE_ROW(37)    COPPICE_ROW(38)    COPPICE_ROW(39)    COPPICE_ROW(40)
    COPPICE_ROW(41)    COPPICE_ROW(42)    COPPICE_ROW(43)    COPPICE_ROW(44)    COPPICE_ROW(45)    COPPICE_ROW(46)    COPPICE_ROW(47)    COPPICE_ROW(48)
    COPPICE_ROW(49)    COPPICE_ROW(50)    COPPICE_ROW(51)    COPPICE_ROW(52)    COPPICE_ROW(53)    COPPICE_ROW(54)    COPPICE_ROW(55)    COPPICE_ROW(56)
    COPPICE_ROW(57)    COPPICE_ROW(58)    COPPICE_ROW(59)    COPPICE_ROW(60)    COPPICE_ROW(61)    COPPICE_ROW(62)    COPPICE_ROW(63)    COPPICE_ROW(64)
#undef COPPICE_ROW
    else { return false; }
}

// `decltype` of a structured binding is the declared type of the member, references included.
template <class T, std::size_t N>
auto fields_of(T& t) {
    static_cast<void>(t);
    if constexpr (N == 0) { return field_list<>{}; }
#define COPPICE_ROW(n) else if constexpr (N == n) { auto& [COPPICE_F##n] = t; return field_list<COPPICE_D##n>{}; }
    COPPICE_ROW(1)    COPPICE_ROW(2)    COPPICE_ROW(3)    COPPICE_ROW(4)    COPPICE_ROW(5)    COPPICE_ROW(6)    COPPICE_ROW(7)    COPPICE_ROW(8)
    COPPICE_ROW(9)    COPPICE_ROW(10)    COPPICE_ROW(11)    COPPICE_ROW(12)    COPPICE_ROW(13)    COPPICE_ROW(14)    COPPICE_ROW(15)    COPPICE_ROW(16)
    COPPICE_ROW(17)    COPPICE_ROW(18)    COPPICE_ROW(19)    COPPICE_ROW(20)    COPPICE_ROW(21)    COPPICE_ROW(22)    COPPICE_ROW(23)    COPPICE_ROW(24)
    COPPICE_ROW(25)    COPPICE_ROW(26)    COPPICE_ROW(27)    COPPICE_ROW(28)    COPPICE_ROW(29)    COPPICE_ROW(30)    COPPICE_ROW(31)    COPPICE_ROW(32)
    COPPICE_ROW(33)    COPPICE_ROW(34)    COPPICE_ROW(35)    COPPICE_ROW(36)    COPPICE_ROW(37)    COPPICE_ROW(38)    COPPICE_ROW(39)    COPPICE_ROW(40)
    COPPICE_ROW(41)    COPPICE_ROW(42)    COPPICE_ROW(43)    COPPICE_ROW(44)    COPPICE_ROW(45)    COPPICE_ROW(46)    COPPICE_ROW(47)    COPPICE_ROW(48)
    COPPICE_ROW(49)    COPPICE_ROW(50)    COPPICE_ROW(51)    COPPICE_ROW(52)    COPPICE_ROW(53)    COPPICE_ROW(54)    COPPICE_ROW(55)    COPPICE_ROW(56)
    COPPICE_ROW(57)    COPPICE_ROW(58)    COPPICE_ROW(59)    COPPICE_ROW(60)    COPPICE_ROW(61)    COPPICE_ROW(62)    COPPICE_ROW(63)    COPPICE_ROW(64)
#undef COPPICE_ROW
}
/// Calls the visitor with all fields of the aggregate.
template <std::size_t N, class T, class Visitor>
constexpr decltype(auto) visit_fields(T& t, Visitor visitor) {
    static_cast<void>(t);
    if constexpr (N == 0) { return visitor(); }
#define COPPICE_ROW(n) else if constexpr (N == n) { auto& [COPPICE_F##n] = t; return visitor(COPPICE_F##n); }
    COPPICE_ROW(1)    COPPICE_ROW(2)    COPPICE_ROW(3)    COPPICE_ROW(4)    COPPICE_ROW(5)    COPPICE_ROW(6)    COPPICE_ROW(7)    COPPICE_ROW(8)
    COPPICE_ROW(9)    COPPICE_ROW(10)    COPPICE_ROW(11)    COPPICE_ROW(12)    COPPICE_ROW(13)    COPPICE_ROW(14)    COPPICE_ROW(15)    COPPICE_ROW(16)
    COPPICE_ROW(17)    COPPICE_ROW(18)    COPPICE_ROW(19)    COPPICE_ROW(20)    COPPICE_ROW(21)    COPPICE_ROW(22)    COPPICE_ROW(23)    COPPICE_ROW(24)
    COPPICE_ROW(25)    COPPICE_ROW(26)    COPPICE_ROW(27)    COPPICE_ROW(28)    COPPICE_ROW(29)    COPPICE_ROW(30)    COPPICE_ROW(31)    COPPICE_ROW(32)
    COPPICE_ROW(33)    COPPICE_ROW(34)    COPPICE_ROW(35)    COPPICE_ROW(36)    COPPICE_ROW(37)    COPPICE_ROW(38)    COPPICE_ROW(39)    COPPICE_ROW(40)
    COPPICE_ROW(41)    COPPICE_ROW(42)    COPPICE_ROW(43)    COPPICE_ROW(44)    COPPICE_ROW(45)    COPPICE_ROW(46)    COPPICE_ROW(47)    COPPICE_ROW(48)
    COPPICE_ROW(49)    COPPICE_ROW(50)    COPPICE_ROW(51)    COPPICE_ROW(52)    COPPICE_ROW(53)    COPPICE_ROW(54)    COPPICE_ROW(55)    COPPICE_ROW(56)
    COPPICE_ROW(57)    COPPICE_ROW(58)    COPPICE_ROW(59)    COPPICE_ROW(60)    COPPICE_ROW(61)    COPPICE_ROW(62)    COPPICE_ROW(63)    COPPICE_ROW(64)
#undef COPPICE_ROW
}
#undef COPPICE_F1
#undef COPPICE_D1
#undef COPPICE_E1
#undef COPPICE_F2
#undef COPPICE_D2
#undef COPPICE_E2
#undef COPPICE_F3
#undef COPPICE_D3
#undef COPPICE_E3
#undef COPPICE_F4
#undef COPPICE_D4
#undef COPPICE_E4
#undef COPPICE_F5
#undef COPPICE_D5
#undef COPPICE_E5
#undef COPPICE_F6
#undef COPPICE_D6
#undef COPPICE_E6
#undef COPPICE_F7
#undef COPPICE_D7
#undef COPPICE_E7
#undef COPPICE_F8
#undef COPPICE_D8
#undef COPPICE_E8
#undef COPPICE_F9
#undef COPPICE_D9
#undef COPPICE_E9
#undef COPPICE_F10
#undef COPPICE_D10
#undef COPPICE_E10
#undef COPPICE_F11
#undef COPPICE_D11
#undef COPPICE_E11
#undef COPPICE_F12
#undef COPPICE_D12
#undef COPPICE_E12
#undef COPPICE_F13
#undef COPPICE_D13
#undef COPPICE_E13
#undef COPPICE_F14
#undef COPPICE_D14
#undef COPPICE_E14
#undef COPPICE_F15
#undef COPPICE_D15
#undef COPPICE_E15
#undef COPPICE_F16
#undef COPPICE_D16
#undef COPPICE_E16
#undef COPPICE_F17
#undef COPPICE_D17
#undef COPPICE_E17
#undef COPPICE_F18
#undef COPPICE_D18
#undef COPPICE_E18
#undef COPPICE_F19
#undef COPPICE_D19
#undef COPPICE_E19
#undef COPPICE_F20
#undef COPPICE_D20
#undef COPPICE_E20
#undef COPPICE_F21
#undef COPPICE_D21
#undef COPPICE_E21
#undef COPPICE_F22
#undef COPPICE_D22
#undef COPPICE_E22
#undef COPPICE_F23
#undef COPPICE_D23
#undef COPPICE_E23
#undef COPPICE_F24
#undef COPPICE_D24
#undef COPPICE_E24
#undef COPPICE_F25
#undef COPPICE_D25
#undef COPPICE_E25
#undef COPPICE_F26
#undef COPPICE_D26
#undef COPPICE_E26
#undef COPPICE_F27
#undef COPPICE_D27
#undef COPPICE_E27
#undef COPPICE_F28
#undef COPPICE_D28
#undef COPPICE_E28
#undef COPPICE_F29
#undef COPPICE_D29
#undef COPPICE_E29
#undef COPPICE_F30
#undef COPPICE_D30
#undef COPPICE_E30
#undef COPPICE_F31
#undef COPPICE_D31
#undef COPPICE_E31
#undef COPPICE_F32
#undef COPPICE_D32
#undef COPPICE_E32
#undef COPPICE_F33
#undef COPPICE_D33
#undef COPPICE_E33
#undef COPPICE_F34
#undef COPPICE_D34
#undef COPPICE_E34
#undef COPPICE_F35
#undef COPPICE_D35
#undef COPPICE_E35
#undef COPPICE_F36
#undef COPPICE_D36
#undef COPPICE_E36
#undef COPPICE_F37
#undef COPPICE_D37
#undef COPPICE_E37
#undef COPPICE_F38
#undef COPPICE_D38
#undef COPPICE_E38
#undef COPPICE_F39
#undef COPPICE_D39
#undef COPPICE_E39
#undef COPPICE_F40
#undef COPPICE_D40
#undef COPPICE_E40
#undef COPPICE_F41
#undef COPPICE_D41
#undef COPPICE_E41
#undef COPPICE_F42
#undef COPPICE_D42
#undef COPPICE_E42
#undef COPPICE_F43
#undef COPPICE_D43
#undef COPPICE_E43
#undef COPPICE_F44
#undef COPPICE_D44
#undef COPPICE_E44
#undef COPPICE_F45
#undef COPPICE_D45
#undef COPPICE_E45
#undef COPPICE_F46
#undef COPPICE_D46
#undef COPPICE_E46
#undef COPPICE_F47
#undef COPPICE_D47
#undef COPPICE_E47
#undef COPPICE_F48
#undef COPPICE_D48
#undef COPPICE_E48
#undef COPPICE_F49
#undef COPPICE_D49
#undef COPPICE_E49
#undef COPPICE_F50
#undef COPPICE_D50
#undef COPPICE_E50
#undef COPPICE_F51
#undef COPPICE_D51
#undef COPPICE_E51
#undef COPPICE_F52
#undef COPPICE_D52
#undef COPPICE_E52
#undef COPPICE_F53
#undef COPPICE_D53
#undef COPPICE_E53
#undef COPPICE_F54
#undef COPPICE_D54
#undef COPPICE_E54
#undef COPPICE_F55
#undef COPPICE_D55
#undef COPPICE_E55
#undef COPPICE_F56
#undef COPPICE_D56
#undef COPPICE_E56
#undef COPPICE_F57
#undef COPPICE_D57
#undef COPPICE_E57
#undef COPPICE_F58
#undef COPPICE_D58
#undef COPPICE_E58
#undef COPPICE_F59
#undef COPPICE_D59
#undef COPPICE_E59
#undef COPPICE_F60
#undef COPPICE_D60
#undef COPPICE_E60
#undef COPPICE_F61
#undef COPPICE_D61
#undef COPPICE_E61
#undef COPPICE_F62
#undef COPPICE_D62
#undef COPPICE_E62
#undef COPPICE_F63
#undef COPPICE_D63
#undef COPPICE_E63
#undef COPPICE_F64
#undef COPPICE_D64
#undef COPPICE_E64
// clang-format on

enum class aggregate_shape : unsigned char { known, too_many_fields, has_array, has_base };

template <class T>
constexpr aggregate_shape shape_of() {
    constexpr std::size_t count = initialiser_count<T>();
    if constexpr (count > field_count_max) {
        return aggregate_shape::too_many_fields;
    } else if constexpr (has_base<T, count>()) {
        return aggregate_shape::has_base;
    } else if constexpr (!fits_empty_braces<T, count>() && has_array<T, count>()) {
        return aggregate_shape::has_array;
    } else {
        return aggregate_shape::known;
    }
}

}  // namespace coppice::detail
