// SPDX-License-Identifier: Apache-2.0
// The folder of the user's sockets, and the programs behind the sockets.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "coppice/inspect_client.hpp"
#include "inspect_client/stream.hpp"

namespace coppice::inspect {
namespace {

constexpr std::string_view suffix = ".sock";
/// Per folder; no machine runs so many programs.
constexpr std::size_t programs_max = 1000;

/// A full queue of connections also counts as reachable: the program is alive but busy.
bool can_be_reached(const std::string& socket) {
    const attempt made = connect_to(socket);
    if (made.descriptor >= 0) {
        ::close(made.descriptor);
    }
    return made.descriptor >= 0 || made.error == EAGAIN;
}

bool is_own_folder(const std::string& path) {
    struct ::stat found{};
    return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
           found.st_uid == ::geteuid();
}

}  // namespace

std::string socket_folder() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets variables
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime == '/') {
        return std::string{runtime} + "/coppice";
    }
    std::error_code none;
    std::filesystem::path temporary = std::filesystem::temp_directory_path(none);
    if (none) {
        temporary = "/tmp";
    }
    return temporary / ("coppice-" + std::to_string(::geteuid()));
}

std::vector<program> programs() {
    std::vector<program> found;
    const std::string folder = socket_folder();
    if (!is_own_folder(folder)) {
        return found;
    }
    std::error_code failed;
    std::filesystem::directory_iterator each{folder, failed};
    for (; !failed && each != std::filesystem::directory_iterator{} && found.size() < programs_max;
         each.increment(failed)) {
        const std::string file = each->path().filename();
        std::error_code unknown;
        if (file.size() > suffix.size() && file.ends_with(suffix) && each->is_socket(unknown) &&
            can_be_reached(each->path())) {
            found.push_back({file.substr(0, file.size() - suffix.size()), each->path()});
        }
    }
    std::ranges::sort(found, {}, &program::name);
    return found;
}

}  // namespace coppice::inspect
