// SPDX-License-Identifier: Apache-2.0
// Statistics of a runtime: totals, scheduler threads, memory, and a glance at every process
// without disturbing the process.
//
// Threads    The functions below act for the runtime of the calling process. Other threads use the members of
//            `runtime` with the same names.
// Blocking   No function waits or sends a signal, except that `visit_processes_in_turns` is awaited.
// Ownership  The answers are copies. A glance in a visit is valid until `seen` returns.
// Accuracy   Each number is read on its own while the runtime goes on. Counts never decrease, but two
//            counts may be of different moments. A busy scheduler thread publishes its count of
//            messages up to 16 turns late.
// Errors     Without a runtime, as in a dead process, the answers are empty.
// Cost       `statistics`: some microseconds. Glances: tens of nanoseconds per process or timer.
// Semantics  Erlang's statistics/1 and memory/0, and the part of process_info/2 that needs no
//            answer from the process.
// Today      The structs may gain fields. The sizes of pool blocks and the estimate of
//            `process_glance::memory` may change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/task.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A scheduler thread.
struct scheduler_statistics {
    unsigned index = 0;         ///< Unique in the runtime, spare threads included.
    bool is_spare = false;      ///< Runs only while another thread is stuck in a turn.
    bool is_active = true;      ///< Has an OS thread now.
    std::size_t queue_len = 0;  ///< Processes ready to run in this thread's queue.
    std::uint64_t turns = 0;    ///< Turns of processes that the thread has run.
    std::uint64_t steals = 0;   ///< How often this thread took processes from another thread.
    /// Time awake since the start, including the search for work. The difference of two
    /// readings gives the utilisation.
    std::chrono::nanoseconds busy{0};
};

/// Pool blocks of one size, shared by all runtimes of the OS process.
struct pool_statistics {
    std::size_t block_size = 0;  ///< Bytes.
    /// Blocks in use, including up to 128 blocks in the cache of each thread.
    std::size_t used = 0;
    std::size_t free = 0;  ///< Blocks that any thread may take.
};

/// Memory in bytes.
struct memory_statistics {
    /// Slots of this runtime's processes, without memory allocated by the processes.
    std::size_t processes = 0;
    /// Pool blocks in use: messages, timers, coroutines, bodies of processes.
    std::size_t messages = 0;
    std::size_t total = 0;               ///< Both, including free slots and free blocks.
    std::vector<pool_statistics> pools;  ///< By size; a size without blocks is left out.
};

/// The pool of `blocking`, see blocking.hpp. Counts are since the runtime was made.
struct blocking_statistics {
    std::size_t threads = 0;      ///< Made so far; in a simulation there are none.
    std::size_t running = 0;      ///< Functions that run now.
    std::size_t waiting = 0;      ///< Functions in the queue now.
    std::size_t waiting_max = 0;  ///< The longest queue so far.
    std::uint64_t done = 0;       ///< Functions that have returned or thrown.
    std::uint64_t refused = 0;    ///< Functions that found the queue full.
    std::uint64_t abandoned = 0;  ///< Functions of processes that ended meanwhile.
};

/// Totals of a runtime. Counts are since the runtime was made.
struct runtime_statistics {
    std::uint64_t processes = 0;  ///< Alive now.
    std::uint64_t spawns = 0;     ///< Processes started.
    std::uint64_t exits = 0;      ///< Processes ended.
    std::uint64_t crashes = 0;    ///< Exits other than `normal`, `shutdown` or `{shutdown, X}`.
    std::uint64_t restarts = 0;   ///< Restarts of children by supervisors.
    /// Messages, calls and casts put into mailboxes; without replies and exit signals.
    std::uint64_t messages = 0;
    std::uint64_t timers = 0;        ///< Armed now, including the timeouts of waits.
    std::uint64_t reports_lost = 0;  ///< As `runtime::reports_lost`.
    std::size_t stuck = 0;           ///< Processes in a handler that does not return.
    /// Ready processes in the shared queue; the queues of the threads come on top.
    std::size_t run_queue = 0;
    blocking_statistics blocking;                  ///< Threads for functions that block.
    memory_statistics memory;                      ///< Slots of processes, and the pool.
    std::vector<scheduler_statistics> schedulers;  ///< One entry in a simulation.
    std::chrono::nanoseconds uptime{0};            ///< As `monotonic_time`.
};

/// The totals now; all zero for a dead process.
[[nodiscard]] runtime_statistics statistics();

/// A process as seen from outside, without its help.
struct process_glance {
    pid process;                 ///< May have ended since.
    bool is_supervisor = false;  ///< Of either kind.
    /// At the moment of the glance; may have changed since.
    process_status status = process_status::waiting;
    std::uint32_t message_queue_len = 0;  ///< Messages in the mailbox, plus 1 if more signals wait.
    /// Since the start of the process, see `runtime_options::turn_budget`.
    std::uint64_t reductions = 0;
    /// An estimate in bytes: the process's slot, and 96 bytes for each waiting message. `process_info` has no
    /// better figure. Memory behind pointers of a message or state is not counted.
    std::size_t memory = 0;
    std::chrono::nanoseconds age{0};  ///< With an error of about 20 ms.
    std::string name;                 ///< Empty if the process has no registered name.
};

/// Calls `seen` with each live process, in the order of the slots. `seen` must not wait. The glance is valid
/// until `seen` returns. An exception of `seen` ends the visit and is rethrown here.
void visit_processes(callback<void(const process_glance&)> seen);
/// As `visit_processes`, but in many turns of about four thousand slots, so that other processes run
/// in between: for a runtime with up to a million processes. A process that starts or ends during
/// the visit may be missed.
task<> visit_processes_in_turns(callback<void(const process_glance&)> seen);
/// All glances at once. Cost: about 80 bytes a process.
[[nodiscard]] std::vector<process_glance> process_glances();

/// What a timer does when it is due.
enum class timer_kind : std::uint8_t {
    send_after,   ///< Sends a message.
    start_timer,  ///< Sends a `timeout_message`.
    wait,         ///< Ends a wait, such as the wait for a reply.
};
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(timer_kind kind) noexcept;

/// An armed timer.
struct timer_glance {
    timer id;                                  ///< For `cancel_timer`.
    timer_kind kind = timer_kind::send_after;  ///< The effect of the timer.
    std::chrono::nanoseconds due{0};           ///< Time left; zero if overdue.
    pid to;                                    ///< Empty if the receiver is a name.
    std::string name;  ///< The receiver's name; empty if the receiver is a pid.
};

/// The next `limit` timers, soonest first. `statistics().timers` is the number of all timers.
/// Cost: visits all timers, a thousand at a time under the lock of their queue.
[[nodiscard]] std::vector<timer_glance> timer_glances(std::size_t limit);

}  // namespace coppice

#pragma GCC visibility pop
