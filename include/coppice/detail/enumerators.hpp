// SPDX-License-Identifier: Apache-2.0
// The names of an enumeration's values, for small numbers. The compiler spells a template argument as the
// name of an enumerator if one exists, and otherwise as a cast of the number.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/detail/field_names.hpp"
#include "coppice/detail/reader.hpp"

namespace coppice::detail {

/// Only numbers below this one are tried.
inline constexpr std::int64_t named_numbers = 64;

/// Every number of the underlying type is a value of the enumeration.
template <class E>
concept has_fixed_type = requires { E{0}; };

template <class E, std::int64_t Number>
consteval std::string_view enumerator_name_of() {
    using number = std::underlying_type_t<E>;
    if constexpr (static_cast<std::uint64_t>(Number) <=
                  static_cast<std::uint64_t>(std::numeric_limits<number>::max())) {
        // A cast is ill-formed here for an enumeration without a fixed underlying type.
        constexpr E value = std::bit_cast<E>(static_cast<number>(Number));
        const std::string_view text = name_with_context<value>();
        constexpr std::string_view before = "Address = ";
        const std::size_t begin = text.find(before) + before.size();
        const std::string_view written =
            text.substr(begin, text.find_first_of("];", begin) - begin);
        const std::string_view name = written.substr(written.find_last_of(":)") + 1);
        const bool is_name = !written.starts_with('(') && !name.empty() &&
                             !(name[0] >= '0' && name[0] <= '9') && name[0] != '-';
        return is_name ? name : std::string_view{};
    } else {
        return {};
    }
}

template <class E, std::int64_t... Number>
consteval auto collect_names(std::integer_sequence<std::int64_t, Number...> /*tried*/) {
    constexpr std::size_t count =
        (std::size_t{0} + ... + (enumerator_name_of<E, Number>().empty() ? 0U : 1U));
    std::array<enumerator_name, count> out{};
    std::size_t next = 0;
    const auto add = [&](std::string_view name, std::int64_t value) {
        if (!name.empty()) {
            out[next++] = {name, value};
        }
    };
    (add(enumerator_name_of<E, Number>(), Number), ...);
    return out;
}

template <class E>
inline constexpr auto enumerator_names =
    collect_names<E>(std::make_integer_sequence<std::int64_t, named_numbers>{});

}  // namespace coppice::detail
