// SPDX-License-Identifier: Apache-2.0
// Looks up names beside the service's thread: the system's resolver blocks, perhaps for long.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "net/socket_address.hpp"
#include "platform/guarded.hpp"

namespace coppice::net::detail {

class resolver : public std::enable_shared_from_this<resolver> {
  public:
    using done = std::function<void(lookup)>;

    static constexpr std::size_t threads_max = 4;
    static constexpr std::size_t waiting_max = 1000;

    /// Calls `tell` on a thread of the resolver. False: the queue of names is full, or the OS
    /// has no thread. A thread ends when the queue is empty. Threads still running at the end
    /// of the program are left behind.
    bool look_up(std::string host, std::uint16_t port, done tell);

  private:
    struct question {
        std::string host;
        std::uint16_t port;
        done tell;
    };
    void work();
    bool take(question& next);

    platform::mutex mutex_;
    std::deque<question> waiting_ COPPICE_GUARDED_BY(mutex_);
    std::size_t threads_ COPPICE_GUARDED_BY(mutex_) = 0;
};

}  // namespace coppice::net::detail
