// SPDX-License-Identifier: Apache-2.0
// What the program prints. A terminal that is stopped, or a pipe that nobody reads, stops a thread of
// its own and nobody else; what does not fit is dropped and counted.
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

    /// Prints to `file`, which stays open for as long as the program runs.
    explicit console(int file);

    void say(std::string line);
    /// Waits until everything is printed, or nobody can be expected to read it.
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
