// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM, and SIGHUP on request, as events to wait for.
//
// While at least one `termination_signals` exists, these signals have a handler that only posts a
// semaphore for each instance. The handler needs no thread to block signals: the wait ends
// whichever thread a signal arrives at, also an older thread. So a program started meanwhile
// begins with the signal mask and the dispositions of a program without the handler. A signal
// that was ignored stays ignored. The last instance restores the dispositions from before, unless
// other code has changed a disposition meanwhile. In a child of fork the handler passes the
// signal to the disposition from before.
//
// The handler restarts the system calls that can be restarted (SA_RESTART). The system gives a
// signal for the OS process to the first thread, unless the first thread blocks the signal or has
// ended. A system call of the first thread that cannot be restarted returns EINTR.
//
// Threads    Each instance belongs to one thread; `wake` may come from any thread. Any number of
//            instances may exist at a time, and each instance gets every signal.
// Cost       No file descriptor. Some bytes for each instance at a time, never freed.

#pragma once

namespace coppice::platform {

class termination_signals {
  public:
    enum class hangups : bool { are_others, are_heard };
    /// Counts signals from now on. SIGHUP keeps its disposition, unless hangups are to be heard.
    explicit termination_signals(hangups wanted = hangups::are_others);
    ~termination_signals();
    termination_signals(const termination_signals&) = delete;
    termination_signals& operator=(const termination_signals&) = delete;

    /// Waits for one more signal, or for `wake`. The calling thread accepts these signals
    /// meanwhile, even if otherwise blocked.
    void wait() noexcept;
    /// Number of SIGINT and SIGTERM so far. Any thread.
    unsigned count() const noexcept;
    /// The number of the last SIGINT or SIGTERM; 0 if none has come.
    int last() const noexcept;
    /// Number of SIGHUP so far; 0 if hangups are not heard. Any thread.
    unsigned count_of_hangups() const noexcept;
    /// Ends the present or the next `wait`. Any thread.
    void wake() noexcept;

    struct listener;

  private:
    listener* listener_;
};

/// The name in the system: SIGINT or SIGTERM.
const char* name_of_signal(int number) noexcept;

}  // namespace coppice::platform
