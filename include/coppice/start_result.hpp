// SPDX-License-Identifier: Apache-2.0
// start_result: the result of a start of a server, a supervisor or a child.
//
//     ok()         a process runs             value() is the handle, process() the pid
//     ignored()    init called `ignore()`     neither a success nor an error; no process is left
//     otherwise    the start failed           error() is the reason
//
// Threads    Values.
// Blocking   None: the result is made after the start.
// Ownership  Keeps nothing alive.
// Errors     `value` ends the calling process unless `ok()`.
// Cost       Copying copies the reason of a failure.

#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "coppice/detail/start_wait.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/fwd.hpp"
#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

namespace detail {

/// Whether a type is itself a handle. Specialised for the handles of other headers.
template <class T>
inline constexpr bool is_handle =
    std::is_same_v<T, pid> || std::is_same_v<T, supervisor> ||
    std::is_same_v<T, dynamic_supervisor> || std::is_same_v<T, task_supervisor> ||
    std::is_same_v<T, partition_supervisor>;
/// The handle that the start of a `T` gives: `server<T>`, except where a handle names itself.
template <class T>
using handle_of = std::conditional_t<is_handle<T>, T, server<T>>;

}  // namespace detail

/// `{ok, handle}`, `ignore` or `{error, why}`, for any kind of start. `T` is the class of a server, and the
/// handle a `server<T>`; or `T` is itself the handle: `pid`, or a kind of supervisor.
template <class T>
class start_result {
  public:
    /// The handle of a successful start.
    using handle = detail::handle_of<T>;

    /// A failed start without a reason.
    start_result() = default;
    /// For the awaitables of the start functions.
    explicit start_result(detail::start_outcome outcome) : outcome_{std::move(outcome)} {}
    /// The three results: `{ok, who}`, `ignore` and `{error, why}`.
    static start_result started(const pid& who) { return of(detail::start_kind::ok, who, {}); }
    static start_result ignored_start() { return of(detail::start_kind::ignored, {}, {}); }
    static start_result failed(exit_reason why) {
        return of(detail::start_kind::failed, {}, std::move(why));
    }

    /// Whether the process runs; for a supervisor, with all its children. A child that answered `ignore`
    /// counts as started.
    bool ok() const noexcept { return outcome_.kind == detail::start_kind::ok; }
    /// Whether the constructor or init called `ignore()`. No process is left.
    bool ignored() const noexcept { return outcome_.kind == detail::start_kind::ignored; }
    /// As `ok`.
    explicit operator bool() const noexcept { return ok(); }

    /// The handle. After a failed start the calling process exits with the reason, after an ignored start
    /// with `ignore` ("let it crash").
    handle value() const {
        if (!ok()) {
            exit(ignored() ? exit_reason{"ignore"} : outcome_.why);
        }
        return handle{outcome_.process};
    }
    /// The new process; the empty pid unless `ok()`.
    pid process() const noexcept { return outcome_.process; }
    /// The reason of a failed start; `normal` in the other cases.
    const exit_reason& error() const noexcept { return outcome_.why; }
    /// The monitor that `start_monitor` has set; the empty ref after any other start and after a failed
    /// start.
    ref monitor() const noexcept { return outcome_.monitor; }
    /// For `child_with_start` and `application`, which accept any kind of start.
    const detail::start_outcome& outcome() const noexcept { return outcome_; }

  private:
    static start_result of(detail::start_kind kind, const pid& who, exit_reason why) {
        return start_result{detail::start_outcome{kind, who, std::move(why), {}}};
    }

    detail::start_outcome outcome_;
};

/// The result for a child of a supervisor. After an ignored start a static supervisor keeps the spec, unless
/// the child is temporary; a dynamic supervisor drops the spec.
using child_result = start_result<pid>;

namespace detail {

/// The awaitable of a start.
template <class T>
class [[nodiscard("co_await it")]] start_awaiter final : public start_wait {
  public:
    /// The former name of the result of a supervisor's start.
    using result = start_result<T>;

    /// `timeout` limits the whole start, for a supervisor with the starts of the children.
    explicit start_awaiter(std::unique_ptr<behaviour_body> server,
                           start_mode mode = start_mode::link, time_span timeout = forever)
        : start_wait{std::move(server), mode, timeout} {}
    result await_resume() { return result{outcome()}; }
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
