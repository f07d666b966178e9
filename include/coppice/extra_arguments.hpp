// SPDX-License-Identifier: Apache-2.0
// extra_arguments: arguments that a dynamic supervisor gives to the start of each of its children.
//
//     co_await dynamic_supervisor::start_link({.name = "rooms"}, extra_arguments(logger, 100));
//     co_await rooms.start_child(child<room>(extra<pid, int>, "garden"));
//
// starts a room(pid, int, std::string): the supervisor's arguments replace `extra`, in front of the
// child's own arguments. A restart gets the same arguments again. Types have to match exactly, without
// conversions. On a mismatch the start fails with an error that names the types of both sides. String
// literals are kept as std::string.
//
// Threads    Values. Copies share the kept arguments.
// Blocking   None.
// Ownership  Copies share the kept arguments. The last copy destroys the arguments.
// Errors     A mismatch makes the start fail with a std::invalid_argument inside the reason.
// Cost       Copying is O(1). Each start copies the arguments themselves.
// Semantics  Elixir's DynamicSupervisor, `extra_arguments`.

#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coppice/message.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The values, kept once and shared by all copies. Default-constructed: no arguments.
class extra_arguments {
  public:
    /// No arguments.
    extra_arguments() = default;
    /// Keeps copies of the arguments, which have to be messages, see message.hpp.
    template <class First, class... Rest>
        requires(!std::is_same_v<std::decay_t<First>, extra_arguments>)
    explicit extra_arguments(First&& first, Rest&&... rest)
        : values_{std::make_shared<
              const std::tuple<detail::kept_t<First>, detail::kept_t<Rest>...>>(
              std::forward<First>(first), std::forward<Rest>(rest)...)},
          types_{&typeid(std::tuple<detail::kept_t<First>, detail::kept_t<Rest>...>)} {
        detail::require_safe_arguments<First, Rest...>();
        (detail::require_message<detail::kept_t<First>>(), ...,
         detail::require_message<detail::kept_t<Rest>>());
    }

    /// The arguments, valid as long as any copy of this object. Throws std::invalid_argument unless the
    /// arguments have exactly these types.
    template <class... Expected>
    const std::tuple<Expected...>& as() const {
        if (*types_ != typeid(std::tuple<Expected...>)) {
            refuse(typeid(std::tuple<Expected...>));
        }
        if constexpr (sizeof...(Expected) == 0) {
            static constexpr std::tuple<> none;
            return none;
        } else {
            return *static_cast<const std::tuple<Expected...>*>(values_.get());
        }
    }

  private:
    [[noreturn]] void refuse(const std::type_info& expected) const;

    std::shared_ptr<const void> values_;
    const std::type_info* types_ = &typeid(std::tuple<>);
};

/// Stands in front of a child's own arguments, in the place of the dynamic supervisor's arguments.
template <class... Expected>
struct extra_t {};
/// The first argument of `child<T>(extra<A, B>, …)`: the types of the supervisor's arguments.
template <class... Expected>
inline constexpr extra_t<Expected...> extra{};

namespace detail {

/// The arguments of one start: a copy of the kept arguments, with the extra arguments in their place.
template <class... Args>
std::tuple<Args...> start_arguments(const std::tuple<Args...>& own, const extra_arguments&) {
    return own;
}

template <class... Expected, class... Args>
std::tuple<Expected..., Args...> start_arguments(
    const std::tuple<extra_t<Expected...>, Args...>& own, const extra_arguments& given) {
    return std::apply(
        [&](const extra_t<Expected...>&, const Args&... args) {
            return std::tuple_cat(given.as<Expected...>(), std::tuple<Args...>{args...});
        },
        own);
}

/// Whether `F` runs as a process with arguments that are kept as `Args`.
template <class F, class... Args>
struct runs_with : std::is_invocable_r<task<>, const F&, Args...> {};
template <class F, class... Expected, class... Args>
struct runs_with<F, extra_t<Expected...>, Args...> : runs_with<F, Expected..., Args...> {};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
