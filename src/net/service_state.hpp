// SPDX-License-Identifier: Apache-2.0
// The thread that waits for sockets, and the way from that thread into the runtime.
//
// 1. Every open thing is registered here under its address; deregistration is O(1).
// 2. The lock of an open thing is taken before `mutex_`, never after.
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
#include "coppice/detail/threads.hpp"
#include "coppice/net.hpp"
#include "net/resolver.hpp"
#include "platform/guarded.hpp"

namespace coppice::net::detail {

/// The reason if a thing ends for lack of memory. Short enough for a string without allocation.
inline constexpr const char* no_memory = "out of memory";

/// An open thing that waits on the service's thread.
class open_thing {
  public:
    open_thing() = default;
    open_thing(const open_thing&) = delete;
    open_thing& operator=(const open_thing&) = delete;
    virtual ~open_thing() = default;

    /// Closes now. A pending request gets an answer.
    virtual void abort() noexcept = 0;
    /// Whether written bytes have not reached the peer yet.
    virtual bool is_leaving() noexcept { return false; }
};

/// From the service's thread into the runtime: the runtime that owns the service, or the runtime of the
/// process that owns the service.
class way_in {
  public:
    explicit way_in(runtime& owned) noexcept : owned_{&owned} {}
    static way_in of_caller();

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
    explicit way_in(coppice::detail::runtime_core& core) noexcept : core_{&core} {}

    runtime* owned_ = nullptr;
    coppice::detail::runtime_core* core_ = nullptr;
};

class service_state : public std::enable_shared_from_this<service_state> {
  public:
    service_state(way_in world, std::chrono::nanoseconds last_words);

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

    /// Answers with `make()`, or with `otherwise` if there is no memory for `make()`. `otherwise` holds no
    /// socket and needs no memory.
    template <class M, class Make>
    void answer_surely(const pid& who, M otherwise, Make make) noexcept {
        try {
            answer(who, make());
        } catch (const std::exception&) {
            answer_without_memory(who, std::move(otherwise));
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
    bool add(const std::shared_ptr<open_thing>& what);
    void remove(const open_thing* what) noexcept;

    /// Waits a limited time for written bytes to leave, closes all open things, and ends the thread.
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
    std::vector<std::shared_ptr<open_thing>> all_open();
    void wait_for_leaving(std::chrono::nanoseconds limit);

    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    const way_in runtime_;
    const std::chrono::nanoseconds last_words_;
    std::shared_ptr<resolver> names_ = std::make_shared<resolver>();
    std::atomic<std::uint64_t> ids_{0};
    platform::mutex mutex_;
    bool stopped_ COPPICE_GUARDED_BY(mutex_) = false;
    std::unordered_map<const open_thing*, std::weak_ptr<open_thing>> open_
        COPPICE_GUARDED_BY(mutex_);
    std::thread thread_;
};

/// The share of a handle. The thing closes with the last handle, although the service's
/// thread may keep the state longer.
template <class State>
std::shared_ptr<State> closing_with_last_handle(std::shared_ptr<State> state) {
    State* raw = state.get();
    return {raw, [kept = std::move(state)](State* left) { left->let_go(); }};
}

}  // namespace coppice::net::detail
