// SPDX-License-Identifier: Apache-2.0
// child_spec: how a supervisor starts a child, and the rules for the end of that child.
//
//     child<counter>(0)                                   a gen_server; id "counter"
//     child<counter>(0).id("hits").name("hits")           another id, and a registered name
//     child<job>(7).restart(transient).shutdown(2s)       overrides
//     child<storage_tree>(path)                           a supervisor class: it has a static init
//     child("pulse", pulse, 250ms)                        a function: task<> pulse(milliseconds)
//     child<counter>(0).debug(sys::debug_options{}.log(50))    debug options from the first message on
//
//     key            default                                                  meaning
//     id             the class name                                           unique among siblings
//     restart        permanent, or the default of the class                   see supervisor.hpp
//     shutdown       5 s; infinity for supervisors                            time to stop before the kill
//     type           worker; supervisor for supervisors
//     significant    false                                                    see auto_shutdown
//
// A class sets its own defaults with `static constexpr coppice::child_defaults as_child{…};`. The arguments
// are copied for every start, so a restart begins with the arguments of the first start.
//
// Threads    Values. Copies of a spec share texts and start, and may be used on different threads.
// Errors     A supervisor refuses a wrong spec with `missing_id`, `missing_start`, `{bad_combination, …}`,
//            `{invalid_KEY, Value}` or `{duplicate_child_name, Id}`; see `check_childspecs`.
// Cost       Copying a spec is O(1), without an allocation. Each start copies the arguments.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/printer.hpp"
#include "coppice/detail/shared_text.hpp"
#include "coppice/extra_arguments.hpp"
#include "coppice/gen_server.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Defaults that a class gives to the specs of its children: `static constexpr child_defaults as_child{…}`.
struct child_defaults {
    /// As the members of `child_spec`. A field without a value leaves the library's default.
    std::optional<restart_type> restart = std::nullopt;
    std::optional<shutdown_limit> shutdown = std::nullopt;
    std::optional<bool> significant = std::nullopt;
};

namespace detail {

/// The beginning of a child's start: a server to start and wait for, a finished start, or a task to wait for.
using begun_start = std::variant<std::unique_ptr<server_base>, start_outcome, task<start_outcome>>;

/// Starts a child that is linked to the calling supervisor. May be used for any number of starts.
struct start_recipe {
    start_recipe() = default;
    start_recipe(const start_recipe&) = delete;
    start_recipe& operator=(const start_recipe&) = delete;
    virtual ~start_recipe() = default;
    virtual begun_start begin(const std::string& name, const extra_arguments& extra) const = 0;
    virtual std::string describe() const = 0;
    /// Whether the child can be registered under the name in its spec.
    virtual bool takes_name() const { return true; }
    /// Whether `begin` gives a server. Only a server can be debugged.
    virtual bool makes_server() const { return false; }
};

}  // namespace detail

/// How a child is started: shared by copies of the spec, called for each start.
class start_function {
  public:
    start_function() = default;
    /// Made by `child<T>`, `child(id, f)`, `child_with_start` and `child_supervisor`.
    explicit start_function(std::shared_ptr<const detail::start_recipe> recipe)
        : recipe_{std::move(recipe)} {}

    /// False for a default-constructed function, and after `child_spec::forget_start`.
    explicit operator bool() const noexcept { return recipe_ != nullptr; }
    /// Begins one start in the calling supervisor. Precondition: not empty.
    detail::begun_start operator()(const std::string& name, const extra_arguments& extra) const {
        COPPICE_EXPECTS(recipe_ != nullptr, "ask whether the start function is empty first");
        return recipe_->begin(name, extra);
    }
    /// The class or function that is started, for reports; "undefined" if empty.
    std::string describe() const { return recipe_ ? recipe_->describe() : "undefined"; }
    /// False for `child_with_start`, whose function names the process itself.
    bool takes_name() const { return recipe_ == nullptr || recipe_->takes_name(); }
    /// The same start with debug options. Throws `badarg_error` if this function is empty or
    /// starts no server.
    start_function debugged(std::shared_ptr<const detail::debug_setup> how) const;

  private:
    std::shared_ptr<const detail::start_recipe> recipe_;
};

/// How to start one child, and how a supervisor treats the child's end: OTP's `child_spec`. A supervisor, not
/// the spec, checks the values; `check_childspecs` does so in advance.
class child_spec {
  public:
    /// Permanent, of type worker, without a name. Only a dynamic supervisor accepts an empty id.
    child_spec(std::string id, start_function start)
        : id_{std::move(id)}, start_{std::move(start)} {}

    // Getters and setters share their noun; setters may be chained.
    /// Identifies the child among its siblings. A dynamic supervisor ignores the id.
    const std::string& id() const noexcept { return id_.str(); }
    /// The name under which the child's process is registered at each start; empty for none. Refused with
    /// `{invalid_name, …}` for `child_with_start`.
    const std::string& name() const noexcept { return name_.str(); }
    /// Which ends of the child lead to a restart, see the table in supervisor.hpp.
    restart_type restart() const noexcept { return restart_; }
    /// The time to stop before the kill. Without a setter call: 5 s, or infinity for a supervisor.
    shutdown_limit shutdown() const noexcept {
        return shutdown_.value_or(type_ == child_type::supervisor
                                      ? shutdown_limit::infinity()
                                      : shutdown_limit{std::chrono::seconds{5}});
    }
    /// For counts and reports, and for the default of `shutdown`. Starting and stopping do not depend
    /// on the type.
    child_type type() const noexcept { return type_; }
    /// Whether the child's end counts for `auto_shutdown`. Refused with `{bad_combination, …}` for a
    /// permanent child and for a supervisor with `auto_shutdown_mode::never`.
    bool significant() const noexcept { return significant_; }
    /// Empty once a supervisor has dropped the start of a temporary child.
    const start_function& start() const noexcept { return start_; }

    /// Setters, for the getters of the same names.
    child_spec& id(std::string value) & { return set(id_, detail::shared_text{std::move(value)}); }
    child_spec& name(std::string value) & {
        return set(name_, detail::shared_text{std::move(value)});
    }
    child_spec& restart(restart_type value) & { return set(restart_, value); }
    child_spec& shutdown(shutdown_limit value) & { return set(shutdown_, std::optional{value}); }
    child_spec& type(child_type value) & { return set(type_, value); }
    child_spec& significant(bool value) & { return set(significant_, value); }
    child_spec id(std::string value) && { return std::move(id(std::move(value))); }
    child_spec name(std::string value) && { return std::move(name(std::move(value))); }
    child_spec restart(restart_type value) && { return std::move(restart(value)); }
    child_spec shutdown(shutdown_limit value) && { return std::move(shutdown(value)); }
    child_spec type(child_type value) && { return std::move(type(value)); }
    child_spec significant(bool value) && { return std::move(significant(value)); }

    /// Debug options, a `sys::debug_options`, for each start of the child from its first message on.
    /// Throws `badarg_error` for a child that is a function or has a custom start, since neither is known
    /// to be a server.
    child_spec& debug(std::shared_ptr<const detail::debug_setup> how) & {
        start_ = start_.debugged(std::move(how));
        return *this;
    }
    child_spec debug(std::shared_ptr<const detail::debug_setup> how) && {
        return std::move(debug(std::move(how)));
    }

    /// Sets the fields that have a value in `given`.
    child_spec& defaults(const child_defaults& given) {
        restart_ = given.restart.value_or(restart_);
        shutdown_ = given.shutdown ? given.shutdown : shutdown_;
        significant_ = given.significant.value_or(significant_);
        return *this;
    }
    /// The id as a shared text: a start of the child shares the text instead of copying.
    const detail::shared_text& shared_id() const noexcept { return id_; }
    /// Drops the start function and its arguments, which a supervisor does not keep for a temporary child.
    void forget_start() { start_ = {}; }

  private:
    template <class V, class U>
    child_spec& set(V& field, U&& value) {
        field = std::forward<U>(value);
        return *this;
    }

    detail::shared_text id_;
    detail::shared_text name_;
    start_function start_;
    restart_type restart_ = restart_type::permanent;
    std::optional<shutdown_limit> shutdown_;
    child_type type_ = child_type::worker;
    bool significant_ = false;
};

/// A spec may be sent in a message.
template <>
struct message_trait<child_spec> {
    static constexpr bool is_message = true;  // immutable behind its shared pointer
};

/// The children of a supervisor, oldest first.
class child_list {
  public:
    child_list() = default;
    /// Made by `children(…)`.
    explicit child_list(std::vector<child_spec> specs) : specs_{std::move(specs)} {}
    /// As `children(specs…)`.
    template <class... Specs>
    static child_list of(Specs&&... specs) {
        child_list out;
        out.specs_.reserve(sizeof...(Specs));
        (out.specs_.push_back(std::forward<Specs>(specs)), ...);
        return out;
    }
    /// In start order. The second form moves the specs out of a temporary list.
    const std::vector<child_spec>& specs() const& noexcept { return specs_; }
    std::vector<child_spec> specs() && noexcept { return std::move(specs_); }

  private:
    std::vector<child_spec> specs_;
};

/// The children of a supervisor, started from left to right and stopped from right to left.
template <class... Specs>
    requires(std::is_same_v<std::decay_t<Specs>, child_spec> && ...)
[[nodiscard]] child_list children(Specs&&... specs) {
    return child_list::of(std::forward<Specs>(specs)...);
}

/// The same for a list that is only known at run time.
[[nodiscard]] inline child_list children(std::vector<child_spec> specs) {
    return child_list{std::move(specs)};
}

namespace detail {

template <class T, class... Args>
class server_recipe final : public start_recipe {
  public:
    template <class... Given>
    explicit server_recipe(Given&&... given) : args_{std::forward<Given>(given)...} {}

    begun_start begin(const std::string& name, const extra_arguments& extra) const override {
        return std::apply(
            [&](auto&&... args) { return make_named_server<T>(name, std::move(args)...); },
            start_arguments(args_, extra));
    }
    bool makes_server() const override { return true; }
    std::string describe() const override { return readable_type_name(typeid(T)); }

  private:
    std::tuple<Args...> args_;
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

template <class A>
constexpr void require_argument_of_child() {
    require_message<kept_t<A>>();
    static_assert(std::is_copy_constructible_v<kept_t<A>>,
                  "the arguments of a child are copied for each start, so that a restart gets what "
                  "the first start got: give what the unique one is made from, or a "
                  "shared_ptr<const T>");
}

template <class F, class... Args>
class function_recipe final : public start_recipe {
  public:
    template <class G, class... Given>
    explicit function_recipe(G&& f, Given&&... given)
        : f_{std::forward<G>(f)}, args_{std::forward<Given>(given)...} {}

    begun_start begin(const std::string& name, const extra_arguments& extra) const override {
        if (const pid holder = name.empty() ? pid{} : whereis(name)) {
            start_outcome taken;
            taken.why = exit_reason::tuple("already_started", exit_reason::process(holder));
            return taken;
        }
        pid started;
        if (name.empty()) {
            started = start_with(F(f_), extra);
        } else {
            started = start_with(named_function<F>{name, f_}, extra);
            give_name(name, started);
        }
        return start_outcome{start_kind::ok, started, {}, {}};
    }
    std::string describe() const override { return readable_type_name(typeid(F)); }

  private:
    template <class G>
    pid start_with(G g, const extra_arguments& extra) const {
        return std::apply(
            [&](auto&&... args) {
                return spawn_process(make_function_body(std::move(g), std::move(args)...),
                                     {.link = true});
            },
            start_arguments(args_, extra));
    }
    /// For callers that look up the name as soon as the start is over; the child may have registered the name
    /// itself by then. A dead child needs no name. A child that cannot get the name is killed, since a child
    /// must not run without its name.
    static void give_name(const std::string& name, const pid& started) {
        try {
            register_name(name, started);
        } catch (...) {
            if (whereis(name) != started && is_alive_now(started)) {
                with_reserve([&] { exit(started, reason::kill); });
                throw;
            }
        }
    }

    F f_;
    std::tuple<Args...> args_;
};

template <class Start>
class custom_recipe final : public start_recipe {
  public:
    custom_recipe(std::string description, Start start)
        : description_{std::move(description)}, start_{std::move(start)} {}

    begun_start begin(const std::string&, const extra_arguments&) const override { return run(); }
    std::string describe() const override { return description_; }
    bool takes_name() const override { return false; }

  private:
    task<start_outcome> run() const {
        Start start = start_;
        auto starting = start();
        const auto result = co_await starting;
        co_return result.outcome();
    }

    std::string description_;
    Start start_;
};

template <class T>
concept has_child_defaults = requires { child_defaults{T::as_child}; };

struct has_as_child {
    int as_child;
};
template <class T>
struct with_as_child : T, has_as_child {};
/// Ambiguity test: with two bases that share a member name, naming the member is ill-formed only if T has the
/// member too, private or not.
template <class T>
concept names_as_child =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &with_as_child<T>::as_child; };

template <class T>
child_spec with_defaults(child_spec spec) {
    static_assert(has_child_defaults<T> || !names_as_child<T>,
                  "as_child is a public `static constexpr coppice::child_defaults`");
    if constexpr (has_child_defaults<T>) {
        spec.defaults(T::as_child);
    }
    return spec;
}

template <class T, class... Args>
child_spec server_child(Args&&... args) {
    (require_argument_of_child<Args>(), ...);
    return with_defaults<T>(
        child_spec{short_type_name<T>(),
                   start_function{std::make_shared<const server_recipe<T, kept_t<Args>...>>(
                       std::forward<Args>(args)...)}});
}

/// Specialised for the library's supervisors and for classes with a static init, in supervisor.hpp.
template <class T>
struct child_maker {
    template <class... Args>
    static child_spec make(Args&&... args) {
        return server_child<T>(std::forward<Args>(args)...);
    }
};

}  // namespace detail

/// A child that is a server or a supervisor of class `T`. `T` is constructed from `args` at every start.
template <class T, class... Args>
[[nodiscard]] child_spec child(Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::child_maker<T>::make(std::forward<Args>(args)...);
}

/// A child that runs a function: `task<> f(args...)`.
template <class F, class... Args>
    requires detail::runs_with<std::decay_t<F>, detail::kept_t<Args>...>::value
[[nodiscard]] child_spec child(std::string_view id, F&& f, Args&&... args) {
    detail::require_safe_function<F>();
    detail::require_safe_arguments<Args...>();
    (detail::require_argument_of_child<Args>(), ...);
    using recipe = detail::function_recipe<std::decay_t<F>, detail::kept_t<Args>...>;
    return child_spec{std::string{id}, start_function{std::make_shared<const recipe>(
                                           std::forward<F>(f), std::forward<Args>(args)...)}};
}

/// A child with a custom start. `start()` runs in the supervisor's turn, starts one linked process and
/// returns an awaitable of a `start_result`, as `start_link<T>(…)` does. An exception from `start()`, or
/// the reason of its `exit`, is an error of the start. `start()` names the process itself, so a spec that
/// also has a name is refused.
template <class Start>
[[nodiscard]] child_spec child_with_start(std::string_view id, Start&& start) {
    detail::require_safe_function<Start>();
    using recipe = detail::custom_recipe<std::decay_t<Start>>;
    return child_spec{std::string{id}, start_function{std::make_shared<const recipe>(
                                           std::string{id}, std::forward<Start>(start))}};
}

}  // namespace coppice

#pragma GCC visibility pop
