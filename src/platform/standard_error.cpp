// SPDX-License-Identifier: Apache-2.0

#include "platform/standard_error.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace coppice::platform {
namespace {

constexpr int patience_ms = 200;
constexpr std::size_t piece_max = 4096;  // a pipe with room takes so much without blocking

bool has_room() noexcept {
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    const int ready = ::poll(&out, 1, patience_ms);
    return ready > 0 && (out.revents & POLLOUT) != 0;
}

/// False if standard error takes no text.
bool write_all(std::string_view text) noexcept {
    while (!text.empty()) {
        if (!has_room()) {
            return false;
        }
        const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size());
        if (done < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        text.remove_prefix(done < 0 ? 0 : static_cast<std::size_t>(done));
    }
    return true;
}

}  // namespace

void say_line(std::string_view line) noexcept {
    std::array<char, piece_max> piece{};
    do {
        const std::size_t taken = std::min(line.size(), piece.size() - 1);
        std::copy_n(line.begin(), taken, piece.begin());
        line.remove_prefix(taken);
        const bool is_last = line.empty();
        if (is_last) {
            piece[taken] = '\n';
        }
        if (!write_all({piece.data(), taken + (is_last ? 1U : 0U)})) {
            return;
        }
    } while (!line.empty());
}

}  // namespace coppice::platform
