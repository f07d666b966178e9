// SPDX-License-Identifier: Apache-2.0
// Output of the program. A stopped terminal, or a pipe without a reader, blocks only the thread of the
// console. Lines that exceed the buffer are dropped and counted.
//
// Threads    Any.
// Blocking   None, but `flush`.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace chat {

class console {
  public:
    static constexpr std::size_t waiting_max = std::size_t{1024} * 1024;  ///< Bytes.

    /// Prints to `file`, which has to stay open until the end of the program.
    explicit console(int file);

    void say(std::string line);
    /// Waits until everything is printed, or `limit` is over.
    void flush(std::chrono::milliseconds limit);

  private:
    struct state;
    static void print_all(const std::shared_ptr<state>& shared);
    std::shared_ptr<state> state_;
};

/// Standard output and standard error.
console& out();
console& err();

}  // namespace chat
