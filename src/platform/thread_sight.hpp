// SPDX-License-Identifier: Apache-2.0
// What the system shows of another thread of this OS process, without disturbing the thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace coppice::platform {

/// The system's number of a thread. Numbers of ended threads are reused.
using thread_number = int;
thread_number this_thread_number() noexcept;

struct thread_sight {
    bool is_running = false;               ///< Has a processor or waits for one; in no other wait.
    bool hears_urgent = true;              ///< Does not block SIGURG.
    std::uint64_t sleeps = 0;              ///< Number of waits so far.
    std::chrono::nanoseconds computed{0};  ///< CPU time so far.
    void* waits_at = nullptr;              ///< In a wait: the return address of the system call.
};

/// Observes one thread repeatedly, through files that are closed when a program is started.
class thread_watch {
  public:
    /// Sees nothing of a thread that has ended, or if /proc is missing.
    explicit thread_watch(thread_number of) noexcept;
    ~thread_watch();
    thread_watch(const thread_watch&) = delete;
    thread_watch& operator=(const thread_watch&) = delete;

    /// Reads last whether the thread runs.
    thread_sight look() const noexcept;

  private:
    const thread_number thread_;
    int status_ = -1;
    int state_ = -1;
    int call_ = -1;
};

// Parsers of the files, declared for tests.
void read_status(std::string_view text, thread_sight& into) noexcept;
void read_state(std::string_view text, thread_sight& into) noexcept;
void read_call(std::string_view text, thread_sight& into) noexcept;

}  // namespace coppice::platform
