// SPDX-License-Identifier: Apache-2.0

#include "platform/journal_socket.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace coppice::platform {
namespace {

struct socket_address {
    sockaddr_un where{};
    socklen_t length = 0;
};

/// A path, or an abstract name after `@`.
socket_address journal_address(const std::string& path) {
    socket_address out;
    out.where.sun_family = AF_UNIX;
    std::memcpy(out.where.sun_path, path.data(), path.size());
    out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path[0] == '@') {
        out.where.sun_path[0] = '\0';
    } else {
        ++out.length;
    }
    return out;
}

[[noreturn]] void fail_to_send(const std::string& path) {
    throw std::system_error{errno, std::generic_category(), "journald at " + path};
}

/// A file in memory that nobody can change any more.
class sealed_file {
  public:
    explicit sealed_file(std::string_view content)
        : file_{::memfd_create("coppice-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING)} {
        is_good_ = file_ >= 0 && write_all(content) &&
                   ::fcntl(file_, F_ADD_SEALS,
                           F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    }
    sealed_file(const sealed_file&) = delete;
    sealed_file& operator=(const sealed_file&) = delete;
    ~sealed_file() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    bool is_good() const noexcept { return is_good_; }
    int descriptor() const noexcept { return file_; }

  private:
    bool write_all(std::string_view left) const noexcept {
        while (!left.empty()) {
            const ssize_t done = ::write(file_, left.data(), left.size());
            if (done < 0 && errno != EINTR) {
                return false;
            }
            left.remove_prefix(done < 0 ? 0 : static_cast<std::size_t>(done));
        }
        return true;
    }

    int file_;
    bool is_good_ = false;
};

}  // namespace

journal_socket::journal_socket(std::string path)
    : path_{std::move(path)}, socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    if (socket_ < 0) {
        fail_to_send(path_);
    }
    if (path_.empty() || path_.size() >= sizeof(sockaddr_un::sun_path)) {
        ::close(socket_);
        errno = ENAMETOOLONG;
        fail_to_send(path_);
    }
}

journal_socket::~journal_socket() {
    ::close(socket_);
}

void journal_socket::send(std::string_view entry) const {
    const socket_address to = journal_address(path_);
    const ssize_t sent = ::sendto(socket_, entry.data(), entry.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&to.where), to.length);
    if (sent >= 0) {
        return;
    }
    if (errno != EMSGSIZE && errno != ENOBUFS) {
        fail_to_send(path_);
    }
    send_as_file(entry);
}

/// The entry is too long for a datagram: journald takes the descriptor of a sealed file.
void journal_socket::send_as_file(std::string_view entry) const {
    const sealed_file file{entry};
    if (!file.is_good()) {
        fail_to_send(path_);
    }
    socket_address to = journal_address(path_);
    const int descriptor = file.descriptor();
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> control{};
    msghdr message{};
    message.msg_name = &to.where;
    message.msg_namelen = to.length;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    if (::sendmsg(socket_, &message, MSG_NOSIGNAL) < 0) {
        fail_to_send(path_);
    }
}

}  // namespace coppice::platform
