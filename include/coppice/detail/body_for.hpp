// SPDX-License-Identifier: Apache-2.0
// The choice of the body for a class, made in one place for all starts.

#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/address.hpp"
#include "coppice/detail/object_body.hpp"
#include "coppice/detail/server_dispatch.hpp"

namespace coppice::detail {

/// The body of a process that runs an object of class T. A class is a gen_server, unless the header of
/// another behaviour specialises this template for the class.
template <class T>
struct body_for {
    using type = server_body<T>;
};

/// The body of a new process. `make` constructs the object of class T in the process.
template <class T, class Make>
auto make_body(address name, Make make) {
    return std::make_unique<made_body<typename body_for<T>::type, Make>>(std::move(name),
                                                                         std::move(make));
}

/// Likewise, for an object that is constructed with `args`.
template <class T, class... Args>
auto make_body_with(address name, Args&&... args) {
    (require_message<kept_t<Args>>(), ...);
    static_assert(std::is_constructible_v<T, kept_t<Args>...>,
                  "the server has no public constructor for these arguments");
    auto make = [held = std::tuple<kept_t<Args>...>{std::forward<Args>(args)...}](
                    std::optional<T>& into) mutable {
        std::apply([&](auto&... each) { into.emplace(std::move(each)...); }, held);
    };
    return make_body<T>(std::move(name), std::move(make));
}

}  // namespace coppice::detail
