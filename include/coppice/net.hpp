// SPDX-License-Identifier: Apache-2.0
// Sockets for processes: TCP over IPv4 and IPv6, and Unix sockets.
//
// Input becomes a message to the process that asked for it:
//
//     asked with                  answer
//     service::connect()          connected, or connect_failed
//     listener::accept_next()     accepted, or listen_failed
//     socket::read_next()         received, or disconnected
//     socket::write_next()        writable
//
// One question, one answer. A process that does not ask gets no message, so unread bytes stay in the
// transport and the peer is slowed down (back-pressure). A question is void once its process has
// ended, and the answer waits for the next requester: bytes stay unread, and the next requester gets the
// next accepted connection.
//
// A write goes to the OS at once; the rest that the OS does not take waits in a bounded buffer. A failed
// write tells the reason. A socket closes with its last handle, and so with the process that owns it: the
// peer sees the close before any process hears of the owner's end. Buffered bytes are still sent. A closed
// socket waits for its peer to close too, for at most `linger_max`. A listener frees its address as soon as
// its last handle is gone, so that a restarted process can listen there again. (A process that is killed
// during a handler keeps its handles until the handler returns.)
//
// Threads    Handles are values and may be used on any thread.
// Blocking   None, except `listen` with a host name, which asks the system's resolver.
// Errors     `listen` throws std::system_error with the address and a remedy. All other errors are answers. A
//            question may throw std::bad_alloc; then the question has no effect. Without memory for an
//            answer, the answer is "out of memory", and the connection or the attempt is over. An empty
//            handle, a closed handle, and a handle of a stopped service answer alike.
// Cost       A read or a write is one system call. Accepting and closing are O(1) in
//            the number of open sockets.
// Ownership  Descriptors are close-on-exec: a program started by this one inherits none.
// Today      There is no TLS and no UDP. The limits `write_buffer_max`, `read_size_max` and `linger_max` may
//            change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/detail/chrono.hpp"
#include "coppice/pid.hpp"
#include "coppice/runtime.hpp"

#pragma GCC visibility push(default)

namespace coppice::net {

namespace detail {
class service_state;
class socket_state;
class listener_state;
}  // namespace detail

/// Identifies the socket, listener or connection attempt of a message. Unique within a service. Empty: none.
struct handle_id {
    std::uint64_t number = 0;  ///< 0 for no handle.
    /// False for no handle.
    explicit operator bool() const noexcept { return number != 0; }
    /// Equal numbers.
    bool operator==(const handle_id&) const = default;
};

/// Bytes have arrived.
struct received {
    std::string bytes;    ///< At least one byte, at most `read_size_max`.
    handle_id from = {};  ///< The socket.
};
/// The connection is over: closed by the peer, failed, or closed here. Every later
/// question gets the same answer.
struct disconnected {
    std::string why;      ///< A sentence for a log.
    handle_id from = {};  ///< The socket.
};
/// The write buffer has room again.
struct writable {
    handle_id from = {};  ///< The socket.
};

/// The write buffer of one socket, in bytes.
inline constexpr std::size_t write_buffer_max = std::size_t{256} * 1024;
/// The most bytes in one `received`.
inline constexpr std::size_t read_size_max = 4096;
/// How long a closed socket waits for its peer to read the last bytes and to close.
inline constexpr std::chrono::seconds linger_max{3};
/// The default time limit of `connect`.
inline constexpr std::chrono::seconds connect_timeout{5};

/// Why a write has failed.
enum class write_error : std::uint8_t {
    none,  ///< The bytes were taken.
    /// More than `write_buffer_max` bytes would be buffered. Nothing was written.
    full,
    closed,    ///< The socket was closed on this side, or its service has stopped.
    gone,      ///< The connection is over: the peer takes no more bytes.
    no_socket  ///< The handle is empty.
};

/// The result of a write: true if the bytes were taken.
class write_result {
  public:
    /// Success.
    constexpr write_result() noexcept = default;
    /// For the library; `code` is the errno of the failed system call.
    constexpr explicit write_result(write_error error, int code = 0) noexcept
        : error_{error}, code_{code} {}
    // NOLINTNEXTLINE(google-explicit-constructor): a write is a yes or a no in most programs
    constexpr operator bool() const noexcept { return error_ == write_error::none; }
    /// The kind of the failure; `none` after success.
    constexpr write_error error() const noexcept { return error_; }
    /// A sentence, empty if the bytes were taken.
    std::string why() const;

  private:
    write_error error_ = write_error::none;
    int code_ = 0;  ///< The OS's errno for `gone`.
};

/// The OS process at the other end of a Unix socket, at the time of its connect.
struct credentials {
    /// 0 for a process in a PID namespace that is invisible from here.
    std::int64_t process = 0;
    std::uint32_t user = 0;   ///< The effective user id.
    std::uint32_t group = 0;  ///< The effective group id.
    /// Equal in all fields.
    bool operator==(const credentials&) const = default;
};

/// A handle to one connection. Copies mean the same connection; the last copy closes it. Default-constructed:
/// no connection.
class socket {
  public:
    /// No connection.
    socket() = default;
    /// Made by the service.
    explicit socket(std::shared_ptr<detail::socket_state> state) noexcept
        : state_{std::move(state)} {}
    /// False for an empty handle. True does not mean that the connection is open.
    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Sends the next arriving bytes to `to`. One question at a time; a later question
    /// replaces an earlier one.
    void read_next(const pid& to) const;
    /// All bytes are taken or none. True does not mean that the peer has read the bytes: if the connection
    /// breaks later, a later write fails.
    // NOLINTNEXTLINE(modernize-use-nodiscard): a line to a client that has gone may be lost
    write_result write(std::string_view bytes) const;
    /// Sends `writable` to `to` once at most half of `write_buffer_max` is in use, or when the connection is
    /// over; the next write then reports the end. A later question replaces an earlier one.
    void write_next(const pid& to) const;
    /// Closes after all buffered bytes are written. An open question is answered `disconnected`.
    void close() const;
    /// The peer's address: "127.0.0.1:50312", "[::1]:50312" or "unix:/run/app.sock". "unix:" for a peer
    /// without a path; empty for an empty handle.
    std::string peer() const;
    /// The credentials that the kernel reports. Nothing for TCP and for an empty handle.
    std::optional<credentials> peer_credentials() const noexcept;
    /// The id in the messages of this socket; empty for an empty handle.
    handle_id id() const noexcept;

  private:
    std::shared_ptr<detail::socket_state> state_;
};

/// A client has connected to a listener.
struct accepted {
    socket connection;    ///< The only handle: dropping the message closes the connection.
    handle_id from = {};  ///< The listener.
};
/// The listener accepts no more connections: it was closed, or failed.
struct listen_failed {
    std::string why;      ///< A sentence for a log.
    handle_id from = {};  ///< The listener.
};

/// A handle to a listening address. Copies mean the same listener; the last copy closes it.
/// Default-constructed: no listener.
class listener {
  public:
    /// No listener.
    listener() = default;
    /// Made by the service.
    explicit listener(std::shared_ptr<detail::listener_state> state) noexcept
        : state_{std::move(state)} {}
    /// False for an empty handle. True does not mean that the listener is open.
    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Sends the next connection to `to`. One question at a time; a later question replaces an earlier one.
    /// While the OS has no file descriptor or memory to spare, connections wait. If the requester ends before it
    /// uses the connection, the next requester gets that connection.
    void accept_next(const pid& to) const;
    /// Frees the address. An open question is answered `listen_failed`.
    void close() const;
    /// The port of the listener, also after a close; 0 for a Unix socket and for an empty handle.
    std::uint16_t port() const noexcept;
    /// "127.0.0.1:4040" or "unix:/run/app.sock"; empty for an empty handle.
    std::string address() const;
    /// The id in the messages of this listener; empty for an empty handle.
    handle_id id() const noexcept;

  private:
    std::shared_ptr<detail::listener_state> state_;
};

/// The path of a Unix socket: up to 107 bytes, not empty, without NUL.
struct unix_path {
    // With g++ 12 a temporary aggregate with a string does not survive co_await.
    /// The path is checked by `listen` and `connect`, not here.
    unix_path(std::string where,  // NOLINT(google-explicit-constructor): as an aggregate would
              unsigned mode_at_most = 0777)
        : path{std::move(where)}, mode{mode_at_most} {}
    std::string path;  ///< In the file system; a NUL for an abstract name is refused.
    /// The file mode of a listener's socket, minus the umask. Set before the first client can connect.
    unsigned mode;
};

/// A connection attempt has succeeded.
struct connected {
    socket connection;       ///< The only handle: dropping the message closes the connection.
    handle_id attempt = {};  ///< The result of `connect`.
};
/// A connection attempt has failed. `why` is a sentence that names the address.
struct connect_failed {
    std::string why;         ///< Names the address and the cause.
    handle_id attempt = {};  ///< The result of `connect`.
};

/// A process's handle to the service, used to listen and to connect.
class network {
  public:
    /// No service: every request throws std::system_error.
    network() = default;
    /// Made by `service::network`.
    explicit network(std::shared_ptr<detail::service_state> state) noexcept
        : state_{std::move(state)} {}

    /// Listens on an address or a host name; port 0 takes a free port. The addresses of a name are tried in
    /// order, IPv4 before IPv6, until one can be bound. "0.0.0.0" and "::" are all addresses of this machine.
    listener listen(const std::string& address, std::uint16_t port) const;
    /// Listens on a Unix socket. A stale socket file, on which no program listens, is replaced. The file is
    /// removed when the listener closes.
    listener listen(const unix_path& where) const;

    /// Connects to a host by address or name, and sends `connected` or `connect_failed` to `to`, with the id
    /// that is returned here. The addresses of a name are tried one after another, each for an equal share of
    /// the time left. Names are resolved on separate threads, so a slow name server delays only its own
    /// answer. `within` may be `no_timeout`; the OS then gives up after some minutes.
    handle_id connect(const std::string& host, std::uint16_t port, const pid& to,
                      time_span within = connect_timeout) const;
    /// The same for a Unix socket.
    handle_id connect(const unix_path& where, const pid& to,
                      time_span within = connect_timeout) const;

  private:
    std::shared_ptr<detail::service_state> state_;
};

/// The input and output thread of one runtime. Make the service after the runtime, and stop the runtime
/// first. The destructor waits for buffered bytes to leave, for at most one second, and closes all open
/// sockets. Handles may outlive the service.
class service {
  public:
    /// Throws std::logic_error for a runtime with a simulated clock.
    explicit service(runtime& world);
    /// For the runtime of the calling process. A process of that runtime owns the service: for a part
    /// of a supervision tree that brings its own service. The destructor does not wait: bytes already
    /// taken by a Unix socket still arrive, buffered bytes are lost. Throws std::logic_error in a
    /// simulation, which has no sockets.
    service();
    /// Ends the thread and closes all open sockets.
    ~service();
    /// Neither copied nor moved.
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    /// A handle that processes may keep and send in messages.
    net::network network() const;

    /// As the members of `network`.
    listener listen(const std::string& address, std::uint16_t port);
    listener listen(const unix_path& where);
    handle_id connect(const std::string& host, std::uint16_t port, const pid& to,
                      time_span within = connect_timeout);
    handle_id connect(const unix_path& where, const pid& to, time_span within = connect_timeout);

  private:
    std::shared_ptr<detail::service_state> state_;
};

}  // namespace coppice::net

#pragma GCC visibility pop
