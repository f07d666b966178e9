// SPDX-License-Identifier: Apache-2.0
// Dynamic supervisor: starts any number of children on demand, each with its own restart rule.
//
//     co_await dynamic_supervisor::start_link({.name = "sessions"});
//     dynamic_supervisor sessions{"sessions"};
//     auto started = co_await sessions.start_child(child<session>("alice").restart(transient));
//     pid alice = started.value();
//     co_await sessions.terminate_child(alice);
//
// Children are identified by pid; the ids of their specs are ignored. The strategy is one_for_one. For
// arguments that the supervisor passes to every child, see extra_arguments.hpp. To stop, the supervisor sends
// all children the shutdown request at once, so the stop takes as long as the slowest child.
//
// Threads    Inside a process.
// Blocking   Awaitable members wait as long as the supervisor needs, without a time limit.
// Ownership  `dynamic_supervisor` is a weak handle: a pid or a name.
// Errors     `not_found`, `max_children`, the reason of a failed start, or the fault of a specification. The
//            caller exits with `{noproc, …}` when there is no supervisor.
// Cost       n is the number of children. Starting, stopping and finding a child is O(1).
// Semantics  Elixir's DynamicSupervisor.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// No limit on the number of children.
inline constexpr std::size_t unlimited = SIZE_MAX;

/// Options of a dynamic supervisor. Wrong flags fail the start with `{supervisor_data, Why}`.
struct dynamic_supervisor_flags {
    int max_restarts = 3;  ///< As in `supervisor_flags`.
    /// As in `supervisor_flags`.
    basic_time_span<std::chrono::seconds> max_seconds = std::chrono::seconds{5};
    /// The most children, including children that wait for a restart; one more start
    /// fails with `max_children`.
    std::size_t max_children = unlimited;
    flag_name name = {};           ///< Registered under this name. Empty: not registered.
    restart_backoff backoff = {};  ///< As in `supervisor_flags`.
};

/// A handle to a dynamic supervisor, by pid or by name, as `supervisor` is for a static one.
class dynamic_supervisor : public detail::supervisor_handle {
  public:
    /// By pid or by name.
    using supervisor_handle::supervisor_handle;

    /// The awaitable of `start_link`.
    using start_awaiter = supervisor_start<dynamic_supervisor>;
    /// Starts a dynamic supervisor without children that is linked to the caller. `extra` goes to the start
    /// of each child.
    static start_awaiter start_link(dynamic_supervisor_flags flags = {},
                                    extra_arguments extra = {});

    /// Starts a child. A wrong spec is refused without a request to the supervisor, and so is a
    /// significant child (`{invalid_significant, true}`). If the start fails or is ignored, the spec is
    /// dropped. Cost: O(1).
    [[nodiscard("co_await it")]] task<child_result> start_child(child_spec spec) const;
    /// Stops a child within its shutdown limit and drops the spec. A child that waits for a restart is named
    /// by its last pid. Errors: `not_found`. Cost: O(1).
    detail::request_to_supervisor<void_result> terminate_child(const pid& child) const;
    /// The children, in any order; each `id` is "undefined". Cost: O(n).
    detail::request_to_supervisor<std::vector<child_info>> which_children() const;
    /// Counts as the supervisor knows them: the exit signal of a dead child may still be under
    /// way. Cost: O(1).
    detail::request_to_supervisor<child_counts> count_children() const;
};

namespace detail {

std::unique_ptr<behaviour_body> make_dynamic_supervisor(dynamic_supervisor_flags flags,
                                                        const extra_arguments& extra);
/// A child that is a dynamic supervisor. The id is the registered name, else `kind`.
child_spec dynamic_supervisor_child(std::string_view kind, const dynamic_supervisor_flags& flags,
                                    const extra_arguments& extra);

template <>
struct child_maker<dynamic_supervisor> {
    /// The id is the registered name, if there is one.
    static child_spec make(const dynamic_supervisor_flags& flags = {},
                           const extra_arguments& extra = {});
};

}  // namespace detail
/// A child that is a dynamic supervisor: `child<dynamic_supervisor>({.name = "rooms"})`.
template <std::same_as<dynamic_supervisor> T>
[[nodiscard]] child_spec child(const dynamic_supervisor_flags& flags,
                               const extra_arguments& extra = {}) {
    return detail::child_maker<T>::make(flags, extra);
}

}  // namespace coppice

#pragma GCC visibility pop
