// SPDX-License-Identifier: Apache-2.0
// gen_server: a process that is a plain class with handlers.
//
//     member                                   when                                        OTP
//     constructor                              the server starts                           init
//     [init()]                                 after the constructor; may be a coroutine   init
//     R handle_call(M)                         a call with M; R is the reply               {reply, R, S}
//     void handle_call(M)                      a call with M; the reply is a plain `ok`    {reply, ok, S}
//     void handle_call(M, reply_to<R>)         a call with M; `reply(…)` later, from       {noreply, S}
//                                              anywhere, for an M with `using reply = R;`
//     void handle_cast(M)                      a cast with M                               handle_cast
//     void handle_info(M)                      any other message                           handle_info
//     [void handle_continue(M)]                after `continue_with(this, M)`              handle_continue
//     [void terminate(exit_reason)]            the server stops in an orderly way          terminate
//
// Each handler may return task<…> instead and await. Meanwhile the server takes no other message, as in OTP.
// In a handler, `stop_with(reason)` stops the server after the handler has returned, `timeout_after(t)`
// requests a `timeout` message unless another message comes within t, and an exception is a crash. In the
// constructor and in init, `ignore()` and `exit(reason)` make the start fail.
//
// Messages are checked at compile time: `server<T>` refuses a message without a handler in T. A plain
// `send(pid, m)` reaches `handle_info` if T has one overload, or if T lists the messages:
// `using info_messages = coppice::messages<tick, tock>;`. Any other message is logged and dropped.
//
// A near miss of a member's name, such as handle_timeout or on_init, is refused at compile time. A class
// that means such a name declares `static constexpr bool names_are_meant = true;`. The argument of a handler
// lives until the handler is done, even if taken by reference; for a coroutine, until the coroutine has
// returned. When a supervisor stops the server, `terminate` runs only if the server traps exits:
// `trap_exit(true)` in the constructor.
//
// Threads    Inside a process, except `reply`. Other threads use members of `runtime` that take a `server`.
// Blocking   call and stop are awaited. cast, reply and send never block.
// Ownership  `server` and `reply_to` are weak handles: values that keep nothing alive.
// Errors     A failed start is a `start_result`, or a `start_child` error. A failed call or stop ends the
//            caller with the reason; `try_call` returns the reason.
// Cost       A cast sends one signal, a call two: the request also sets the monitor. A handle by name adds
//            one look-up of the name.
// Semantics  Erlang's gen_server; docs/differences.md lists the differences of a C++ class.
// Today      No layer connects nodes: a call to a server of another node fails with `noconnection`.

#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/address.hpp"
#include "coppice/detail/body_for.hpp"
#include "coppice/detail/call_wait.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/detail/reply.hpp"
#include "coppice/detail/server_dispatch.hpp"
#include "coppice/detail/start_wait.hpp"
#include "coppice/process.hpp"
#include "coppice/start_result.hpp"
#include "coppice/time_span.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// As a timeout: waits for ever, OTP's `infinity`.
inline constexpr std::chrono::nanoseconds no_timeout = detail::forever;
/// The default timeout of `call` and `try_call`: 5 s, as in OTP.
inline constexpr std::chrono::nanoseconds default_call_timeout = std::chrono::seconds{5};

/// How a server is started: `named("cache")`, `named("cache").within(2s)`.
struct start_options {
    /// The server registers the name itself, before its constructor runs. Empty: not registered.
    std::string name;
    /// The same by way of a registry, as `named(rooms.via("alice"))` sets it: the server registers itself under
    /// the key. Takes the place of `name`. By default there is no registry.
    address via = {};
    /// For the constructor and init. By default there is no limit.
    time_span timeout = detail::forever;
    std::shared_ptr<const detail::debug_setup> debug_setup;  ///< From `debug`; null for none.
    mailbox_limit mailbox_bound =
        {};  ///< From `mailbox`. Its `limit` is 0 for a mailbox without a limit.

    start_options() = default;  ///< No name, no time limit, no debug options.
    /// As `named(n)`.
    explicit start_options(std::string_view n) : name{n} {}
    /// As `named(where)`. Throws `badarg_error` for an address by pid.
    template <std::same_as<address> To>
    explicit start_options(const To& where) {
        register_as(where);
    }
    /// Likewise.
    void register_as(const address& where);
    /// The name or the key; the address of no process if there is neither.
    address registered_as() const {
        return via.is_via() ? via : name.empty() ? address{} : address{name};
    }
    /// If init takes longer, the start fails with `timeout` and the process is killed.
    start_options within(time_span limit) && {
        timeout = limit;
        return std::move(*this);
    }
    /// A limit on the mailbox, see mailbox_limit.hpp. Throws `badarg_error` for a wrong limit.
    start_options mailbox(const mailbox_limit& chosen) && {
        mailbox_bound = detail::checked(chosen);
        return std::move(*this);
    }
    /// Debug options from the first message on: a `sys::debug_options`, see sys.hpp.
    start_options debug(std::shared_ptr<const detail::debug_setup> how) && {
        debug_setup = std::move(how);
        return std::move(*this);
    }
};
/// Options with a name. If the name is taken, the start fails with `{already_started, Pid}`.
[[nodiscard]] inline start_options named(std::string_view name) {
    return start_options{name};
}
/// The same for an address by name or via a registry. If another process has the key, the start fails with
/// `{already_started, Pid}`. Throws `badarg_error` for an address by pid.
template <std::same_as<address> To>
[[nodiscard]] start_options named(const To& where) {
    return start_options{where};
}

/// A handle to a server, by pid or by name. Making a handle starts nothing. A name is looked up at each use,
/// so the handle stays valid over a restart; `whereis()` is empty while the name is not registered. Made from
/// a pid, the handle always means that one process, even after it has ended. `name()` is the name, empty for
/// a handle by pid; `where()` is the address of either kind.
template <class T>
class server : public detail::handle {
  public:
    /// By pid or by name. An empty name gives a handle to no process.
    using handle::handle;
    /// Equal addresses: a handle by name differs from a handle by pid.
    bool operator==(const server& other) const noexcept { return where() == other.where(); }

    /// Sends a request without waiting. Never fails: without a server the request is dropped.
    template <class M>
    void cast(M&& m) const {
        if (const pid to = whereis()) {
            detail::deliver(to, make_cast(std::forward<M>(m)));
        }
    }
    /// The same with the message built in place: `cast<put>("key", 1)`.
    template <class M, class... Args>
        requires detail::builds_in_place<M, Args...>
    void cast(Args&&... args) const {
        M m{std::forward<Args>(args)...};
        if (const pid to = whereis()) {
            detail::deliver(to, make_cast(std::move(m)));
        }
    }

    /// As `cast`, for a server whose mailbox may have a limit: tells what has become of the request, see
    /// mailbox_limit.hpp. Does not wait for room. `gone` without a server.
    template <class M>
    send_status try_cast(M&& m) const {
        const pid to = whereis();
        if (!to) {
            return send_status::gone;
        }
        detail::owned_message request{make_cast(std::forward<M>(m))};
        return detail::try_deliver(to, request);
    }

    /// Sends a message to `handle_info`, without waiting. Never fails: without a server the
    /// message is dropped.
    template <class M>
    void info(M&& m) const {
        if (const pid to = whereis()) {
            detail::deliver(to, make_info(std::forward<M>(m)));
        }
    }
    template <class M, class... Args>
        requires detail::builds_in_place<M, Args...>
    void info(Args&&... args) const {
        M m{std::forward<Args>(args)...};
        if (const pid to = whereis()) {
            detail::deliver(to, make_info(std::move(m)));
        }
    }

    /// Sends a request and waits for the reply. If no reply comes, the caller exits with
    /// `{why, {gen_server, call, …}}`. `why` is `noproc`, `timeout`, `calling_self` or the
    /// reason of the server's end.
    template <class M>
    [[nodiscard("co_await it")]] auto call(M&& m, time_span timeout = defaults::timeout) const {
        return detail::call_awaiter<reply_for<M>, detail::or_exit, typename defaults::named_by>{
            detail::owned_message{make_call(std::forward<M>(m))}, where(), timeout,
            detail::described_by<std::decay_t<M>>()};
    }
    /// The same with the message built in place: `call<put>("key", 1)`.
    template <class M, class... Args>
        requires detail::builds_in_place<M, Args...>
    [[nodiscard("co_await it")]] auto call(Args&&... args) const {
        return call_in_place<M, detail::or_exit>(std::forward<Args>(args)...);
    }

    /// As `call`, but answers `std::unexpected(why)` instead of exiting.
    template <class M>
    [[nodiscard("co_await it")]] auto try_call(M&& m, time_span timeout = defaults::timeout) const {
        return detail::call_awaiter<reply_for<M>, detail::or_error, typename defaults::named_by>{
            detail::owned_message{make_call(std::forward<M>(m))}, where(), timeout,
            detail::described_by<std::decay_t<M>>()};
    }
    template <class M, class... Args>
        requires detail::builds_in_place<M, Args...>
    [[nodiscard("co_await it")]] auto try_call(Args&&... args) const {
        return call_in_place<M, detail::or_error>(std::forward<Args>(args)...);
    }

    /// For `runtime` and other functions that make messages for this server: the type of a reply.
    template <class M>
    using reply_for = detail::reply_type<T, std::decay_t<M>>;

    /// Likewise: the messages of a cast, of an info and of a call.
    template <class M>
    static detail::message_node* make_cast(M&& m) {
        static_assert(detail::handles_cast<T, std::decay_t<M>>,
                      "this server has no handle_cast for this message");
        detail::require_message<std::decay_t<M>>();
        return new detail::cast_message<T, std::decay_t<M>>(std::forward<M>(m));
    }
    template <class M>
    static detail::message_node* make_info(M&& m) {
        static_assert(detail::handles_info<T, std::decay_t<M>>,
                      "this server has no handle_info for this message");
        detail::require_message<std::decay_t<M>>();
        return new detail::info_message<T, std::decay_t<M>>(std::forward<M>(m));
    }
    template <class M>
    static detail::message_node* make_call(M&& m) {
        detail::require_call_handler<T, std::decay_t<M>>();
        static_assert(detail::survives_co_await<M>(),
                      "g++ 12 destroys this temporary twice inside co_await: write "
                      "call<message>(fields...) instead of call(message{fields...}), or pass a "
                      "message that has a name");
        detail::require_message<std::decay_t<M>>();
        return new detail::call_message<T, std::decay_t<M>>(std::forward<M>(m));
    }
    /// The process that the handle means now, for one call.
    detail::call_target target() const { return {whereis(), where()}; }

  private:
    using defaults = detail::call_defaults<T>;

    template <class M, class Policy, class... Args>
    auto call_in_place(Args&&... args) const {
        detail::require_call_handler<T, M>();
        detail::require_message<M>();
        detail::owned_message node{new detail::call_message<T, M>(M{std::forward<Args>(args)...})};
        return detail::call_awaiter<reply_for<M>, Policy, typename defaults::named_by>{
            std::move(node), where(), defaults::timeout, detail::described_by<M>()};
    }
};

/// The calling process as a typed server: `send_after(2s, self(this), explode{})`.
template <class T>
[[nodiscard]] server<T> self(const T* /*me*/) {
    return server<T>{coppice::self()};
}

/// Sends `m` to the server's `handle_info` after `time`.
template <class T, class M>
timer send_after(time_span time, const server<T>& to, M&& m) {
    detail::owned_message message{server<T>::make_info(std::forward<M>(m))};
    return detail::add_timer(time, to.where(), std::move(message));
}

/// Answers a call once, from any process or thread. After the end of the caller or of the caller's runtime
/// the answer is dropped.
template <class R>
class reply_to {
  public:
    /// A default-constructed `reply_to` belongs to no call; its answer is dropped.
    reply_to() { require_reply(); }
    /// Made for a handler: the caller, the tag of the call, and the server.
    reply_to(const pid& client, std::uint64_t tag, const pid& server) noexcept
        : client_{client}, tag_{tag}, server_{server} {
        require_reply();
    }

    /// The process that made the call. `address` is for the library.
    pid client() const noexcept { return client_; }
    detail::reply_address address() const noexcept { return {client_, tag_, server_}; }

    /// Sends the reply, without waiting. A second reply to the same call is dropped.
    template <class V = R>
        requires(!std::is_void_v<R>)
    void operator()(V&& value) const {
        send(detail::owned_message{new detail::value_message<R>(std::forward<V>(value))});
    }
    void operator()() const
        requires std::is_void_v<R>
    {
        send(detail::no_value());
    }

  private:
    static constexpr void require_reply() {
        if constexpr (!std::is_void_v<R>) {
            detail::require_message<R>();
        }
    }
    void send(detail::owned_message v) const { detail::send_reply(address(), std::move(v)); }

    pid client_;
    std::uint64_t tag_ = 0;
    pid server_;
};

/// As `to(value)`: answers a call whose handler took a `reply_to`. OTP's gen_server:reply/2.
template <class R, class V>
void reply(const reply_to<R>& to, V&& value) {
    to(std::forward<V>(value));
}
inline void reply(const reply_to<void>& to) {
    to();
}

/// In a handler: the server stops with `why` after the handler has returned. A reply returned by the handler
/// is sent after `terminate`. In the constructor or in init: the start fails with `why`, and `terminate` does
/// not run. Of several calls the last one counts. In `terminate` the call has no effect.
void stop_with(exit_reason why = reason::normal);

/// In a handler or in init: `handle_continue(m)` runs next, before any message. Throws std::logic_error at
/// the second call in one handler, and in terminate.
template <class T, class M>
void continue_with(T* /*me*/, M&& m) {
    detail::require_message<std::decay_t<M>>();
    static_assert(
        requires(T& t) { t.handle_continue(std::declval<std::decay_t<M>>()); },
        "this server has no handle_continue for this message");
    if (detail::server_loop* server = detail::current_server()) {
        server->set_continue(detail::owned_message{
            new detail::continue_message<T, std::decay_t<M>>(std::forward<M>(m))});
    }
}

/// In a handler or in init: `handle_info(timeout)` runs if no message comes within `time` of the handler's
/// end. The next message cancels the timeout. Zero: at once, if the mailbox is empty. `no_timeout`: no
/// timeout. Throws `badarg_error` for a negative time.
void timeout_after(time_span time);

/// In a constructor or init: the start answers `ignore` and leaves no process.
[[noreturn]] void ignore();

namespace detail {

template <class T, class... Args>
auto make_server(start_options options, Args&&... args) {
    auto made = make_body_with<T>(options.registered_as(), std::forward<Args>(args)...);
    if (options.debug_setup) {
        made->debug_at_start(std::move(options.debug_setup));
    }
    made->limit_at_start(options.mailbox_bound);
    return made;
}

template <class T, class... Args>
auto start_server(start_mode mode, start_options options, Args&&... args) {
    require_safe_arguments<Args...>();
    const auto timeout = options.timeout;
    return start_awaiter<T>{make_server<T>(std::move(options), std::forward<Args>(args)...), mode,
                            timeout};
}

template <class A>
concept not_options = !std::is_same_v<std::decay_t<A>, start_options>;

}  // namespace detail

/// Starts a server that is linked to the caller. The awaited result is a `start_result`, available once init
/// is done. After a failed start the process, its name and its exit message are gone. Because of the link, a
/// failed start also ends a caller that does not trap exits; only a caller that traps exits, or a supervisor,
/// sees the result. `start` fails without ending its caller.
template <class T, class... Args>
auto start_link(start_options options, Args&&... args) {
    return detail::start_server<T>(detail::start_mode::link, std::move(options),
                                   std::forward<Args>(args)...);
}
template <class T, detail::not_options First, class... Rest>
auto start_link(First&& first, Rest&&... rest) {
    return start_link<T>(start_options{}, std::forward<First>(first), std::forward<Rest>(rest)...);
}
template <class T>
auto start_link() {
    return start_link<T>(start_options{});
}

/// Starts a server without a link: the server has no parent, and neither its end nor a failed start ends the
/// caller. The awaited result is a `start_result`.
template <class T, class... Args>
auto start(start_options options, Args&&... args) {
    return detail::start_server<T>(detail::start_mode::alone, std::move(options),
                                   std::forward<Args>(args)...);
}
template <class T, detail::not_options First, class... Rest>
auto start(First&& first, Rest&&... rest) {
    return start<T>(start_options{}, std::forward<First>(first), std::forward<Rest>(rest)...);
}
template <class T>
auto start() {
    return start<T>(start_options{});
}

/// As `start`, and monitors the server: its end comes as a `down_message`, see `start_result::monitor`. The
/// caller counts as the parent.
template <class T, class... Args>
auto start_monitor(start_options options, Args&&... args) {
    return detail::start_server<T>(detail::start_mode::monitor, std::move(options),
                                   std::forward<Args>(args)...);
}
template <class T, detail::not_options First, class... Rest>
auto start_monitor(First&& first, Rest&&... rest) {
    return start_monitor<T>(start_options{}, std::forward<First>(first),
                            std::forward<Rest>(rest)...);
}
template <class T>
auto start_monitor() {
    return start_monitor<T>(start_options{});
}

/// Asks a server to stop with `why` and waits for its end. The caller exits with the server's reason if the
/// server ended with another reason, with `noproc` if there is no server, with `timeout` if the stop took too
/// long, with `calling_self` for the caller itself. After a timeout the server still stops, in its own time.
/// Throws `badarg_error` for a negative time.
[[nodiscard("co_await it")]] task<> stop(pid who, exit_reason why = reason::normal,
                                         time_span timeout = no_timeout);
template <class T>
[[nodiscard("co_await it")]] task<> stop(const server<T>& who, exit_reason why = reason::normal,
                                         time_span timeout = no_timeout) {
    return stop(who.whereis(), std::move(why), timeout);
}

}  // namespace coppice

#pragma GCC visibility pop
