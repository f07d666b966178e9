// SPDX-License-Identifier: Apache-2.0
// The thread that waits for sockets, and the way from that thread into the runtime.
//
// 1. Every open resource is registered here under its address; deregistration is O(1).
// 2. The lock of an open resource is taken before `mutex_`, never after.
// 3. Messages are sent without a lock: a message to an ended process is destroyed at
//    once, and its socket closes then.

#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/detail/pool.hpp"
#include "coppice/detail/runtime_for_threads.hpp"
#include "coppice/net.hpp"
#include "net/resolver.hpp"
#include "platform/guarded.hpp"

namespace coppice::net::detail {

/// The reason if a resource ends for lack of memory. Short enough for a string without allocation.
inline constexpr const char* no_memory = "out of memory";

/// An open resource that waits on the service's thread.
class open_resource {
  public:
    open_resource() = default;
    open_resource(const open_resource&) = delete;
    open_resource& operator=(const open_resource&) = delete;
    virtual ~open_resource() = default;

    /// Closes now. A pending request gets an answer.
    virtual void abort() noexcept = 0;
    /// Whether written bytes have not reached the peer yet.
    virtual bool is_flushing() noexcept { return false; }
};

/// From the service's thread into the runtime: the runtime that owns the service, or the runtime of the
/// process that owns the service.
class runtime_sender {
  public:
    explicit runtime_sender(runtime& owned) noexcept : owned_{&owned} {}
    static runtime_sender of_caller();

    template <class M>
    void send(const pid& who, M&& message) const {
        if (owned_ != nullptr) {
            owned_->send(who, std::forward<M>(message));
        } else {
            coppice::detail::deliver_from_outside(
                *core_, who, coppice::detail::make_message(std::forward<M>(message)));
        }
    }
    bool is_alive(const pid& who) const noexcept {
        return owned_ != nullptr ? owned_->is_alive(who)
                                 : coppice::detail::is_alive_in(*core_, who);
    }

  private:
    explicit runtime_sender(coppice::detail::runtime_core& core) noexcept : core_{&core} {}

    runtime* owned_ = nullptr;
    coppice::detail::runtime_core* core_ = nullptr;
};

class service_state : public std::enable_shared_from_this<service_state> {
  public:
    service_state(runtime_sender world, std::chrono::nanoseconds flush_limit);

    handle_id new_id() noexcept { return {ids_.fetch_add(1, std::memory_order_relaxed) + 1}; }

    /// On the service's thread only, which ends before the runtime. Throws `std::bad_alloc` only if the
    /// reserve of memory is used up too; the message is unchanged then.
    template <class M>
    void tell(const pid& who, M& message) {
        if (who) {
            coppice::detail::with_reserve([&] { runtime_.send(who, std::move(message)); });
        }
    }
    /// On the service's thread only.
    bool is_alive(const pid& who) const noexcept { return who && runtime_.is_alive(who); }
    /// On any thread. False if the service has stopped.
    bool has_ended(const pid& who) noexcept {
        const platform::scoped_lock lock{mutex_};
        return !stopped_ && !runtime_.is_alive(who);
    }

    /// Answers from any thread. Once the service has stopped, only a process can answer. Throws
    /// `std::bad_alloc`; no answer is sent then.
    template <class M>
    void answer(const pid& who, M message) {
        {
            const platform::scoped_lock lock{mutex_};
            if (!stopped_) {
                asio::post(io,
                           [this, who, sent = std::move(message)]() mutable { tell(who, sent); });
                return;
            }
        }
        if (who && coppice::detail::in_process()) {
            send(who, std::move(message));
        }
    }

    /// Answers with `make()`, or with `fallback` if there is no memory for `make()`. `fallback` holds no
    /// socket and needs no memory.
    template <class M, class Make>
    void answer_or_fallback(const pid& who, M fallback, Make make) noexcept {
        try {
            answer(who, make());
        } catch (const std::exception&) {
            answer_without_memory(who, std::move(fallback));
        }
    }

    /// Runs `work` on the service's thread. A stopped service drops the work, since queued work would keep
    /// its references for ever.
    template <class Work>
    void post(Work work) {
        const platform::scoped_lock lock{mutex_};
        if (!stopped_) {
            asio::post(io, std::move(work));
        }
    }

    resolver& names() noexcept { return *names_; }

    /// False: the service has stopped, and nothing may open any more.
    bool add(const std::shared_ptr<open_resource>& what);
    void remove(const open_resource* what) noexcept;

    /// Waits a limited time for written bytes to leave, closes all open resources, and ends the thread.
    void stop();

    asio::io_context io;

  private:
    /// May overtake answers that wait for the thread. While the lock is held and
    /// `stopped_` is false, the runtime exists.
    template <class M>
    void answer_without_memory(const pid& who, M message) noexcept {
        const platform::scoped_lock lock{mutex_};
        if (stopped_) {
            return;
        }
        try {
            tell(who, message);
        } catch (const std::exception&) {
            // Thousands of answers at once used up the reserve.
        }
    }

    void serve();
    std::vector<std::shared_ptr<open_resource>> all_open();
    void wait_until_flushed(std::chrono::nanoseconds limit);

    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    const runtime_sender runtime_;
    const std::chrono::nanoseconds flush_limit_;
    std::shared_ptr<resolver> names_ = std::make_shared<resolver>();
    std::atomic<std::uint64_t> ids_{0};
    platform::mutex mutex_;
    bool stopped_ COPPICE_GUARDED_BY(mutex_) = false;
    std::unordered_map<const open_resource*, std::weak_ptr<open_resource>> open_
        COPPICE_GUARDED_BY(mutex_);
    std::thread thread_;
};

/// The share of a handle. The resource closes with the last handle, although the service's
/// thread may keep the state longer.
template <class State>
std::shared_ptr<State> closing_with_last_handle(std::shared_ptr<State> state) {
    State* raw = state.get();
    return {raw, [kept = std::move(state)](State* left) { left->drop_last_handle(); }};
}

}  // namespace coppice::net::detail
