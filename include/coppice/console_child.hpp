// SPDX-License-Identifier: Apache-2.0
// Children by text: for consoles and scripts, which have the name of a supervisor but not
// the types of its children.
//
//     console_child("sessions", [](std::string user) { return child<session>(user); });
//
//     coppice console shop -c 'start_child sessions user_1'
//
// The function makes the spec of a child from texts. Each of its parameters is read according to read.hpp.
// Each named supervisor, static or dynamic, has one such function; a later function replaces the earlier one.
// Anything that differs between children is a parameter, for example an enumeration of the kinds of children.
//
// Threads    Inside a process. The function runs in the process that starts a child, possibly in
//            several processes at once.
// Blocking   None.
// Ownership  The runtime owns the function. A later function for the same name takes its place.
// Errors     See `child_by_text`.
// Cost       None for the supervisor. The function is kept until the runtime ends, since a restarted
//            supervisor gets the same name again.
// Semantics  OTP's `supervisor:start_child(Sup, Arguments)` of a simple_one_for_one supervisor, and Elixir's
//            `DynamicSupervisor.start_child(sup, {Session, "user_1"})`; docs/differences.md.

#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/console_messages.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/read.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace detail {

/// Makes the spec of a child from texts.
struct text_child {
    text_child() = default;
    text_child(const text_child&) = delete;
    text_child& operator=(const text_child&) = delete;
    virtual ~text_child() = default;
    /// The types, such as "int" or "[string]": one for each argument.
    virtual std::vector<std::string> parameters() const = 0;
    /// Precondition: as many texts as parameters. The field of the error is the number of the argument.
    virtual std::expected<child_spec, read_error> make(
        std::span<const std::string> arguments) const = 0;
};

template <class T>
bool read_argument(const std::string& text, std::size_t index, T& into, read_error& why) {
    auto got = read<T>(text);
    if (!got) {
        why = std::move(got.error());
        const std::string place = "argument " + std::to_string(index + 1);
        why.field = why.field.empty() ? place : place + ", " + why.field + ",";
        return false;
    }
    into = std::move(*got);
    return true;
}

template <class F, class... Args>
class text_child_of final : public text_child {
    static_assert((readable<Args> && ...),
                  "the parameters of this function are made from texts, see read.hpp: add `bool "
                  "from_string(std::string_view, T&)` to the namespace of each type");

  public:
    explicit text_child_of(F f) : f_{std::move(f)} {}

    std::vector<std::string> parameters() const override { return {words_of<Args>().type...}; }
    std::expected<child_spec, read_error> make(
        std::span<const std::string> arguments) const override {
        COPPICE_EXPECTS(arguments.size() == sizeof...(Args), "give one text for each parameter");
        return make_of(arguments, std::index_sequence_for<Args...>{});
    }

  private:
    template <std::size_t... I>
    std::expected<child_spec, read_error> make_of(
        [[maybe_unused]] std::span<const std::string> arguments,
        std::index_sequence<I...> /*all*/) const {
        std::tuple<Args...> values{};
        read_error why;
        if (!(read_argument(arguments[I], I, std::get<I>(values), why) && ...)) {
            return std::unexpected{std::move(why)};
        }
        return f_(std::move(std::get<I>(values))...);
    }

    F f_;
};

/// The parameters of a function that is not a template.
template <class Signature>
struct text_child_signature;
template <class R, class... Args>
struct text_child_signature<R (*)(Args...)> {
    static_assert(std::is_same_v<std::decay_t<R>, child_spec>,
                  "this function returns a child_spec, such as child<T>(...)");
    template <class F>
    using made = text_child_of<F, std::decay_t<Args>...>;
};
template <class C, class R, class... Args>
struct text_child_signature<R (C::*)(Args...) const> : text_child_signature<R (*)(Args...)> {};

template <class F>
auto make_text_child(F f) {
    if constexpr (std::is_class_v<F>) {
        static_assert(
            requires { &F::operator(); },
            "this function has one set of parameters: `[](std::string user) { … }`, without auto");
        using made = typename text_child_signature<decltype(&F::operator())>::template made<F>;
        return std::make_shared<const made>(std::move(f));
    } else {
        using made = typename text_child_signature<F>::template made<F>;
        return std::make_shared<const made>(f);
    }
}

void keep_text_child(std::string_view supervisor, std::shared_ptr<const text_child> how);

}  // namespace detail

/// From now on a child of the supervisor with this name can be started by text. `f` is a function, or a
/// lambda without mutable state, and returns a `child_spec`. Throws `badarg_error` for an empty name.
template <class F>
void console_child(std::string_view supervisor, F f) {
    detail::keep_text_child(supervisor, detail::make_text_child(std::move(f)));
}

/// The spec that the texts make, for `start_child` of the named supervisor. Errors: `undef` without a
/// function for that supervisor, `badarg` for texts that do not fit or for an exception of the function. The
/// text of the error tells the remedy.
[[nodiscard]] std::expected<child_spec, message_error> child_by_text(
    std::string_view supervisor, const std::vector<std::string>& arguments);

}  // namespace coppice

#pragma GCC visibility pop
