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
//     backoff        of the supervisor's flags: none                          see restart_backoff.hpp
//     budget         none: restarts count in the supervisor's window          see restart_backoff.hpp
//     ready_within   none: started at the end of init                         see health_check.hpp
//     health         none                                                     see health_check.hpp
//     mailbox        none                                                     see mailbox_limit.hpp
//
// A class sets its own defaults with `static constexpr coppice::child_defaults as_child{…};`. The arguments
// are copied for every start, so a restart begins with the arguments of the first start.
//
// Threads    Values. Copies of a spec share texts and start, and may be used on different threads.
// Blocking   None.
// Ownership  Copies share the texts and the arguments of the start. The last copy frees both.
// Errors     A supervisor refuses a wrong spec with `missing_id`, `missing_start`, `{bad_combination, …}`,
//            `{invalid_KEY, Value}` or `{duplicate_child_name, Id}`; see `check_childspecs`.
// Cost       Copying a spec is O(1), without an allocation. Each start copies the arguments.

#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/printer.hpp"
#include "coppice/detail/recipe.hpp"
#include "coppice/detail/shared_text.hpp"
#include "coppice/extra_arguments.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/restart_backoff.hpp"

#pragma GCC visibility push(default)

namespace coppice {

struct health_check;  // health_check.hpp
namespace detail {
struct child_settings;
}  // namespace detail

/// Defaults that a class gives to the specs of its children: `static constexpr child_defaults as_child{…}`.
struct child_defaults {
    /// As the members of `child_spec`. A field without a value leaves the library's default.
    std::optional<restart_type> restart = std::nullopt;
    std::optional<shutdown_limit> shutdown = std::nullopt;
    std::optional<bool> significant = std::nullopt;
};

/// How a child is started: shared by copies of the spec, called for each start.
class start_function {
  public:
    /// Empty: starts nothing.
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
    /// The same start of a process that takes a key of a registry. Throws `badarg_error` for another address, and
    /// if this function is empty or starts no server.
    start_function named(const address& where) const;
    /// The same start of a process with a limit on its mailbox. Throws as `child_spec::mailbox`.
    start_function limited(const mailbox_limit& chosen) const;

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
    /// The delays before restarts. Nothing: as the flags of the supervisor say. A back-off whose `first` is
    /// zero: no delays for this child, whatever the flags say.
    std::optional<restart_backoff> backoff() const;
    /// The child's own limit on restarts. Nothing: the restarts count towards the supervisor's limit.
    std::optional<restart_budget> budget() const;
    /// The time from the start until `report_ready`. Nothing: ready at the end of init, without a limit.
    std::optional<time_span> ready_within() const;
    /// Whether and how the supervisor checks that the child answers; see health_check.hpp.
    std::optional<health_check> health() const;
    /// False if the child has none of the last four settings.
    bool has_settings() const noexcept { return settings_ != nullptr; }

    /// Setters, for the getters of the same names.
    child_spec& id(std::string value) & { return set(id_, detail::shared_text{std::move(value)}); }
    child_spec& name(std::string value) & {
        return set(name_, detail::shared_text{std::move(value)});
    }
    child_spec& restart(restart_type value) & { return set(restart_, value); }
    child_spec& shutdown(shutdown_limit value) & { return set(shutdown_, std::optional{value}); }
    child_spec& type(child_type value) & { return set(type_, value); }
    child_spec& significant(bool value) & { return set(significant_, value); }
    /// The child takes a key of a registry at each start: `child<session>().name(rooms.via("alice"))`. Throws
    /// `badarg_error` for a child that is a function or has a custom start. An address by name is as the name.
    template <std::same_as<address> To>
    child_spec& name(const To& value) & {
        if (value.is_name()) {
            return name(value.name());
        }
        start_ = start_.named(value);
        return *this;
    }
    template <std::same_as<address> To>
    child_spec name(const To& value) && {
        return std::move(name(value));
    }
    child_spec id(std::string value) && { return std::move(id(std::move(value))); }
    child_spec name(std::string value) && { return std::move(name(std::move(value))); }
    child_spec restart(restart_type value) && { return std::move(restart(value)); }
    child_spec shutdown(shutdown_limit value) && { return std::move(shutdown(value)); }
    child_spec type(child_type value) && { return std::move(type(value)); }
    child_spec significant(bool value) && { return std::move(significant(value)); }
    child_spec& backoff(const restart_backoff& value) &;
    child_spec& budget(const restart_budget& value) &;
    child_spec& ready_within(time_span value) &;
    child_spec& health(const health_check& value) &;
    child_spec backoff(const restart_backoff& value) && { return std::move(backoff(value)); }
    child_spec budget(const restart_budget& value) && { return std::move(budget(value)); }
    child_spec ready_within(time_span value) && { return std::move(ready_within(value)); }
    child_spec health(const health_check& value) && { return std::move(health(value)); }

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

    /// A limit on the mailbox of the child's process in each life, see mailbox_limit.hpp. Throws `badarg_error` for
    /// a wrong limit, and for a child with a custom start, which gives the limit itself.
    child_spec& mailbox(const mailbox_limit& chosen) & {
        start_ = start_.limited(chosen);
        return *this;
    }
    child_spec mailbox(const mailbox_limit& chosen) && { return std::move(mailbox(chosen)); }

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
    /// Null for a child with no setting beyond OTP's.
    std::shared_ptr<const detail::child_settings> settings_;
};

/// A spec may be sent in a message.
template <>
struct message_trait<child_spec> {
    static constexpr bool is_message = true;  ///< Immutable behind its shared pointer.
};

/// The children of a supervisor, oldest first.
class child_list {
  public:
    /// No children.
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

template <class A>
constexpr void require_argument_of_child() {
    require_message<kept_t<A>>();
    static_assert(
        std::is_copy_constructible_v<kept_t<A>>,
        "the arguments of a child are copied for each start, so that each restart gets the same "
        "values: pass the values that a unique_ptr is made from, or a shared_ptr<const T>");
}

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
    auto begin = [own = std::tuple<kept_t<Args>...>{std::forward<Args>(args)...}](
                     const std::string& name, const extra_arguments& extra) {
        return std::apply(
            [&](auto&&... given) { return make_body_with<T>(name, std::move(given)...); },
            start_arguments(own, extra));
    };
    return with_defaults<T>(
        child_spec{short_type_name<T>(),
                   start_function{make_start_recipe(named_by_type<T>{}, std::move(begin))}});
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
    auto begin = [f = std::decay_t<F>(std::forward<F>(f)),
                  own = std::tuple<detail::kept_t<Args>...>{std::forward<Args>(args)...}](
                     const std::string& name, const extra_arguments& extra) {
        return detail::begin_function(f, own, name, extra);
    };
    return child_spec{std::string{id},
                      start_function{detail::make_start_recipe(
                          detail::named_by_type<std::decay_t<F>>{}, std::move(begin))}};
}

/// A child with a custom start. `start()` runs in the supervisor's turn, starts one linked process and
/// returns an awaitable of a `start_result`, as `start_link<T>(…)` does. An exception from `start()`, or
/// the reason of its `exit`, is an error of the start. `start()` names the process itself, so a spec that
/// also has a name is refused.
template <class Start>
[[nodiscard]] child_spec child_with_start(std::string_view id, Start&& start) {
    detail::require_safe_function<Start>();
    auto begin = [start = std::decay_t<Start>(std::forward<Start>(start))]() {
        return detail::begin_custom(start);
    };
    return child_spec{std::string{id},
                      start_function{detail::make_start_recipe(
                          [text = std::string{id}] { return text; }, std::move(begin))}};
}

}  // namespace coppice

#pragma GCC visibility pop
