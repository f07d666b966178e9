// SPDX-License-Identifier: Apache-2.0
// A client of a program's inspect endpoint: it asks, steers and watches a running tree from another
// program. docs/reference/inspect-protocol.md has the methods.
//
//     auto shop = inspect::client::connect("shop", "my tool");
//     std::cout << shop.request("processes", R"({"sort":"queue","descending":true})");
//
// Threads    A client may be used from any thread. It has a thread of its own that reads.
// Blocking   `connect` and `request` wait up to their limits, `next_notification` as long as it is told.
// Errors     `inspect::error` with a sentence. A connection that is lost stays lost; every later
//            request says so.
// Bounds     A message has at most `message_bytes_max`. At most `notifications_max` wait to be taken;
//            of more the oldest are dropped and counted.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::inspect {

/// The version of the protocol that this client speaks.
inline constexpr int protocol_version = 1;
/// Of one message that comes in. What goes out may have 1 MiB, as the protocol has it.
inline constexpr std::size_t message_bytes_max = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t notifications_max = 10'000;

/// A program whose endpoint takes connections.
struct program {
    std::string name;    ///< Which `client::connect` takes: NAME, or NAME.PID for a second one.
    std::string socket;  ///< The path.
};

/// The folder of this user's sockets: $XDG_RUNTIME_DIR/coppice, else coppice-UID in the system's
/// temporary folder. It need not exist.
[[nodiscard]] std::string socket_folder();

/// The programs that can be reached now, by name. A socket whose program has ended is passed over, and
/// left where it is. A folder that belongs to another user is not looked into.
[[nodiscard]] std::vector<program> programs();

/// What an endpoint refused, or why it cannot be reached.
class error : public std::runtime_error {
  public:
    error(int code, const std::string& what) : std::runtime_error{what}, code_{code} {}
    /// The protocol's: 1 noproc … 6 unavailable, or one of JSON-RPC's, which are negative; 0 if the
    /// connection could not be made or was lost.
    [[nodiscard]] int code() const noexcept { return code_; }

  private:
    int code_;
};

/// A connection. Moved from, it may only be destroyed or assigned to.
class client {
  public:
    /// Connects to a program by its name, or to a socket by a path with a "/" in it, and greets it.
    /// Throws `error` with code 0, which names the programs that can be reached.
    static client connect(const std::string& name_or_socket, std::string_view client_name);
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// Closes the connection, which ends its subscriptions. A request that waits fails.
    ~client();

    /// The result of `hello`, JSON.
    [[nodiscard]] const std::string& greeting() const noexcept;

    /// The result of a method, JSON. Requests of several threads do not wait for each other. Throws
    /// `error`: the endpoint's, or its own with code 2 when there is no answer `within` the time, and
    /// with -32602 when `params_json` is no JSON object.
    std::string request(std::string_view method, std::string_view params_json = "{}",
                        time_span within = std::chrono::seconds{5});

    /// The `params` of the oldest notification that has not been taken: subscription, topic and data, as
    /// JSON. Empty after `wait`, or at once if the connection is lost.
    std::optional<std::string> next_notification(time_span wait);
    /// How many were dropped because nobody took them.
    [[nodiscard]] std::uint64_t notifications_lost() const noexcept;

    [[nodiscard]] bool is_open() const noexcept;
    /// Loses the connection, while other threads may use it: what waits fails as it does then.
    void close() noexcept;

  private:
    class connection;
    explicit client(std::unique_ptr<connection> made) noexcept;
    std::unique_ptr<connection> connection_;
};

}  // namespace coppice::inspect

#pragma GCC visibility pop
