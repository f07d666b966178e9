// SPDX-License-Identifier: Apache-2.0
// The thread pool of the HTTP server. Threads start on demand, up to a maximum, and take work from a bounded
// queue. While the queue is full, the accepting thread waits, and connections wait in the OS.

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
    /// Starts the first thread. Throws `std::system_error` if the OS has no thread.
    threads(std::size_t threads_max, std::size_t waiting_max);
    ~threads() override { shutdown(); }

    /// Waits while the queue is full. Without memory for the queue the work runs at once.
    void enqueue(std::function<void()> work) override;
    /// Finishes the queued work, and joins.
    void shutdown() override;

  private:
    void run();
    void start_one() noexcept;

    const std::size_t threads_max_;
    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable work_added_;
    std::condition_variable space_freed_;
    std::deque<std::function<void()>> waiting_;  // Guarded by mutex_.
    std::size_t idle_ = 0;                       // Guarded by mutex_.
    bool stops_ = false;                         // Guarded by mutex_.
    // Used by the accepting thread only.
    std::vector<std::thread> threads_;
};

}  // namespace coppice::dashboard
