// SPDX-License-Identifier: Apache-2.0
// A datagram socket to journald.
//
// Threads    One at a time.

#pragma once

#include <string>
#include <string_view>

namespace coppice::platform {

class journal_socket {
  public:
    /// Opens nothing at the other end: journald may start later, and start again.
    explicit journal_socket(std::string path);
    journal_socket(const journal_socket&) = delete;
    journal_socket& operator=(const journal_socket&) = delete;
    ~journal_socket();

    /// Sends one entry in journald's native format. Throws std::system_error if the entry is not taken.
    void send(std::string_view entry) const;

  private:
    void send_as_file(std::string_view entry) const;

    std::string path_;
    int socket_;
};

}  // namespace coppice::platform
