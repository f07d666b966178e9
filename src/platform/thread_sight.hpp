// SPDX-License-Identifier: Apache-2.0
// What the system shows of a thread of this OS process to the others, without disturbing it.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace coppice::platform {

/// The system's number of a thread. Those of threads that have ended are used again.
using thread_number = int;
thread_number this_thread_number() noexcept;

struct thread_sight {
    bool is_running = false;   ///< It has a processor or waits for one: it is in no wait.
    bool hears_urgent = true;  ///< It does not block SIGURG.
    std::uint64_t sleeps = 0;  ///< How often it has waited for anything so far.
    std::chrono::nanoseconds computed{0};  ///< The processor's time that it has had so far.
    void* waits_at = nullptr;  ///< If it is in a wait: where its system call returns to.
};

/// Looks at one thread, again and again. Closed when a program is started.
class thread_watch {
  public:
    /// Of a thread that has ended it sees nothing; nor if /proc is not there.
    explicit thread_watch(thread_number of) noexcept;
    ~thread_watch();
    thread_watch(const thread_watch&) = delete;
    thread_watch& operator=(const thread_watch&) = delete;

    /// Whether the thread runs is what is looked at last.
    thread_sight look() const noexcept;

  private:
    const thread_number thread_;
    int status_ = -1;
    int state_ = -1;
    int call_ = -1;
};

// What the files say, for tests.
void read_status(std::string_view text, thread_sight& into) noexcept;
void read_state(std::string_view text, thread_sight& into) noexcept;
void read_call(std::string_view text, thread_sight& into) noexcept;

}  // namespace coppice::platform
