// SPDX-License-Identifier: Apache-2.0

#include "inspect/socket_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "coppice/inspect_client.hpp"

namespace coppice::inspect {
namespace {

constexpr mode_t owner_only = 0700;
constexpr unsigned socket_mode = 0600;
constexpr mode_t others = 0077;

[[noreturn]] void refuse(const std::string& folder, const std::string& why) {
    throw std::runtime_error{"inspect: the folder " + folder + " " + why};
}

/// A file lock on the folder while a socket is made: of two programs that find the socket of an ended
/// program, only one replaces the socket. The wait for the lock is bounded by 20 ms, so a program that was
/// stopped with the lock held delays others only briefly.
class folder_lock {
  public:
    explicit folder_lock(const std::string& folder)
        : file_{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
        constexpr int tries = 20;
        for (int i = 0; i < tries && ::flock(file_, LOCK_EX | LOCK_NB) != 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }

  private:
    int file_;
};

net::listener listen_at(const net::network& network, const std::string& path) {
    return network.listen(net::unix_path{path, socket_mode});
}

}  // namespace

std::string folder_of(const options& chosen) {
    return chosen.folder.empty() ? socket_folder() : chosen.folder;
}

void prepare_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), owner_only) != 0 && errno != EEXIST) {
        refuse(folder, "cannot be made: " + std::generic_category().message(errno) +
                           "; create the folder, or choose another one");
    }
    struct stat found{};
    if (::lstat(folder.c_str(), &found) != 0) {
        refuse(folder, "cannot be inspected: " + std::generic_category().message(errno));
    }
    if (!S_ISDIR(found.st_mode)) {
        refuse(folder, "is no folder; move the file at this path away");
    }
    if (found.st_uid != ::geteuid()) {
        refuse(folder, "belongs to user " + std::to_string(found.st_uid) +
                           "; set XDG_RUNTIME_DIR to a folder of your own");
    }
    if ((found.st_mode & others) != 0) {
        refuse(folder, "can be entered by other users; chmod 700 it");
    }
}

net::listener listen_in(const net::network& network, const std::string& folder,
                        const std::string& name) {
    const folder_lock alone{folder};
    try {
        return listen_at(network, folder + "/" + name + ".sock");
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::address_in_use) {
            throw;
        }
    }
    return listen_at(network, folder + "/" + name + "." + std::to_string(::getpid()) + ".sock");
}

}  // namespace coppice::inspect
