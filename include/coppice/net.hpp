// SPDX-License-Identifier: Apache-2.0
// Sockets for processes: TCP over IPv4 and IPv6, and Unix sockets.
//
// What arrives becomes a message to the process that asked for it:
//
//     asked with                  answer
//     service::connect()          connected, or connect_failed
//     listener::accept_next()     accepted, or listen_failed
//     socket::read_next()         received, or disconnected
//     socket::write_next()        writable
//
// One question, one answer: a process that does not ask is sent nothing, and the peer is slowed down
// by the transport. A question of a process that has ended is void, and its answer waits for the next
// asker: bytes stay unread, and a connection is accepted for the process that asks next.
//
// What a process writes goes to the OS at once; what the OS does not take waits in a bounded buffer.
// A write that cannot succeed says why. A socket closes when the last handle to it is gone, so it
// closes with the process that owns it: the peer is told before anybody hears of that process's end.
// What was written still leaves, and the peer is waited for to close too, but for no longer than
// `linger_max`. A listener that is let go frees its address at once, so that the next start of its
// process can listen there again. (A process that is killed in the middle of a handler keeps what it
// owns until that handler returns.)
//
// Threads    Handles are values and may be used on any thread.
// Blocking   None, but `listen` with a host name, which asks the system's resolver.
// Errors     `listen` throws std::system_error with the address and a remedy; all else is an answer. A
//            question may throw std::bad_alloc: then it was not asked. Without memory for an answer it
//            says "out of memory", and the connection or the attempt is over.
//            A handle that is empty, closed, or whose service has stopped answers like a closed one.
// Cost       A read or a write is one call of the OS. Accepting and closing are O(1), whatever is open.
// Ownership  Every descriptor is closed in a program that this one starts (close-on-exec).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/pid.hpp"
#include "coppice/runtime.hpp"

#pragma GCC visibility push(default)

namespace coppice::net {

namespace detail {
class service_state;
class socket_state;
class listener_state;
}  // namespace detail

/// Tells which socket, listener or attempt to connect a message is about. Never used twice by one
/// service. Empty: none.
struct handle_id {
    std::uint64_t number = 0;
    explicit operator bool() const noexcept { return number != 0; }
    bool operator==(const handle_id&) const = default;
};

/// Bytes arrived.
struct received {
    std::string bytes;
    handle_id from = {};
};
/// The connection is over: the peer closed it, it failed, or it was closed here. Every later question
/// is answered likewise.
struct disconnected {
    std::string why;
    handle_id from = {};
};
/// There is room to write again.
struct writable {
    handle_id from = {};
};

/// How much may wait to be written to one socket.
inline constexpr std::size_t write_buffer_max = std::size_t{256} * 1024;
/// How much one `received` brings at most.
inline constexpr std::size_t read_size_max = 4096;
/// How long a closed socket may wait for its peer to read what was written and to close.
inline constexpr std::chrono::seconds linger_max{3};
/// How long `connect` waits unless told otherwise.
inline constexpr std::chrono::seconds connect_timeout{5};

enum class write_error : std::uint8_t {
    none,
    full,      ///< More than `write_buffer_max` would wait. Nothing was written.
    closed,    ///< This side has closed the socket, or its service has stopped.
    gone,      ///< The connection is over: the peer does not take any more.
    no_socket  ///< The handle is empty.
};

/// What became of a write: true if the bytes were taken.
class write_result {
  public:
    constexpr write_result() noexcept = default;
    constexpr explicit write_result(write_error error, int code = 0) noexcept
        : error_{error}, code_{code} {}
    // NOLINTNEXTLINE(google-explicit-constructor): a write is a yes or a no in most programs
    constexpr operator bool() const noexcept { return error_ == write_error::none; }
    constexpr write_error error() const noexcept { return error_; }
    /// A sentence, empty if the bytes were taken.
    std::string why() const;

  private:
    write_error error_ = write_error::none;
    int code_ = 0;  ///< The OS's errno for `gone`.
};

/// The process of the OS at the other end of a Unix socket, as it was when it connected.
struct credentials {
    std::int64_t process = 0;  ///< 0: in a namespace of processes that cannot be seen from here.
    std::uint32_t user = 0;
    std::uint32_t group = 0;
    bool operator==(const credentials&) const = default;
};

class socket {
  public:
    socket() = default;
    explicit socket(std::shared_ptr<detail::socket_state> state) noexcept
        : state_{std::move(state)} {}
    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Sends what arrives next to `to`. One question at a time; the last one counts.
    void read_next(const pid& to) const;
    /// Taken whole or not at all. True does not say that the peer has read it: a connection that
    /// breaks later makes a later write fail.
    // NOLINTNEXTLINE(modernize-use-nodiscard): a line to a client that has gone may be lost
    write_result write(std::string_view bytes) const;
    /// Sends `writable` to `to` once no more than half of `write_buffer_max` waits, or when the
    /// connection is over, which the next write then says. The last question counts.
    void write_next(const pid& to) const;
    /// Closes when everything has been written. An open question is answered `disconnected`.
    void close() const;
    /// The peer's address, "127.0.0.1:50312", "[::1]:50312" or "unix:/run/app.sock"; "unix:" when
    /// the peer has no path, and empty for an empty handle.
    std::string peer() const;
    /// As the kernel tells them. Nothing for TCP and for an empty handle.
    std::optional<credentials> peer_credentials() const noexcept;
    handle_id id() const noexcept;

  private:
    std::shared_ptr<detail::socket_state> state_;
};

struct accepted {
    socket connection;
    handle_id from = {};  ///< The listener.
};
struct listen_failed {
    std::string why;
    handle_id from = {};
};

class listener {
  public:
    listener() = default;
    explicit listener(std::shared_ptr<detail::listener_state> state) noexcept
        : state_{std::move(state)} {}
    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Sends the next connection to `to`. One question at a time; the last one counts. While the OS
    /// has no file descriptor or memory to spare, connections wait. If the asker ends before it has
    /// used the connection, the next asker gets it.
    void accept_next(const pid& to) const;
    /// Frees the address. An open question is answered `listen_failed`.
    void close() const;
    /// The port it listens or listened on; 0 for a Unix socket and for an empty handle.
    std::uint16_t port() const noexcept;
    /// "127.0.0.1:4040" or "unix:/run/app.sock"; empty for an empty handle.
    std::string address() const;
    handle_id id() const noexcept;

  private:
    std::shared_ptr<detail::listener_state> state_;
};

/// The path of a Unix socket: up to 107 bytes, not empty, without NUL.
struct unix_path {
    // With g++ 12 a temporary aggregate with a string does not survive co_await.
    unix_path(std::string where,  // NOLINT(google-explicit-constructor): as an aggregate would
              unsigned mode_at_most = 0777)
        : path{std::move(where)}, mode{mode_at_most} {}
    std::string path;
    /// Of the file that a listener makes, less the umask: the socket has it before anybody can connect.
    unsigned mode;
};

/// The attempt to connect has succeeded.
struct connected {
    socket connection;
    handle_id attempt = {};
};
/// It has not: a sentence that names the address.
struct connect_failed {
    std::string why;
    handle_id attempt = {};
};

/// What a process holds to listen and to connect: a handle to the service.
class network {
  public:
    network() = default;
    explicit network(std::shared_ptr<detail::service_state> state) noexcept
        : state_{std::move(state)} {}

    /// Listens on an address or on a host name's first address, IPv4 before IPv6; port 0 takes a
    /// free one. "0.0.0.0" and "::" are all addresses of this machine.
    listener listen(const std::string& address, std::uint16_t port) const;
    /// Listens on a Unix socket. A socket file on which no program listens any more is replaced; the
    /// file is removed when the listener closes.
    listener listen(const unix_path& where) const;

    /// Connects to a host by address or name, and sends the answer to `to`. The addresses of a name
    /// are tried one after another; each has an equal share of the time that is left. Names are
    /// looked up on threads of their own, so that a slow name server delays nothing but its answer.
    /// `within` may be `no_timeout`: then the OS gives up, after some minutes.
    handle_id connect(const std::string& host, std::uint16_t port, const pid& to,
                      time_span within = connect_timeout) const;
    handle_id connect(const unix_path& where, const pid& to,
                      time_span within = connect_timeout) const;

  private:
    std::shared_ptr<detail::service_state> state_;
};

/// The thread that does the input and output for one runtime. Make it after the runtime and stop the
/// runtime first; the destructor then lets what was written leave, for no longer than a second.
/// Handles that are left are closed, and may outlive it.
class service {
  public:
    /// Throws std::logic_error for a runtime with a simulated clock.
    explicit service(runtime& world);
    /// For the runtime of the calling process, and owned by a process of it: for a part of a supervision
    /// tree that brings its own. Its destructor waits for nothing: what a Unix socket has taken still
    /// arrives, and what waits here is lost. Throws std::logic_error in a simulation, which has no sockets.
    service();
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    /// A handle that processes may keep and send.
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
