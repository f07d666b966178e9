// SPDX-License-Identifier: Apache-2.0
// A minimal HTTP client for raw bytes, so that a test can send malformed requests.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coppice::test {

/// A connection to a port of the loopback address.
class http_connection {
  public:
    explicit http_connection(std::uint16_t port)
        : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_open_ =
            ::connect(socket_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0;
        // Without an answer the test fails instead of blocking.
        const ::timeval limit{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;
    ~http_connection() { ::close(socket_); }

    bool is_open() const { return is_open_; }
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Reads until `end` has arrived, or until the server closes.
    std::string read_until(std::string_view end) {
        while (got_.find(end) == std::string::npos && read_some()) {
        }
        return got_;
    }
    std::string read_all() {
        while (read_some()) {
        }
        return got_;
    }

  private:
    bool read_some() {
        char part[4096];
        ssize_t got = 0;
        do {  // a stop and a continuation of the program interrupt a read with a time limit
            got = ::recv(socket_, part, sizeof part, 0);
        } while (got < 0 && errno == EINTR);
        if (got > 0) {
            got_.append(part, static_cast<std::size_t>(got));
        }
        return got > 0;
    }

    int socket_;
    bool is_open_ = false;
    std::string got_;
};

struct http_answer {
    int status = 0;
    std::string head;
    std::string body;

    bool has(std::string_view header) const { return head.find(header) != std::string::npos; }
};

inline http_answer read_http(std::string_view all) {
    const std::size_t end = all.find("\r\n\r\n");
    http_answer out;
    out.head = all.substr(0, end);
    out.body = end == std::string_view::npos ? std::string{} : std::string{all.substr(end + 4)};
    out.status = all.starts_with("HTTP/1.1 ") ? std::stoi(std::string{all.substr(9, 3)}) : 0;
    return out;
}

/// `headers`: whole lines, each with its \r\n.
inline http_answer http_ask(std::uint16_t port, const std::string& line, const std::string& headers,
                            const std::string& body = {}) {
    http_connection to{port};
    const std::string length =
        body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    to.send(line + " HTTP/1.1\r\n" + headers + length + "\r\n" + body);
    return read_http(to.read_all());
}

}  // namespace coppice::test
