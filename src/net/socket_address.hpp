// SPDX-License-Identifier: Apache-2.0
// Socket addresses of the OS, and their text forms.

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

/// The addresses, or a sentence with the reason of the failure.
struct lookup {
    std::vector<address> found;
    std::string why;
};

enum class purpose : bool { to_listen, to_connect };

/// For an address or a name of a host. A name goes to the system's resolver, which blocks.
lookup look_up(const std::string& host, std::uint16_t port, purpose what);
/// The same without the resolver. Empty with an empty `why` if the host is a name for the resolver.
lookup look_up_literal(const std::string& host, std::uint16_t port);
lookup look_up_path(const std::string& path);

/// The address as the user wrote it, on one line: "localhost:80", "[::1]:80".
std::string written(const std::string& host, std::uint16_t port);
std::string written_path(const std::string& path);

}  // namespace coppice::net::detail
