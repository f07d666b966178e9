// SPDX-License-Identifier: Apache-2.0
// How a supervisor and its children are started: the recipes behind `child_spec` and `supervisor`.

#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "coppice/detail/start_wait.hpp"
#include "coppice/extra_arguments.hpp"
#include "coppice/process.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// A start with its arguments, and its description for reports.
template <class Result, class... Given>
class any_recipe {
  public:
    any_recipe() = default;
    any_recipe(const any_recipe&) = delete;
    any_recipe& operator=(const any_recipe&) = delete;
    virtual ~any_recipe() = default;
    virtual Result begin(Given... given) const = 0;
    virtual std::string describe() const = 0;
    /// Whether `begin` uses `given`, such as the name in a child's spec.
    virtual bool takes_name() const noexcept = 0;
    /// Whether `begin` gives a server. Only a server has debug options.
    virtual bool makes_server() const noexcept = 0;
};

/// The recipe of two functions: `Describe` answers a text, `Begin` takes all of `Given` or none.
template <class Base, class Describe, class Begin>
class recipe;

template <class Result, class... Given, class Describe, class Begin>
class recipe<any_recipe<Result, Given...>, Describe, Begin> final
    : public any_recipe<Result, Given...> {
  public:
    recipe(Describe describe, Begin begin)
        : describe_{std::move(describe)}, begin_{std::move(begin)} {}

    Result begin(Given... given) const override { return begin_with(begin_, given...); }
    std::string describe() const override { return describe_(); }
    bool takes_name() const noexcept override { return std::is_invocable_v<Begin&, Given...>; }
    bool makes_server() const noexcept override {
        using begun = decltype(begin_with(std::declval<Begin&>(), std::declval<Given>()...));
        return std::is_convertible_v<begun, std::unique_ptr<behaviour_body>>;
    }

  private:
    static auto begin_with(Begin& begin, Given... given) {
        if constexpr (std::is_invocable_v<Begin&, Given...>) {
            return begin(given...);
        } else {
            return begin();
        }
    }

    [[no_unique_address]] Describe describe_;
    mutable Begin begin_;  // the init of a supervisor runs once and moves the arguments
};

/// The beginning of a child's start: a server to start and wait for, a finished start, or a task to wait for.
using begun_start =
    std::variant<std::unique_ptr<behaviour_body>, start_outcome, task<start_outcome>>;

/// Starts a child with a link to the calling supervisor. Good for any number of starts.
using start_recipe = any_recipe<begun_start, const std::string&, const extra_arguments&>;

/// The recipe of a child.
template <class Describe, class Begin>
std::shared_ptr<const start_recipe> make_start_recipe(Describe describe, Begin begin) {
    static_assert(
        std::is_invocable_v<const Begin&, const std::string&, const extra_arguments&> ||
            std::is_invocable_v<const Begin&>,
        "supervisors on several threads share the recipe, so the start function is const");
    return std::make_shared<const recipe<start_recipe, Describe, Begin>>(std::move(describe),
                                                                         std::move(begin));
}

/// Describes a recipe by class or function.
template <class T>
struct named_by_type {
    std::string operator()() const { return readable_type_name(typeid(T)); }
};

/// Registers the name before the function runs. The supervisor's own registration may come too late.
template <class F>
struct named_function {
    std::string name;
    F f;

    template <class... Args>
    auto operator()(Args&&... args) {
        take_name();
        return f(std::forward<Args>(args)...);
    }
    void take_name() const {
        try {
            register_name(name, self());
        } catch (const badarg_error&) {
            if (const pid holder = whereis(name); holder != self()) {
                exit(exit_reason::tuple("already_started", exit_reason::process(holder)));
            }
        }
    }
};

/// Registers the child's name before the end of the start, since callers look up the name from then on. The
/// child may be earlier. A dead child needs no name. A child without the name is killed.
void give_name_to_child(const std::string& name, const pid& started);

/// Starts a linked process that runs `f` with a copy of the arguments.
template <class F, class... Args>
pid start_function_with(F f, const std::tuple<Args...>& own, const extra_arguments& extra) {
    return std::apply(
        [&](auto&&... args) {
            return spawn_child_function(make_function_body(std::move(f), std::move(args)...));
        },
        start_arguments(own, extra));
}

/// Starts a child of a function.
template <class F, class... Args>
start_outcome begin_function(const F& f, const std::tuple<Args...>& own, const std::string& name,
                             const extra_arguments& extra) {
    start_outcome out;
    if (const pid holder = name.empty() ? pid{} : whereis(name)) {
        out.why = exit_reason::tuple("already_started", exit_reason::process(holder));
        return out;
    }
    out.kind = start_kind::ok;
    if (name.empty()) {
        out.process = start_function_with(F(f), own, extra);
    } else {
        out.process = start_function_with(named_function<F>{name, f}, own, extra);
        give_name_to_child(name, out.process);
    }
    return out;
}

/// Begins a custom start and waits for the result.
template <class Start>
task<start_outcome> begin_custom(Start start) {
    auto starting = start();
    const auto result = co_await starting;
    co_return result.outcome();
}

}  // namespace coppice::detail

#pragma GCC visibility pop
