// SPDX-License-Identifier: Apache-2.0
// The flight recorder: the last events of life in a runtime, always on, to be read afterwards.
//
//     kind      process       child        supervisor     reason       text
//     start     the new one                who spawned it
//     exit      who ended                                 why
//     restart   the new one   its id       who did it     why the last life of it ended
//     give_up   supervisor    its child's  itself         shutdown
//     stuck     who is stuck                                           what it handles; or "returned"
//     report    who reports                                            level and first line
//
// How many are kept is `runtime_options::events_kept`: so many for each scheduler thread, and so many of all
// of them together once they were asked for. Memory: 128 bytes an event, touched when it is first needed.
// `runtime_options::events_file` names a file that all of them are written to when a supervisor that has no
// supervisor gives up, and when the program aborts: by std::abort, a failed assert, or an exception that
// nobody catches. That is done in a handler of SIGABRT, which is installed with the first such runtime; a
// handler that the program had before is called after it, one that it installs later takes its place. Other
// signals, such as SIGSEGV and SIGKILL, leave no file. Names of processes that are alive are not in it.
//
// Names, ids, reasons and texts are kept up to about 90 bytes for all of an event; a longer one ends in "...".
// A value of the user's within a reason is shown as its type: to print it is the user's code.
//
// Threads    The functions below act for the runtime of the calling process; on other threads use
//            `runtime::recent_events` and `runtime::write_events`.
// Cost       Recording: no lock and no allocation on the runtime's threads, 20 to 25 ns an event
//            as measured; about 50 if its reason has to be printed.
// Simulator  Times are virtual, and one seed gives one record.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice::events {

enum class kind : std::uint8_t { start, exit, restart, give_up, stuck, report };
[[nodiscard]] std::string_view to_string(kind what) noexcept;

struct item {
    std::uint64_t sequence = 0;  ///< Counts all events of the runtime, from 1.
    std::chrono::system_clock::time_point time;
    kind what = kind::start;
    pid process;
    std::string name;  ///< Registered: as it was when it ended, or as it is now.
    std::string child;
    pid supervisor;
    std::string reason;
    std::string text;
};
/// On one line: `12:00:00.123456 exit <0.12.1> cache: {std::runtime_error,"boom"}`.
[[nodiscard]] std::string to_string(const item& shown);

struct page {
    std::uint64_t next = 1;   ///< Give it as `since` to read on.
    std::uint64_t lost = 0;   ///< Of those that were asked for: no longer kept.
    std::vector<item> items;  ///< Oldest first.
};

/// Events from sequence number `since` on, the oldest `limit` of them.
[[nodiscard]] page recent(std::uint64_t since = 0, std::size_t limit = 1000);

/// All that are kept, a line each.
void write(std::ostream& out);
/// False if the file could not be written. What was in it is replaced.
bool write(const std::string& path);

}  // namespace coppice::events

#pragma GCC visibility pop
