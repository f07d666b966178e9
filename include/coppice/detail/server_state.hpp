// SPDX-License-Identifier: Apache-2.0
// The state of a server, for tools and reports. A server is an object of a class.

#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/detail/class_fields.hpp"
#include "coppice/show.hpp"
#include "coppice/task.hpp"

namespace coppice::detail {

template <class T>
struct is_task : std::false_type {};
template <class T>
struct is_task<task<T>> : std::true_type {
    using value_type = T;
};

/// Whether the class has a member function `state()` that returns the state.
template <class T>
concept tells_state = requires(const T& t) {
    t.state();
    requires !std::is_void_v<decltype(t.state())>;
    requires !is_task<std::remove_cvref_t<decltype(t.state())>>::value;
};

template <class T>
struct state_type_of {
    using type = T;
};
template <tells_state T>
struct state_type_of<T> {
    using type = std::remove_cvref_t<decltype(std::declval<const T&>().state())>;
};
template <class T>
using state_of = typename state_type_of<T>::type;

template <class T>
concept formats_status = requires(const T& t) {
    t.format_status();
    requires !std::is_void_v<decltype(t.format_status())>;
};

/// The state, not formatted.
template <class T>
std::string show_state(const T& server) {
    if constexpr (tells_state<T> && !has_to_string<T>) {
        return show(server.state());
    } else {
        return show_class(server);
    }
}

/// The state as reports and `get_status` show the state. May throw from `format_status`.
template <class T>
std::string show_formatted(const T& server) {
    if constexpr (!formats_status<T>) {
        return show_state(server);
    } else if constexpr (std::is_convertible_v<decltype(server.format_status()), std::string>) {
        return std::string{server.format_status()};
    } else {
        return show(server.format_status());
    }
}

}  // namespace coppice::detail
