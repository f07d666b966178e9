// SPDX-License-Identifier: Apache-2.0
// Runs hooks when the program aborts: by std::abort, a failed assert, or an uncaught exception,
// which ends in an abort.
//
// The hooks run in a handler of SIGABRT, installed with the first hook. A handler installed
// before is called afterwards; a handler installed later replaces this handler. Other fatal
// signals run no hooks.
//
// Threads    Any.

#pragma once

#include <cstddef>
#include <string_view>

namespace coppice::platform {

class abort_hook {
  public:
    /// `run(about)` may only do what a signal handler may. There is room for 16 hooks; further
    /// hooks have no effect.
    abort_hook(void (*run)(void*), void* about) noexcept;
    ~abort_hook();
    abort_hook(const abort_hook&) = delete;
    abort_hook& operator=(const abort_hook&) = delete;

  private:
    std::size_t place_;
};

/// A file that a signal handler may write. Opening discards the old content.
class plain_file {
  public:
    explicit plain_file(const char* path) noexcept;
    ~plain_file();
    plain_file(const plain_file&) = delete;
    plain_file& operator=(const plain_file&) = delete;

    void write(std::string_view text) noexcept;
    /// Whether the file is open and everything has been written so far.
    bool ok() const noexcept { return ok_; }

  private:
    int descriptor_;
    bool ok_;
};

}  // namespace coppice::platform
