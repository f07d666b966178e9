// SPDX-License-Identifier: Apache-2.0
// A client of a program's inspect endpoint: asks, steers and watches a running tree from another program. The
// methods are in docs/reference/inspect-protocol.md.
//
//     auto shop = inspect::client::connect("shop", "my tool");
//     std::cout << shop.request("processes", R"({"sort":"queue","descending":true})");
//
// Threads    A client may be used from any thread. Each client has one reader thread.
// Blocking   `connect` and `request` wait up to their limits, `next_notification` for the given time.
// Ownership  A client owns its connection and thread. Subscriptions end with the connection.
// Errors     `inspect::error` with a sentence. A lost connection stays lost: every later request throws.
// Cost       A reader thread for each client. A request is one line to the program and one line back.
// Bounds     An incoming message has at most `message_bytes_max` bytes. At most `notifications_max`
//            notifications, with 32 MiB in all, are queued; beyond that the oldest are dropped and counted.
// Today      The protocol has version 1: a client ignores unknown fields. The numbers under Bounds may
//            change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::inspect {

/// The protocol version of this client.
inline constexpr int protocol_version = 1;
/// Limit of one incoming message. An outgoing message may have 1 MiB, as the protocol demands.
inline constexpr std::size_t message_bytes_max = std::size_t{16} * 1024 * 1024;
/// Limit of the queue of notifications.
inline constexpr std::size_t notifications_max = 10'000;

/// A program whose endpoint accepts connections.
struct program {
    /// The argument of `client::connect`: NAME, or NAME.PID for a second program of that name.
    std::string name;
    std::string socket;  ///< The path of the socket.
};

/// The folder of this user's sockets: $XDG_RUNTIME_DIR/coppice, else coppice-UID in the system's temporary
/// folder. The folder may be missing.
[[nodiscard]] std::string socket_folder();

/// The reachable programs, sorted by name. Stale sockets are skipped and left in place. A folder of
/// another user is not read.
[[nodiscard]] std::vector<program> programs();

/// A refusal by an endpoint, or a failure to reach one.
class error : public std::runtime_error {
  public:
    /// Thrown by `connect` and `request`.
    error(int code, const std::string& what) : std::runtime_error{what}, code_{code} {}
    /// A code of the protocol, from 1 noproc to 6 unavailable, or a negative code of JSON-RPC. 0 for a
    /// failed or lost connection.
    [[nodiscard]] int code() const noexcept { return code_; }

  private:
    int code_;
};

/// A connection. A moved-from client may only be destroyed or assigned to.
class client {
  public:
    /// Connects to a program by name, or to a socket by a path that contains a "/", and sends `hello`. Throws
    /// `error` with code 0 if that fails; for an unknown name the text lists the reachable programs.
    static client connect(const std::string& name_or_socket, std::string_view client_name);
    /// Moved and not copied, since a client owns its connection.
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// Closes the connection and so ends its subscriptions. Outstanding requests fail.
    ~client();

    /// The result of `hello` as JSON.
    [[nodiscard]] const std::string& greeting() const noexcept;

    /// The result of a method as JSON. Requests from several threads run independently. Throws
    /// `error`: the endpoint's error, or code 2 without an answer `within` the time, or -32602 if
    /// `params_json` is not a JSON object.
    std::string request(std::string_view method, std::string_view params_json = "{}",
                        time_span within = std::chrono::seconds{5});

    /// The `params` of the oldest queued notification, as JSON: subscription, topic and data. Empty after
    /// `wait`, or at once if the connection is lost and the queue is empty.
    std::optional<std::string> next_notification(time_span wait);
    /// How many notifications were dropped from a full queue.
    [[nodiscard]] std::uint64_t notifications_lost() const noexcept;

    /// False once the connection is lost or closed. A connection may still fail at any moment.
    [[nodiscard]] bool is_open() const noexcept;
    /// Closes the connection while other threads may use the client: their waits fail
    /// as for a lost connection.
    void close() noexcept;

  private:
    class connection;
    explicit client(std::unique_ptr<connection> made) noexcept;
    std::unique_ptr<connection> connection_;
};

}  // namespace coppice::inspect

#pragma GCC visibility pop
