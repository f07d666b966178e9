// SPDX-License-Identifier: Apache-2.0
// Members whose names look like misspelled handlers, which would never be called.

#pragma once

#include <type_traits>

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Names that look like a misspelled handler.
struct near_misses {
    void handle_timeout();
    void handle_terminate();
    void handle_init();
    void handle_calls();
    void handle_casts();
    void handle_infos();
    void handle_message();
    void handle_exit();
    void handle_down();
    void handleCall();
    void handleCast();
    void handleInfo();
    void handleContinue();
    void on_init();
    void on_call();
    void on_cast();
    void on_info();
    void on_continue();
    void on_terminate();
    void as_childs();
    void as_children();
};
template <class T>
struct with_near_misses : T, near_misses {};
template <class T>
concept means_its_names = requires { requires static_cast<bool>(T::names_are_meant); };

template <class T>
constexpr void require_no_near_miss() {
    if constexpr (std::is_class_v<T> && !std::is_final_v<T> && !means_its_names<T>) {
        using both = with_near_misses<T>;
        static_assert(
            requires { &both::handle_timeout; },
            "handle_timeout is never called: the timeout comes as a message, "
            "handle_info(coppice::timeout) (or say names_are_meant, see gen_server.hpp)");
        static_assert(
            requires { &both::handle_terminate; } && requires { &both::on_terminate; },
            "this member is never called: a server ends with terminate(coppice::exit_reason) (or "
            "say names_are_meant, see gen_server.hpp)");
        static_assert(
            requires { &both::handle_init; } && requires { &both::on_init; },
            "this member is never called: a server begins with its constructor and init() (or say "
            "names_are_meant, see gen_server.hpp)");
        static_assert(
            requires { &both::handle_calls; } && requires { &both::handleCall; } &&
                requires { &both::on_call; },
            "this member is never called: calls come to handle_call (or say names_are_meant, see "
            "gen_server.hpp)");
        static_assert(
            requires { &both::handle_casts; } && requires { &both::handleCast; } &&
                requires { &both::on_cast; },
            "this member is never called: casts come to handle_cast (or say names_are_meant, see "
            "gen_server.hpp)");
        static_assert(
            requires { &both::handle_infos; } && requires { &both::handleInfo; } &&
                requires { &both::on_info; } && requires { &both::handle_message; },
            "this member is never called: other messages come to handle_info (or say "
            "names_are_meant, see gen_server.hpp)");
        static_assert(
            requires { &both::handle_exit; } && requires { &both::handle_down; },
            "this member is never called: exits and downs come as messages, "
            "handle_info(coppice::exit_message) "
            "or handle_info(coppice::down_message) (or say names_are_meant, see "
            "gen_server.hpp)");
        static_assert(
            requires { &both::handleContinue; } && requires { &both::on_continue; },
            "this member is never called: continue_with comes to handle_continue (or say "
            "names_are_meant, see gen_server.hpp)");
        static_assert(
            requires { &both::as_childs; } && requires { &both::as_children; },
            "this member is never read: a class declares its defaults as `static constexpr "
            "coppice::child_defaults as_child` (or say names_are_meant, see "
            "gen_server.hpp)");
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
