// SPDX-License-Identifier: Apache-2.0
// Numbers of a running runtime: what it has done, what its threads do, what memory it has, and a look at
// all of its processes that disturbs none of them.
//
// Threads    The functions below act for the runtime of the calling process; on other threads use the
//            members of `runtime` of the same names. Nobody is asked or waited for, and no signal is sent.
// Accuracy   Each number is read by itself, while everybody goes on: counts never go back, but two of them
//            need not be of the same moment. A worker that is busy tells its messages up to 16 turns later.
// Cost       `statistics`: some microseconds. Glances: tens of nanoseconds a process or a timer.
// Semantics  Erlang's statistics/1, memory/0 and what process_info/2 can tell of others without asking.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/task.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// One of the threads that run processes.
struct scheduler_statistics {
    unsigned index = 0;
    bool is_spare = false;      ///< Works only while another one is lost in a turn.
    bool is_active = true;      ///< Has a thread now.
    std::size_t queue_len = 0;  ///< Processes that wait for a turn on this thread.
    std::uint64_t turns = 0;
    std::uint64_t steals = 0;  ///< How often it took work from another one.
    /// Not asleep since the start, the search for work included: two readings tell the utilisation.
    std::chrono::nanoseconds busy{0};
};

/// Small blocks of one size. All runtimes of an OS process share them.
struct pool_statistics {
    std::size_t block_size = 0;  ///< Bytes.
    std::size_t used =
        0;  ///< Blocks in use, or ready in the cache of a thread: up to 128 for each.
    std::size_t free = 0;  ///< Blocks that wait for anybody.
};

/// Bytes.
struct memory_statistics {
    std::size_t processes =
        0;  ///< Slots of this runtime's processes, without what they have allocated.
    /// Blocks of the pool in use: messages, timers, coroutines, bodies of processes.
    std::size_t messages = 0;
    std::size_t total = 0;               ///< Both, with what is free of them.
    std::vector<pool_statistics> pools;  ///< By size; those that were never used are left out.
};

struct runtime_statistics {
    std::uint64_t processes = 0;  ///< Alive now.
    std::uint64_t spawns = 0;
    std::uint64_t exits = 0;
    std::uint64_t crashes = 0;   ///< Exits with neither `normal`, `shutdown` nor `{shutdown, X}`.
    std::uint64_t restarts = 0;  ///< Children that supervisors have started again.
    /// Messages, calls and casts that came into mailboxes; no replies, no exit signals.
    std::uint64_t messages = 0;
    std::uint64_t timers = 0;  ///< Armed now, with those of waits.
    std::uint64_t reports_lost = 0;
    std::size_t stuck = 0;  ///< Processes in a handler that does not return.
    std::size_t run_queue =
        0;  ///< Ready to run and no thread's yet; to be added to the threads' queues.
    memory_statistics memory;
    std::vector<scheduler_statistics> schedulers;  ///< One in a simulation.
    std::chrono::nanoseconds uptime{0};            ///< As `monotonic_time`.
};

[[nodiscard]] runtime_statistics statistics();

/// A process as others see it.
struct process_glance {
    pid process;
    bool is_supervisor = false;
    process_status status = process_status::waiting;
    std::uint32_t message_queue_len = 0;  ///< What it has taken in, and 1 if there is more.
    std::uint64_t reductions = 0;
    /// An estimate, bytes: its slot and 96 for each message that waits. `process_info` knows no more; what
    /// a message or a state points to is not counted.
    std::size_t memory = 0;
    std::chrono::nanoseconds age{0};  ///< To about 20 ms.
    std::string name;                 ///< Empty if it is not registered.
};

/// Calls `seen` with each process that is alive, in the order of their slots. `seen` may not wait; the glance
/// is its own until it returns. What `seen` throws ends the visit and is thrown here.
void visit_processes(callback<void(const process_glance&)> seen);
/// The same in many turns, some thousand processes in each, so that others run in between: for a caller that
/// may meet a million. A process that starts or ends meanwhile may be missed.
task<> visit_processes_in_turns(callback<void(const process_glance&)> seen);
/// All of them at once: about 80 bytes a process.
[[nodiscard]] std::vector<process_glance> process_glances();

enum class timer_kind : std::uint8_t {
    send_after,   ///< Brings a message.
    start_timer,  ///< Brings a `timeout_message`.
    wait,         ///< Ends a wait, as that for a reply.
};
[[nodiscard]] std::string_view to_string(timer_kind kind) noexcept;

struct timer_glance {
    timer id;
    timer_kind kind = timer_kind::send_after;
    std::chrono::nanoseconds due{0};  ///< Left from now; zero if it is overdue.
    pid to;                           ///< Empty if it goes to a name.
    std::string name;
};

/// The `limit` timers that are due next, soonest first. `statistics().timers` tells how many there are.
/// Cost: looks at all of them, a thousand at a time under the lock of their queue.
[[nodiscard]] std::vector<timer_glance> timer_glances(std::size_t limit);

}  // namespace coppice

#pragma GCC visibility pop
