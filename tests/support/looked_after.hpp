// SPDX-License-Identifier: Apache-2.0
// Plays the sentinel, the watchdog of long turns, at moments chosen by the test. The actions of the sentinel
// for a process with a long turn run on another thread, while the process is in user code.
//
// The sentinel of the runtime must not interfere: pass options from `undisturbed`.

#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "base/turn.hpp"
#include "coppice/runtime.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"
#include "support/worlds.hpp"

namespace coppice::test {

inline runtime_options undisturbed(runtime_options options = testing::sim_world::quiet()) {
    options.stuck_after = std::chrono::hours{1};
    return options;
}

/// Handles the pending signals of the calling process on another thread. `so_far` is
/// the duration of the present turn.
inline void be_looked_after(std::chrono::nanoseconds so_far = {}) {
    detail::process& me = *base::current_process();
    std::thread{[&me, so_far] { me.serve_in_absence(so_far); }}.join();
}

/// Looks after a process of the caller's runtime without pause, for the lifetime of this object.
class always_looked_after {
  public:
    explicit always_looked_after(const pid& who)
        : sentinel_{[this, &slot = detail::current_runtime().table().slot(who.index())] {
              while (!over_) {
                  slot.serve_in_absence(std::chrono::nanoseconds::zero());
                  std::this_thread::yield();
              }
          }} {}
    always_looked_after(const always_looked_after&) = delete;
    always_looked_after& operator=(const always_looked_after&) = delete;
    ~always_looked_after() {
        over_ = true;
        sentinel_.join();
    }

  private:
    std::atomic<bool> over_{false};
    std::thread sentinel_;
};

/// As `run_everywhere`, without interference by the sentinel of the runtime.
template <class Body>
void run_everywhere_undisturbed(Body body) {
    run_simulated(body);
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, body, undisturbed());
    }
}

}  // namespace coppice::test
