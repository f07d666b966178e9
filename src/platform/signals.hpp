// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM, and SIGHUP if that is wanted, as something to wait for.
//
// While at least one `termination_signals` exists, those signals have a handler that does no more than
// post a semaphore for each of them. No thread blocks a signal for it: whichever thread a signal
// arrives at, also one that is older, the wait ends, and a program that is started meanwhile begins
// with the signal mask and the dispositions it would have had without. A signal that was ignored
// stays ignored. The last one to go restores what was there before, unless somebody else has changed
// it meanwhile. In a child of fork the handler gives the signal to the disposition from before.
//
// The handler restarts what the system can restart (SA_RESTART). The system gives a signal for the
// OS process to its first thread, unless that blocks it or has ended; a system call of that thread
// that cannot be restarted returns EINTR.
//
// Threads    Each belongs to one thread; `wake` may come from any. Any number may exist at a time,
//            and each of them gets every signal.
// Cost       No file descriptor. Some bytes for each that exists at a time, for ever.

#pragma once

namespace coppice::platform {

class termination_signals {
  public:
    enum class hangups : bool { are_others, are_heard };
    /// Signals that come from now on count. SIGHUP does as ever, unless it is to be heard.
    explicit termination_signals(hangups wanted = hangups::are_others);
    ~termination_signals();
    termination_signals(const termination_signals&) = delete;
    termination_signals& operator=(const termination_signals&) = delete;

    /// Waits for one more signal, or for `wake`; the calling thread takes these signals
    /// meanwhile, even if it blocks them otherwise.
    void wait() noexcept;
    /// How many SIGINT and SIGTERM have come so far. Any thread.
    unsigned count() const noexcept;
    /// The number of the last of them; 0 if none has come.
    int last() const noexcept;
    /// How many SIGHUP have come so far; none if they are others'. Any thread.
    unsigned count_of_hangups() const noexcept;
    /// Ends a `wait`, the present one or the next. From any thread.
    void wake() noexcept;

    struct listener;

  private:
    listener* listener_;
};

/// As the system calls it: SIGINT or SIGTERM.
const char* name_of_signal(int number) noexcept;

}  // namespace coppice::platform
