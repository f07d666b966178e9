// SPDX-License-Identifier: Apache-2.0
// sim_world: a runtime on one thread with a virtual clock. A test that "waits" five seconds takes
// microseconds. A seed stands for a schedule: the same seed gives the same run, down to every byte of
// the event log.
//
//     coppice::testing::sim_world world{seed};
//     world.run(app);                       // until app ends; time passes as far as necessary
//     world.advance(5s);
//     EXPECT_EQ(world.call(server<counter>{"hits"}, counter::get{}), 0);
//
// The seed also determines the delays of signals, so that signals of different processes cross: see
// `signal_delays` in runtime.hpp. Seed 1 is the plain run, in which signals arrive at once. A test that must
// pass with real threads has to pass with every seed.
//
// Threads    The thread of the constructor. Calls on other threads throw std::logic_error. So do calls from a
//            process of the same world if the call lets time pass.
// Blocking   `run`, `advance`, `call` and the other members that let processes run return at the latest when
//            no process is ready or the virtual time is over. If processes never rest, `limit_turns` bounds
//            such a call.
// Ownership  A world owns its runtime. References from `event_log` and `broken_invariants` are valid as long
//            as the world.
// Errors     As stated with each member, besides the errors under Threads.
// Cost       The event log grows with each event, unless `keep_event_log(false)`. The reason of each ended
//            process is kept until the end of the world.
// Today      The run of a seed and the form of the event log may differ in another version of the library.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/runtime.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::testing {

/// The seed in the environment variable COPPICE_SEED, else `otherwise`. Throws std::invalid_argument if the
/// text of the variable is not a whole number.
[[nodiscard]] std::uint64_t seed_from_environment(std::uint64_t otherwise = 1);

/// A simulated runtime that the test drives.
class sim_world {
  public:
    /// The seed replaces `options.seed`, and the clock is simulated in any case.
    explicit sim_world(std::uint64_t seed = seed_from_environment(),
                       runtime_options options = quiet());
    /// Stops the runtime.
    ~sim_world();
    /// Neither copied nor moved.
    sim_world(const sim_world&) = delete;
    sim_world& operator=(const sim_world&) = delete;

    /// Options that discard all reports.
    static runtime_options quiet();

    /// The runtime of the world, for its other members.
    runtime& system() noexcept { return *system_; }
    /// The virtual time since the world was made.
    std::chrono::nanoseconds now() const noexcept;

    /// As `runtime::spawn`. The process runs when the world runs.
    template <class F, class... Args>
    pid spawn(F&& f, Args&&... args) {
        return system_->spawn(std::forward<F>(f), std::forward<Args>(args)...);
    }

    /// Runs everything that is ready, until no signal is on its way. The clock does not move.
    void run_until_idle();
    /// Lets time pass. Fires each due timer at its time, and runs the processes woken by the timer. Throws
    /// std::invalid_argument for a negative time. A world ends 292 years after its beginning: the clock
    /// stops, and later timers never fire.
    void advance(time_span time);
    /// Lets time pass up to the next timer that is due within `limit`. False if there is none.
    bool advance_to_next_timer(time_span limit);

    /// Spawns `f` and runs the world until the process ends, for at most `limit`. Returns the exit reason;
    /// nothing if the process is still alive.
    template <class F>
    std::optional<exit_reason> run(F&& f, time_span limit = std::chrono::hours{1}) {
        return run_to_end(system_->spawn(std::forward<F>(f)), limit);
    }

    /// After `most` more turns no process runs. The functions that drive the world then return as if no
    /// process were ready, even if the processes never come to rest.
    void limit_turns(std::uint64_t most) noexcept;
    /// True if a ready process did not get its turn. The destructor of the world then kills all processes.
    bool out_of_turns() const noexcept;
    /// The number of turns taken so far by all processes.
    std::uint64_t turns() const noexcept;

    /// As `runtime::call`. Lets time pass until the call is over.
    template <class T, class M>
    auto call(const server<T>& to, M&& m) {
        return system_->call(to, std::forward<M>(m));
    }

    /// Whether the process is alive.
    bool alive(const pid& who);
    /// Nothing for a process that is alive, and for a pid that never existed.
    std::optional<exit_reason> ended_with(const pid& who) const;

    /// Calls `told(pid, why)` whenever a process ends, before other processes receive a signal about the end.
    void on_end(callback<void(const pid&, const exit_reason&)> told);

    /// Violations by the runtime itself, each with the place in the run: order of signals between two
    /// processes, lives and names of processes. Empty unless Coppice has a bug.
    const std::vector<std::string>& broken_invariants() const noexcept;

    /// The events so far: one line for each event, with the virtual time.
    const std::string& event_log() const noexcept;
    /// Whether to continue the event log. Without the log, a long-lived world needs less memory.
    void keep_event_log(bool on) noexcept;

  private:
    class recorder;
    std::optional<exit_reason> run_to_end(const pid& started, std::chrono::nanoseconds limit);

    std::unique_ptr<recorder> recorder_;
    std::unique_ptr<runtime> system_;
};

}  // namespace coppice::testing

#pragma GCC visibility pop
