// SPDX-License-Identifier: Apache-2.0
// The threads of the HTTP server: made as they are needed, never more than a number, before a queue that is
// bounded: the thread that accepts waits while it is full, and connections wait in the OS.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <httplib.h>

namespace coppice::dashboard {

class threads final : public httplib::TaskQueue {
  public:
    /// Makes the first thread. Throws std::system_error if not even that can be had.
    threads(std::size_t threads_max, std::size_t waiting_max);
    ~threads() override { shutdown(); }

    /// Waits while the queue is full. What finds no memory is done at once.
    void enqueue(std::function<void()> work) override;
    /// Does what waits, and joins.
    void shutdown() override;

  private:
    void run();
    void start_one() noexcept;

    const std::size_t threads_max_;
    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable work_came_;
    std::condition_variable room_came_;
    std::deque<std::function<void()>> waiting_;  // guarded by mutex_
    std::size_t idle_ = 0;                       // guarded by mutex_
    bool stops_ = false;                         // guarded by mutex_
    std::vector<std::thread> threads_;           // of the thread that accepts
};

}  // namespace coppice::dashboard
