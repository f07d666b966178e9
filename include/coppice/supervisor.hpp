// SPDX-License-Identifier: Apache-2.0
// Supervisor: starts children in order, watches them, restarts them by rule, stops them in reverse.
//
// Actions after an end of a child that the supervisor did not cause:
//
//     exit reason                       permanent    transient    temporary
//     normal, shutdown, {shutdown, X}   restart      keep spec    forget spec
//     anything else                     restart      restart      forget spec
//
// "Keep spec": the child stays stopped until `restart_child`. A restart of one child may restart
// siblings too, see `restart_strategy`, and counts as one. After more than `max_restarts` within
// `max_seconds` the supervisor stops all children and itself with `shutdown`; the supervisor above then
// decides. If a start fails during a restart, the start is retried after the messages that wait in the
// mailbox, and every retry counts. Back-off and budgets for one child, which OTP
// does not have, are in restart_backoff.hpp.
//
// Threads    Inside a process. `runtime::call` does not reach supervisors; start a process for that.
// Blocking   Awaitable members wait as long as the supervisor needs, without a time limit.
// Ownership  `supervisor` is a weak handle: a pid or a name.
// Errors     As exit reasons: `not_found`, `running`, `restarting`, `already_present`,
//            `{already_started, Pid}`, the reason of a failed start, or the fault of a specification. The
//            caller exits with `{noproc, …}` when there is no supervisor.
// Cost       n is the number of children. Finding a child by id or pid is O(1).
// Semantics  OTP's supervisor with Elixir's defaults.
// Today      The limit of 255 bytes on a name in flags is due to g++ 12 and may go.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/restart_backoff.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A name in flags: a copy of up to 255 bytes, the limit of Erlang's atoms. A longer name throws
/// std::length_error. The class has no destructor, so that flags may be written in place with
/// g++ 12, docs/decisions/001.
class flag_name {
  public:
    /// No name.
    constexpr flag_name() noexcept = default;
    /// Copies the text.
    template <class Text>
        requires(std::is_convertible_v<const Text&, std::string_view> &&
                 !std::is_same_v<Text, flag_name>)
    constexpr flag_name(const Text& text)  // NOLINT(google-explicit-constructor): .name = "top"
        : size_{checked_size(text)} {
        std::string_view{text}.copy(text_.data(), size_);
    }
    /// A view into this object, valid as long as the object.
    constexpr operator std::string_view() const noexcept {  // NOLINT
        return {text_.data(), size_};
    }
    /// True if no name was given: the supervisor is then not registered.
    constexpr bool empty() const noexcept { return size_ == 0; }
    /// Compares the text.
    friend constexpr bool operator==(const flag_name& left, std::string_view right) noexcept {
        return std::string_view{left} == right;
    }

  private:
    static constexpr std::uint8_t checked_size(std::string_view text) {
        if (text.size() > UINT8_MAX) {
            throw std::length_error{"the name of a supervisor has up to 255 bytes"};
        }
        return static_cast<std::uint8_t>(text.size());
    }

    std::array<char, UINT8_MAX> text_{};
    std::uint8_t size_ = 0;
};

/// Options of a supervisor: OTP's `sup_flags` with `intensity` and `period` under Elixir's names. Wrong flags
/// fail the start with `{supervisor_data, Why}`.
struct supervisor_flags {
    /// Which siblings a restart includes.
    restart_strategy strategy = restart_strategy::one_for_one;
    /// The most restarts within `max_seconds`; one more ends the supervisor. Not negative. With 0 the first
    /// restart already exceeds the limit.
    int max_restarts = 3;
    /// The window in which restarts are counted, in whole seconds. Positive.
    basic_time_span<std::chrono::seconds> max_seconds = std::chrono::seconds{5};
    /// Whether the end of significant children stops the supervisor.
    auto_shutdown_mode auto_shutdown = auto_shutdown_mode::never;
    flag_name name = {};  ///< Registered under this name. Empty: not registered.
    /// The delays before restarts of the children whose specs have none of their own. OTP has no delays, and
    /// neither has the default.
    restart_backoff backoff = {};
};

/// The result of a supervisor class's `init`, made by `supervisor::init`.
struct supervisor_init {
    /// Copies the name out of `chosen`.
    supervisor_init(child_list given, const supervisor_flags& chosen)
        : children{std::move(given)}, flags{chosen}, name{chosen.name} {}
    child_list children;     ///< Started in this order.
    supervisor_flags flags;  ///< As given to `supervisor::init`.
    std::string name;  ///< A copy of `flags.name`. A name given to the start takes precedence.
};

/// A child in the answer of `which_children`.
struct child_info {
    std::string id;  ///< "undefined" in the answer of a dynamic supervisor.
    /// As the supervisor knows it: the exit signal of a dead child may still be under way.
    child_status status = child_status::stopped;
    pid process;                           ///< Empty unless running.
    child_type type = child_type::worker;  ///< As declared in the child's spec.
    /// The rest of the delay before the restart, for a child that waits for its back-off, and for the
    /// children that wait with it.
    std::optional<std::chrono::nanoseconds> restarts_in = std::nullopt;
};

/// Success without a value, or the reason of a failure.
using void_result = std::expected<void, exit_reason>;

namespace detail {
class supervisor_server;

struct start_child_request {
    using reply = child_result;
    explicit start_child_request(child_spec given) : spec{std::move(given)} {}
    child_spec spec;
};
struct terminate_child_request {
    std::string id;
};
struct restart_child_request {
    std::string id;
};
struct delete_child_request {
    std::string id;
};
struct which_children_request {};
struct count_children_request {};
struct get_childspec_request {
    std::string id;
};

std::unique_ptr<behaviour_body> make_supervisor(child_list children, const supervisor_flags& flags);

/// The initialisation of one supervisor. Runs once, since the recipe gives away its arguments.
using init_recipe = any_recipe<supervisor_init>;
std::unique_ptr<behaviour_body> make_supervisor(std::unique_ptr<const init_recipe> init,
                                                address name);

/// The recipe of a supervisor class: `T::init(args...)`.
template <class T, class... Args>
std::unique_ptr<const init_recipe> make_class_init(Args&&... args) {
    auto begin = [own = std::tuple<kept_t<Args>...>{std::forward<Args>(args)...}]() mutable {
        return std::apply([](auto&... given) { return T::init(std::move(given)...); }, own);
    };
    using made = recipe<init_recipe, named_by_type<T>, decltype(begin)>;
    return std::make_unique<const made>(named_by_type<T>{}, std::move(begin));
}

template <class T, class... Args>
concept supervisor_class = requires(Args... args) {
    { T::init(args...) } -> std::same_as<supervisor_init>;
};

/// The awaitable answer of a supervisor, of type `R`.
template <class R>
using request_to_supervisor = call_awaiter<R, or_exit>;

/// A handle to a supervisor.
class supervisor_handle : public handle {
  public:
    using handle::handle;

  protected:
    template <class R>
    request_to_supervisor<R> ask(message_node* request) const {
        return request_to_supervisor<R>{owned_message{request}, {whereis(), where()}, no_timeout};
    }
};

}  // namespace detail

/// The start of a supervisor, which gives a `Handle`; its `result` is a `start_result<Handle>`.
template <class Handle>
using supervisor_start = detail::start_awaiter<Handle>;

/// A handle to a supervisor, by pid or by name. Making a handle starts nothing. A name is looked up at each
/// use, so the handle stays valid over a restart. The requests are awaited, and reach a suspended supervisor
/// only after `sys::resume`.
class supervisor : public detail::supervisor_handle {
  public:
    /// By pid or by name.
    using supervisor_handle::supervisor_handle;

    /// The awaitable of `start_link`. Awaiting a start twice throws std::logic_error.
    using start_awaiter = supervisor_start<supervisor>;

    /// Starts a supervisor that is linked to the caller, and then its children one by one. If a child fails
    /// to start, the children before it are stopped in reverse order, and the start fails with
    /// `{shutdown, {failed_to_start_child, Id, Why}}`. Because of the link, a failed start also ends a caller
    /// that does not trap exits; only a caller that traps exits sees the result.
    static start_awaiter start_link(child_list children, supervisor_flags flags = {});
    /// The same for a supervisor class: `T::init(args...)` runs in the new process, at every start.
    template <class T, class... Args>
    static start_awaiter start_link(Args&&... args);
    /// The same with a name, a time limit or debug options. The name in `options` takes precedence over the
    /// name in the flags of `T::init`.
    template <class T, class... Args>
    static start_awaiter start_link(start_options options, Args&&... args);

    /// For a supervisor class's `init`.
    static supervisor_init init(child_list children, supervisor_flags flags = {}) {
        return {std::move(children), flags};
    }

    /// Adds a child after the last one and starts the child; the spec is dropped if the start fails. Errors:
    /// `{already_started, Pid}`, `already_present`, errors of the start or of the spec. Cost: O(1).
    detail::request_to_supervisor<child_result> start_child(child_spec spec) const;
    /// Stops a child within its shutdown limit and keeps the spec, unless the child is temporary. Stopping a
    /// stopped child succeeds. A pending retry of a restart is cancelled. Errors: `not_found`. Cost: O(1).
    detail::request_to_supervisor<void_result> terminate_child(std::string id) const;
    /// Starts a stopped child again. Ends the back-off of a child, whose group is then started too. Does not
    /// count toward `max_restarts`. Errors: `not_found`, `running`, `restarting`, errors of the start. Cost:
    /// O(1).
    detail::request_to_supervisor<child_result> restart_child(std::string id) const;
    /// Drops the spec of a stopped child. Errors: `not_found`, `running`, `restarting`. Cost: O(1).
    detail::request_to_supervisor<void_result> delete_child(std::string id) const;
    /// The children as the supervisor knows them, newest first. A child without a process is
    /// included. Cost: O(n).
    detail::request_to_supervisor<std::vector<child_info>> which_children() const;
    /// Counts the specs by type and the live children. Cost: O(n), since every child is checked
    /// for being alive.
    detail::request_to_supervisor<child_counts> count_children() const;
    /// A copy of a child's spec. A temporary child that `start_child` added has no start function in its
    /// spec. Errors: `not_found`. Cost: O(1).
    detail::request_to_supervisor<std::expected<child_spec, exit_reason>> get_childspec(
        std::string id) const;
};

/// Checks specifications by the rules of a supervisor with that mode. Starts nothing. The error is the first
/// fault, see child_spec.hpp. Cost: O(n).
[[nodiscard]] void_result check_childspecs(const child_list& children,
                                           auto_shutdown_mode mode = auto_shutdown_mode::never);

inline supervisor::start_awaiter supervisor::start_link(child_list children,
                                                        supervisor_flags flags) {
    return start_awaiter{detail::make_supervisor(std::move(children), flags)};
}

template <class T, class... Args>
supervisor::start_awaiter supervisor::start_link(start_options options, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    (detail::require_message<detail::kept_t<Args>>(), ...);
    auto made = detail::make_supervisor(detail::make_class_init<T>(std::forward<Args>(args)...),
                                        options.registered_as());
    if (options.debug_setup) {
        made->debug_at_start(std::move(options.debug_setup));
    }
    made->limit_at_start(options.mailbox_bound);
    return start_awaiter{std::move(made), detail::start_mode::link, options.timeout};
}

template <class T, class... Args>
supervisor::start_awaiter supervisor::start_link(Args&&... args) {
    return start_link<T>(start_options{}, std::forward<Args>(args)...);
}

namespace detail {

template <class T>
    requires requires { &T::init; } && (!std::is_member_function_pointer_v<decltype(&T::init)>)
struct child_maker<T> {
    template <class... Args>
    static child_spec make(Args&&... args) {
        (require_argument_of_child<Args>(), ...);
        auto begin = [own = std::tuple<kept_t<Args>...>{std::forward<Args>(args)...}](
                         const std::string& name, const extra_arguments& extra) {
            auto init = [](auto&&... given) {
                static_assert(supervisor_class<T, std::decay_t<decltype(given)>...>,
                              "the static init of a supervisor class returns "
                              "coppice::supervisor_init and takes the child's arguments");
                return make_class_init<T>(std::move(given)...);
            };
            return make_supervisor(std::apply(init, start_arguments(own, extra)), name);
        };
        child_spec spec{short_type_name<T>(),
                        start_function{make_start_recipe(named_by_type<T>{}, std::move(begin))}};
        return with_defaults<T>(std::move(spec.type(child_type::supervisor)));
    }
};

}  // namespace detail

/// A child that is a supervisor with these children: type `supervisor`, so the shutdown limit is infinity. A
/// name in the spec takes precedence over the name in `flags`.
[[nodiscard]] child_spec child_supervisor(std::string_view id, child_list children,
                                          supervisor_flags flags = {});

}  // namespace coppice

#pragma GCC visibility pop
