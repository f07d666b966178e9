// SPDX-License-Identifier: Apache-2.0
// Addresses of the OS, and what a person reads of them.

#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace coppice::net::detail {

struct address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const noexcept { return storage.ss_family; }
    const sockaddr* get() const noexcept {
        return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT: the OS's own way
    }
    sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }  // NOLINT
};

/// "127.0.0.1:80", "[::1]:80", "unix:/run/app.sock".
std::string to_text(const address& of);
std::uint16_t port_of(const address& of) noexcept;

address local_address(int socket) noexcept;
address peer_address(int socket) noexcept;

/// Addresses, or a sentence that says why there are none.
struct lookup {
    std::vector<address> found;
    std::string why;
};

enum class purpose : bool { to_listen, to_connect };

/// Of a host's address or name. Asks the system's resolver for a name, and blocks meanwhile.
lookup look_up(const std::string& host, std::uint16_t port, purpose what);
/// The same for what needs no resolver; empty with no `why` when the resolver has to be asked.
lookup look_up_literal(const std::string& host, std::uint16_t port);
lookup look_up_path(const std::string& path);

/// As the user wrote it, on one line: "localhost:80", "[::1]:80".
std::string written(const std::string& host, std::uint16_t port);
std::string written_path(const std::string& path);

}  // namespace coppice::net::detail
