// SPDX-License-Identifier: Apache-2.0

#include "process/blocking_pool.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "base/turn.hpp"
#include "platform/standard_error.hpp"
#include "process/runtimes.hpp"

namespace coppice::detail {

namespace {

constexpr auto patience_with_blocking = std::chrono::seconds{2};

/// The pool of the calling thread, or null. The last share of a runtime may end on such a thread.
thread_local const blocking_pool* pool_of_this_thread = nullptr;

}  // namespace

void blocking_pool::submit(std::shared_ptr<blocking_job> job, const limits& at_most) {
    const platform::scoped_lock lock{mutex_};
    if (closed_) {
        return;
    }
    const std::size_t to_make =
        at_most.threads - std::min<std::size_t>(at_most.threads, threads_.size());
    if (waiting_.size() >= at_most.queue && waiting_.size() - at_most.queue >= idle_ + to_make) {
        ++counts_.refused;
        throw blocking_refused{"blocking: all " + std::to_string(at_most.threads) +
                               " threads are in use, and " + std::to_string(waiting_.size()) +
                               " functions wait; raise runtime_options::blocking_threads or "
                               "blocking_queue, or ask for less at a time"};
    }
    waiting_.push_back(std::move(job));
    if (waiting_.size() > idle_ && to_make > 0) {
        add_thread();
    }
    if (waiting_.size() > idle_) {
        counts_.waiting_max = std::max(counts_.waiting_max, waiting_.size() - idle_);
    }
    changed_.notify_all();
}

/// Without another thread the job waits for the present ones.
void blocking_pool::add_thread() {
    try {
        threads_.emplace_back([self = shared_from_this()] { self->work(); });
        ++idle_;  // before the thread runs: the job in the queue is the thread's
    } catch (const std::system_error&) {
        if (threads_.empty()) {
            waiting_.pop_back();
            throw;
        }
    } catch (...) {
        waiting_.pop_back();
        throw;
    }
}

void blocking_pool::work() noexcept {
    const base::without_caller here;
    pool_of_this_thread = this;
    while (const std::shared_ptr<blocking_job> job = next_job()) {
        process_layer::exchange_node_of_thread(job->waits.node());  // for lines of the logger
        job->run();
        finish(*job);
    }
}

std::shared_ptr<blocking_job> blocking_pool::next_job() {
    platform::unique_lock lock{mutex_};
    changed_.wait(lock.native(),
                  [&]() COPPICE_REQUIRES(mutex_) { return closed_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) {
        return nullptr;
    }
    std::shared_ptr<blocking_job> next = std::move(waiting_.front());
    waiting_.pop_front();
    ++counts_.running;
    return next;
}

void blocking_pool::finish(blocking_job& job) noexcept {
    {
        const platform::scoped_lock lock{mutex_};
        --counts_.running;
        ++counts_.done;
        ++idle_;
        changed_.notify_all();
    }
    const pid to = job.waits;
    process_layer::deliver_through(to.node(), to, job.answer.release());
}

void blocking_pool::abandon(const blocking_job& job) noexcept {
    const platform::scoped_lock lock{mutex_};
    ++counts_.abandoned;
    std::erase_if(waiting_, [&](const auto& each) { return each.get() == &job; });
}

void blocking_pool::run_here(blocking_job& job) noexcept {
    {
        const base::without_caller here;
        const std::uint32_t outer = process_layer::exchange_node_of_thread(job.waits.node());
        job.run();
        process_layer::exchange_node_of_thread(outer);
    }
    const platform::scoped_lock lock{mutex_};
    ++counts_.done;
}

blocking_statistics blocking_pool::look() const {
    const platform::scoped_lock lock{mutex_};
    blocking_statistics out = counts_;
    out.threads = threads_.size();
    out.waiting = waiting_.size();
    return out;
}

void blocking_pool::close() noexcept {
    std::deque<std::shared_ptr<blocking_job>> dropped;  // destroyed without the lock
    std::vector<std::thread> threads;
    bool all_returned = false;
    {
        platform::unique_lock lock{mutex_};
        closed_ = true;
        dropped.swap(waiting_);
        threads.swap(threads_);
        changed_.notify_all();
        all_returned =
            pool_of_this_thread != this &&
            changed_.wait_for(lock.native(), patience_with_blocking,
                              [&]() COPPICE_REQUIRES(mutex_) { return counts_.running == 0; });
        if (!all_returned && pool_of_this_thread != this) {
            platform::say_line("coppice: " + std::to_string(counts_.running) +
                               " functions of blocking have not returned; the threads are left "
                               "behind");
        }
    }
    for (std::thread& each : threads) {
        all_returned ? each.join() : each.detach();
    }
}

}  // namespace coppice::detail
