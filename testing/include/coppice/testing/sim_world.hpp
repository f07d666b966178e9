// SPDX-License-Identifier: Apache-2.0
// sim_world: a runtime on one thread and a virtual clock. A test that "waits" five seconds takes
// microseconds, and a seed is a schedule: the same seed gives the same run, to the byte of its
// event log.
//
//     coppice::testing::sim_world world{seed};
//     world.run(app);                       // until app ends; time passes as far as it has to
//     world.advance(5s);
//     EXPECT_EQ(world.call(server<counter>{"hits"}, counter::get{}), 0);
//
// The seed also says how long signals are on their way, so that they cross: see `signal_delays` in
// runtime.hpp. Seed 1 is the plain run, in which they arrive at once; a test that is to hold on
// threads holds under every seed.
//
// Threads    The one that made it. Others are refused with std::logic_error, and so is a process of
//            the same world that would let time pass in it.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/runtime.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::testing {

/// The seed in the environment variable COPPICE_SEED, else `otherwise`.
[[nodiscard]] std::uint64_t seed_from_environment(std::uint64_t otherwise = 1);

class sim_world {
  public:
    explicit sim_world(std::uint64_t seed = seed_from_environment(),
                       runtime_options options = quiet());
    ~sim_world();
    sim_world(const sim_world&) = delete;
    sim_world& operator=(const sim_world&) = delete;

    /// Options whose reports go nowhere.
    static runtime_options quiet();

    runtime& system() noexcept { return *system_; }
    std::chrono::nanoseconds now() const noexcept;

    template <class F, class... Args>
    pid spawn(F&& f, Args&&... args) {
        return system_->spawn(std::forward<F>(f), std::forward<Args>(args)...);
    }

    /// Runs everything that is ready, until no signal is on its way. The clock stands still.
    void run_until_idle();
    /// Lets time pass: fires the timers that are due on the way, each at its time, and runs what
    /// they wake. Throws std::invalid_argument for a negative time. A world comes to its end 292 years
    /// after its beginning: the clock stops, and timers beyond never fire.
    void advance(time_span time);
    /// Lets time pass up to the next timer that is due within `limit`. False: there is none.
    bool advance_to_next_timer(time_span limit);

    /// Spawns `f`, runs until it ends, letting time pass for up to `limit`, and answers how it
    /// ended; nothing if it did not.
    template <class F>
    std::optional<exit_reason> run(F&& f, time_span limit = std::chrono::hours{1}) {
        return run_to_end(system_->spawn(std::forward<F>(f)), limit);
    }

    /// No process runs any more once so many more turns have been taken: what drives the world then
    /// returns as if nothing were ready, even if it never comes to rest.
    void limit_turns(std::uint64_t most) noexcept;
    /// A process was ready and did not get its turn. Destroying the world then kills all processes.
    bool out_of_turns() const noexcept;
    /// How many turns processes have taken so far.
    std::uint64_t turns() const noexcept;

    template <class T, class M>
    auto call(const server<T>& to, M&& m) {
        return system_->call(to, std::forward<M>(m));
    }

    bool alive(const pid& who);
    /// Nothing while it lives, and for a pid that never was.
    std::optional<exit_reason> ended_with(const pid& who) const;

    /// Calls `told(pid, why)` whenever a process ends, before anybody in the world hears of it.
    void on_end(callback<void(const pid&, const exit_reason&)> told);

    /// What the runtime did that it never may, with its place in the run: order of signals between
    /// two processes, lives and names of processes. Always empty, or Coppice has a bug.
    const std::vector<std::string>& broken_invariants() const noexcept;

    /// What happened so far: a line an event, with its virtual time.
    const std::string& event_log() const noexcept;
    /// Whether it goes on. A world that lives long keeps less without it.
    void keep_event_log(bool on) noexcept;

  private:
    class recorder;
    std::optional<exit_reason> run_to_end(const pid& started, std::chrono::nanoseconds limit);

    std::unique_ptr<recorder> recorder_;
    std::unique_ptr<runtime> system_;
};

}  // namespace coppice::testing

#pragma GCC visibility pop
