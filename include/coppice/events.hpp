// SPDX-License-Identifier: Apache-2.0
// The flight recorder: the last events in the life of a runtime. Always on, read after the fact.
//
//     kind      process       child        supervisor     reason       text
//     start     the new one                the spawner
//     exit      the dead one                              exit reason
//     restart   the new one   its id       the restarter  the reason of the previous life's end
//     give_up   supervisor    its child's  the same       shutdown
//     stuck     the stuck one                                          handled message; or "returned"
//     report    the reporter                                           level and first line
//
// `runtime_options::events_kept` events are kept in the ring of each scheduler thread, and as
// many merged events once a reader has asked for events. Memory: 128 bytes an event; a page is
// touched at its first event.
//
// `runtime_options::events_file` names a file for all kept events. The file is written when a supervisor
// without a supervisor gives up, and when the program aborts: by std::abort, a failed assert, or an uncaught
// exception. A handler of SIGABRT writes the file. The handler is installed with the first runtime that has
// an events_file. A handler of the program's own is called afterwards if it was installed before; if it is
// installed later, it replaces the library's handler. Other signals, such as SIGSEGV and SIGKILL, leave no
// file. The file lacks the names of processes that are still alive.
//
// Names, ids, reasons and texts share about 90 bytes per event; a longer one ends in "...". A user's value
// inside a reason is recorded as its type, since printing the value would run user code.
//
// Threads    The functions below act for the runtime of the calling process. Other threads use
//            `runtime::recent_events` and `runtime::write_events`.
// Blocking   None. `write` writes to the file or stream on the calling thread.
// Ownership  The runtime owns the recorded events. A `page` is a copy.
// Errors     `write` to a path returns false. In a dead process the answers are empty.
// Cost       Recording: no lock on scheduler threads, and no allocation but for a thread's ring at its first
//            event. 20 to 25 ns an event as measured; about 50 ns if a reason has to be printed.
// Simulator  Times are virtual. The same seed gives the same record.
// Today      The line of `to_string` is for people and may change, as may the number of bytes for texts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice::events {

/// What has happened; the table above has the fields of each kind.
enum class kind : std::uint8_t { start, exit, restart, give_up, stuck, report };
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(kind what) noexcept;

/// One event.
struct item {
    std::uint64_t sequence = 0;                  ///< Counts all events of the runtime, from 1.
    std::chrono::system_clock::time_point time;  ///< Virtual in a simulation.
    kind what = kind::start;                     ///< Selects the fields that are set.
    pid process;  ///< The process in the second column of the table above.
    /// Registered name: at the end of the process, or now if the process is alive.
    std::string name;
    std::string child;  ///< The id in the child's spec; empty unless `restart` or `give_up`.
    pid supervisor;     ///< The spawner for `start`. Empty for `exit`, `stuck` and `report`.
    /// As `to_string` prints a reason, but shortened; empty if the kind has none.
    std::string reason;
    std::string text;  ///< Empty unless `stuck` or `report`.
};
/// On one line: `12:00:00.123456 exit <0.12.1> cache: {std::runtime_error,"boom"}`.
[[nodiscard]] std::string to_string(const item& shown);

/// The events of one read. Reading removes nothing: several readers may read the same events.
struct page {
    std::uint64_t next = 1;  ///< The `since` of the next read.
    /// Requested events that are no longer kept.
    std::uint64_t lost = 0;
    std::vector<item> items;  ///< Oldest first.
};

/// The oldest `limit` kept events from sequence number `since` on; 0 and 1 both mean the beginning. Cost:
/// merges the rings of all threads, under a lock among readers.
[[nodiscard]] page recent(std::uint64_t since = 0, std::size_t limit = 1000);

/// Writes all kept events, oldest first, one per line, each as `to_string` prints it.
void write(std::ostream& out);
/// Replaces the contents of the file. False if the file could not be written.
bool write(const std::string& path);

}  // namespace coppice::events

#pragma GCC visibility pop
