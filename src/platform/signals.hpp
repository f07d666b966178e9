// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// Blocks SIGINT and SIGTERM for the calling thread and those it starts from now on, so that `wait`
/// is the one who gets them.
class termination_signals {
  public:
    termination_signals();
    ~termination_signals();
    termination_signals(const termination_signals&) = delete;
    termination_signals& operator=(const termination_signals&) = delete;

    /// Waits for SIGINT, SIGTERM (true) or `wake` (false).
    bool wait();
    /// Ends `wait`. From any thread.
    void wake();

  private:
    struct state;
    state* state_;
};

}  // namespace coppice::platform
