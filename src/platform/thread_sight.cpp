// SPDX-License-Identifier: Apache-2.0

#include "platform/thread_sight.hpp"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace coppice::platform {
namespace {

constexpr std::size_t path_max = 64;
constexpr std::size_t text_max = 4096;  // a thread's status has about 1500 characters

int open_of(thread_number thread, const char* file) noexcept {
    std::array<char, path_max> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/%s", thread, file);
    return ::open(path.data(), O_RDONLY | O_CLOEXEC);
}

/// Reads the file from the beginning. Empty if there is nothing to read.
std::string_view read_again(int file, std::array<char, text_max>& into) noexcept {
    const ssize_t got = file < 0 ? -1 : ::pread(file, into.data(), into.size(), 0);
    return {into.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
}

/// The number after `name` in a file of lines, or 0.
std::uint64_t number_of(std::string_view text, std::string_view name, int base) noexcept {
    std::uint64_t value = 0;
    if (const auto at = text.find(name); at != std::string_view::npos) {
        text.remove_prefix(at + name.size());
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        std::from_chars(text.data(), text.data() + text.size(), value, base);
    }
    return value;
}

/// CPU time, by the clock that the system keeps for each thread. The clock id is derived
/// from the thread number.
std::chrono::nanoseconds time_computed(thread_number thread) noexcept {
    constexpr unsigned of_thread = 4;
    constexpr unsigned in_nanoseconds = 2;
    const auto name =
        static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | of_thread | in_nanoseconds);
    timespec had{};
    if (::clock_gettime(name, &had) != 0) {
        return {};
    }
    return std::chrono::seconds{had.tv_sec} + std::chrono::nanoseconds{had.tv_nsec};
}

}  // namespace

thread_number this_thread_number() noexcept {
    return ::gettid();
}

thread_watch::thread_watch(thread_number of) noexcept
    : thread_{of},
      status_{open_of(of, "status")},
      state_{open_of(of, "stat")},
      call_{open_of(of, "syscall")} {}

thread_watch::~thread_watch() {
    for (const int each : {status_, state_, call_}) {
        if (each >= 0) {
            ::close(each);
        }
    }
}

thread_sight thread_watch::look() const noexcept {
    thread_sight seen;
    std::array<char, text_max> text{};
    const std::string_view status = read_again(status_, text);
    if (status.empty()) {
        return seen;
    }
    read_status(status, seen);
    seen.computed = time_computed(thread_);
    if (const std::string_view call = read_again(call_, text); !call.empty()) {
        read_call(call, seen);  // some systems hide the file
    } else {
        read_state(read_again(state_, text), seen);
    }
    return seen;
}

void read_status(std::string_view text, thread_sight& into) noexcept {
    const std::uint64_t blocked = number_of(text, "SigBlk:", 16);
    into.hears_urgent = ((blocked >> (SIGURG - 1)) & 1U) == 0;
    into.sleeps = number_of(text, "\nvoluntary_ctxt_switches:", 10);
}

/// Format: `NUMBER (NAME) STATE …`. The name may contain any character.
void read_state(std::string_view text, thread_sight& into) noexcept {
    const auto end_of_name = text.rfind(") ");
    into.is_running =
        end_of_name != std::string_view::npos && text.substr(end_of_name + 2).starts_with('R');
}

/// Format: `running`, or numbers of which the last is the return address of the call.
void read_call(std::string_view text, thread_sight& into) noexcept {
    into.is_running = text.starts_with("running");
    const auto at = text.rfind(" 0x");
    if (!into.is_running && at != std::string_view::npos) {
        std::uintptr_t place = 0;
        std::from_chars(text.data() + at + 3, text.data() + text.size(), place, 16);
        into.waits_at = reinterpret_cast<void*>(place);
    }
}

}  // namespace coppice::platform
