// SPDX-License-Identifier: Apache-2.0
// The threads that run blocking functions for the processes of one runtime.
//
// Threads    Any.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "coppice/blocking.hpp"
#include "coppice/statistics.hpp"
#include "platform/guarded.hpp"

namespace coppice::detail {

/// Shared by the runtime, the waiting processes and the threads, so that a thread may outlive the runtime.
class blocking_pool : public std::enable_shared_from_this<blocking_pool> {
  public:
    struct limits {
        unsigned threads;
        std::size_t queue;
    };

    /// Throws `blocking_refused` if the queue is full, and std::system_error without any thread.
    void submit(std::shared_ptr<blocking_job> job, const limits& at_most);
    /// The process of the job has ended, or no longer waits.
    void abandon(const blocking_job& job) noexcept;
    /// Runs the job on this thread: in a simulation.
    void run_here(blocking_job& job) noexcept;
    blocking_statistics look() const;
    /// Drops the jobs in the queue. Waits for running jobs, at most `patience`.
    void close() noexcept;

  private:
    void add_thread() COPPICE_REQUIRES(mutex_);
    void work() noexcept;
    /// Null: the pool is closed.
    std::shared_ptr<blocking_job> next_job();
    void finish(blocking_job& job) noexcept;

    mutable platform::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<blocking_job>> waiting_ COPPICE_GUARDED_BY(mutex_);
    std::vector<std::thread> threads_ COPPICE_GUARDED_BY(mutex_);
    std::size_t idle_ COPPICE_GUARDED_BY(mutex_) = 0;
    bool closed_ COPPICE_GUARDED_BY(mutex_) = false;
    blocking_statistics counts_ COPPICE_GUARDED_BY(mutex_);
};

}  // namespace coppice::detail

namespace coppice::process_layer {

/// The share of the runtime in its pool: closes the pool at the end of the runtime.
class blocking_pool_owner {
  public:
    blocking_pool_owner() = default;
    blocking_pool_owner(const blocking_pool_owner&) = delete;
    blocking_pool_owner& operator=(const blocking_pool_owner&) = delete;
    ~blocking_pool_owner() { pool->close(); }

    const std::shared_ptr<detail::blocking_pool> pool = std::make_shared<detail::blocking_pool>();
};

}  // namespace coppice::process_layer
