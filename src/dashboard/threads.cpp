// SPDX-License-Identifier: Apache-2.0

#include "dashboard/threads.hpp"

#include <exception>
#include <new>
#include <utility>

namespace coppice::dashboard {

threads::threads(std::size_t threads_max, std::size_t waiting_max)
    : threads_max_{threads_max}, waiting_max_{waiting_max} {
    threads_.reserve(threads_max_);
    threads_.emplace_back([this] { run(); });
}

void threads::enqueue(std::function<void()> work) {
    std::unique_lock lock{mutex_};
    space_freed_.wait(lock, [&] { return waiting_.size() < waiting_max_; });
    try {
        waiting_.push_back(std::move(work));
    } catch (const std::bad_alloc&) {
        // `push_back` failed before moving from `work`.
        lock.unlock();
        work();
        return;
    }
    const bool wants_more = idle_ < waiting_.size() && threads_.size() < threads_max_;
    lock.unlock();
    if (wants_more) {
        start_one();
    }
    work_added_.notify_one();
}

void threads::start_one() noexcept {
    try {
        threads_.emplace_back([this] { run(); });
    } catch (const std::exception&) {
        // The existing threads do the work.
        return;
    }
}

void threads::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        ++idle_;
        work_added_.wait(lock, [&] { return stops_ || !waiting_.empty(); });
        --idle_;
        if (waiting_.empty()) {
            return;
        }
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        space_freed_.notify_one();
        work();
        lock.lock();
    }
}

void threads::shutdown() {
    {
        const std::scoped_lock lock{mutex_};
        stops_ = true;
    }
    work_added_.notify_all();
    for (auto& each : threads_) {
        each.join();
    }
    threads_.clear();
}

}  // namespace coppice::dashboard
