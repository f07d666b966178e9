// SPDX-License-Identifier: Apache-2.0

#include "net/socket_address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

namespace coppice::net::detail {

namespace {

constexpr std::size_t path_length_max = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t host_length_max = 253;

/// Text from the user, with control characters escaped so that the text cannot forge a line of a log.
std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 300;
    std::string shown;
    for (const char c : text.substr(0, shown_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte == 0x7F) {
            constexpr std::string_view digits = "0123456789abcdef";
            shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
        } else {
            shown += c;
        }
    }
    return shown + (text.size() > shown_max ? "..." : "");
}

std::string path_of(const address& of) {
    constexpr auto before_path = offsetof(sockaddr_un, sun_path);
    if (of.size <= before_path) {
        return {};
    }
    sockaddr_un unix{};
    std::memcpy(&unix, &of.storage, std::min<std::size_t>(of.size, sizeof unix));
    if (unix.sun_path[0] == '\0') {
        // Abstract names of the kernel are not files.
        return {};
    }
    return {unix.sun_path, ::strnlen(unix.sun_path, of.size - before_path)};
}

std::string refusal_of(const std::string& host) {
    if (host.empty()) {
        return R"(the address is empty; write "127.0.0.1", a host's name, or "0.0.0.0" and "::" to )"
               "listen on all addresses";
    }
    if (host.find('\0') != std::string::npos) {
        return "the address contains a NUL";
    }
    if (host.size() > host_length_max) {
        return "the address is longer than any host's name (253 bytes)";
    }
    return {};
}

struct free_found {
    void operator()(addrinfo* found) const noexcept { ::freeaddrinfo(found); }
};

std::string hint_of(const std::string& host) {
    const auto colons = std::count(host.begin(), host.end(), ':');
    if (host.starts_with('[')) {
        return "; an IPv6 address is written without brackets here";
    }
    return colons == 1 ? "; the port is an argument of its own" : "";
}

lookup ask_system(const std::string& host, std::uint16_t port, int flags) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* answer = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &answer);
    if (error != 0) {
        const std::string reason = error == EAI_SYSTEM ? std::generic_category().message(errno)
                                                       : std::string{::gai_strerror(error)};
        return {{}, reason + hint_of(host)};
    }
    const std::unique_ptr<addrinfo, free_found> owned{answer};
    lookup out;
    for (const addrinfo* each = answer; each != nullptr; each = each->ai_next) {
        address one;
        one.size = each->ai_addrlen;
        std::memcpy(&one.storage, each->ai_addr, each->ai_addrlen);
        out.found.push_back(one);
    }
    return out;
}

}  // namespace

std::string to_text(const address& of) {
    if (of.family() == AF_UNIX) {
        return written_path(path_of(of));
    }
    std::array<char, NI_MAXHOST> host{};
    if (::getnameinfo(of.get(), of.size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) !=
        0) {
        return {};
    }
    return written(host.data(), port_of(of));
}

std::uint16_t port_of(const address& of) noexcept {
    if (of.family() == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &of.storage, sizeof four);
        return ntohs(four.sin_port);
    }
    if (of.family() == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &of.storage, sizeof six);
        return ntohs(six.sin6_port);
    }
    return 0;
}

address local_address(int socket) noexcept {
    address own;
    own.size = sizeof own.storage;
    if (::getsockname(socket, own.get(), &own.size) != 0) {
        own = {};
    }
    return own;
}

address peer_address(int socket) noexcept {
    address peer;
    peer.size = sizeof peer.storage;
    if (::getpeername(socket, peer.get(), &peer.size) != 0) {
        peer = {};
    }
    return peer;
}

lookup look_up_literal(const std::string& host, std::uint16_t port) {
    if (std::string wrong = refusal_of(host); !wrong.empty()) {
        return {{}, std::move(wrong)};
    }
    lookup out = ask_system(host, port, AI_NUMERICHOST);
    out.why.clear();  // The text may be a host name.
    return out;
}

lookup look_up(const std::string& host, std::uint16_t port, purpose what) {
    lookup out = look_up_literal(host, port);
    if (!out.found.empty() || !out.why.empty()) {
        return out;
    }
    out = ask_system(host, port, 0);
    if (what == purpose::to_listen) {
        // Clients that connect to "localhost" mostly try 127.0.0.1.
        std::stable_partition(out.found.begin(), out.found.end(),
                              [](const address& each) { return each.family() == AF_INET; });
    }
    return out;
}

lookup look_up_path(const std::string& path) {
    if (path.empty()) {
        return {{}, "the path is empty"};
    }
    if (path.find('\0') != std::string::npos) {
        return {{}, "the path contains a NUL"};
    }
    if (path.size() > path_length_max) {
        return {{},
                "the path has " + std::to_string(path.size()) +
                    " bytes and a Unix socket's may have " + std::to_string(path_length_max) +
                    "; choose a shorter one, or one that is relative to the working directory"};
    }
    sockaddr_un unix{};
    unix.sun_family = AF_UNIX;
    std::memcpy(unix.sun_path, path.data(), path.size());
    address out;
    out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    std::memcpy(&out.storage, &unix, sizeof unix);
    return {{out}, {}};
}

std::string written(const std::string& host, std::uint16_t port) {
    const bool six = host.find(':') != std::string::npos;
    return (six ? "[" + quoted(host) + "]" : quoted(host)) + ":" + std::to_string(port);
}

std::string written_path(const std::string& path) {
    return "unix:" + quoted(path);
}

}  // namespace coppice::net::detail
