// SPDX-License-Identifier: Apache-2.0
// What a program does when it aborts: by std::abort, a failed assert, or an exception that nobody catches, whose
// end is an abort.
//
// It is done in a handler of SIGABRT, installed with the first hook. A handler that was there before is called
// afterwards; one that is installed later takes its place. Signals that end a program otherwise do nothing here.
//
// Threads    Any.

#pragma once

#include <cstddef>
#include <string_view>

namespace coppice::platform {

class abort_hook {
  public:
    /// `run(about)` may do what a signal handler may. There is room for 16; one more does nothing.
    abort_hook(void (*run)(void*), void* about) noexcept;
    ~abort_hook();
    abort_hook(const abort_hook&) = delete;
    abort_hook& operator=(const abort_hook&) = delete;

  private:
    std::size_t place_;
};

/// A file that a signal handler may write. What was in it is gone.
class plain_file {
  public:
    explicit plain_file(const char* path) noexcept;
    ~plain_file();
    plain_file(const plain_file&) = delete;
    plain_file& operator=(const plain_file&) = delete;

    void write(std::string_view text) noexcept;
    /// Everything has been written so far.
    bool ok() const noexcept { return ok_; }

  private:
    int descriptor_;
    bool ok_;
};

}  // namespace coppice::platform
