// SPDX-License-Identifier: Apache-2.0

#include "net/listening.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "net/socket_address.hpp"

namespace coppice::net::detail {

namespace {

constexpr int backlog = 4096;  ///< The OS applies its own limit if lower.

std::string_view remedy_for(int error, bool is_path) noexcept {
    switch (error) {
        case EADDRINUSE:
            return is_path ? "another program listens there; end it, or choose another path"
                           : "another program listens there; end it, or choose another port, or "
                             "0 for a free one";
        case EACCES:
        case EPERM:
            return is_path ? "this user may not write to the folder; choose another one"
                           : "ports below 1024 need root or CAP_NET_BIND_SERVICE; choose one above";
        case EADDRNOTAVAIL:
            return "no interface of this machine has that address; 0.0.0.0 and :: are all of them";
        case ENOENT:
        case ENOTDIR:
            return "the folder does not exist; create the folder first";
        case EMFILE:
        case ENFILE:
            return "too many files are open; raise the limit (ulimit -n)";
        case EAFNOSUPPORT:
            return "this machine does not speak that protocol";
        default:
            return {};
    }
}

[[noreturn]] void refuse(int error, const std::string& where, std::string_view remedy) {
    throw std::system_error{
        error, std::generic_category(),
        "listen on " + where + (remedy.empty() ? "" : " (" + std::string{remedy} + ")")};
}

[[noreturn]] void refuse_address(const std::string& where, const std::string& why) {
    refuse(EADDRNOTAVAIL, where, why);
}

/// Empty on failure, with `errno`.
descriptor try_address(const address& where, unsigned mode = 0777) {
    descriptor made = descriptor::open_stream(where.family());
    if (!made) {
        return {};
    }
    const int yes = 1;
    if (where.family() != AF_UNIX) {
        // Connections of an earlier listener may still be closing.
        ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    }
    if (where.family() == AF_UNIX && ::fchmod(made.get(), mode) != 0) {
        // The file would get the mode of the socket.
        return {};
    }
    if (::bind(made.get(), where.get(), where.size) != 0 || ::listen(made.get(), backlog) != 0) {
        const int error = errno;
        made = {};
        errno = error;
    }
    return made;
}

bool is_socket(const std::string& path) noexcept {
    struct stat what{};
    return ::lstat(path.c_str(), &what) == 0 && S_ISSOCK(what.st_mode);
}

/// Whether a program still listens at the file: without a listener the connect is refused.
bool is_listened_on(const address& where) noexcept {
    const descriptor probe = descriptor::open_stream(AF_UNIX);
    return !probe || ::connect(probe.get(), where.get(), where.size) == 0 || errno != ECONNREFUSED;
}

}  // namespace

descriptor listen_on(const std::string& host, std::uint16_t port) {
    const std::string where = written(host, port);
    const lookup known = look_up(host, port, purpose::to_listen);
    if (known.found.empty()) {
        refuse_address(where, known.why);
    }
    int error = 0;
    for (const address& each : known.found) {
        if (descriptor made = try_address(each)) {
            return made;
        }
        // Report the error of the first address, most likely the intended one.
        error = error == 0 ? errno : error;
    }
    refuse(error, where, remedy_for(error, false));
}

descriptor listen_on_path(const std::string& path, unsigned mode) {
    const std::string where = written_path(path);
    const lookup known = look_up_path(path);
    if (known.found.empty()) {
        refuse(EINVAL, where, known.why);
    }
    const address& there = known.found.front();
    descriptor made = try_address(there, mode);
    if (!made && errno == EADDRINUSE) {
        if (!is_socket(path)) {
            refuse(EADDRINUSE, where, "a file that is no socket has that path; move it away");
        }
        if (is_listened_on(there)) {
            refuse(EADDRINUSE, where, remedy_for(EADDRINUSE, true));
        }
        // A program that has ended left the file.
        ::unlink(path.c_str());
        made = try_address(there, mode);
    }
    if (!made) {
        refuse(errno, where, remedy_for(errno, true));
    }
    return made;
}

}  // namespace coppice::net::detail
