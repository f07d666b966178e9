// SPDX-License-Identifier: Apache-2.0
// The thread that waits for sockets, and the way from it into the runtime.
//
// 1. What is open is registered here, by its address, and leaves in O(1).
// 2. A lock of something open is taken before `mutex_`, never after it.
// 3. Messages are sent under no lock: one to a process that has ended is destroyed at once, and the
//    socket in it is closed then.

#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/detail/pool.hpp"
#include "coppice/detail/threads.hpp"
#include "coppice/net.hpp"
#include "net/resolver.hpp"

namespace coppice::net::detail {

/// Why something has ended that could not go on. It fits into a string itself.
inline constexpr const char* no_memory = "out of memory";

/// Something open that waits on the service's thread.
class open_thing {
  public:
    open_thing() = default;
    open_thing(const open_thing&) = delete;
    open_thing& operator=(const open_thing&) = delete;
    virtual ~open_thing() = default;

    /// Closes now. An open question is answered.
    virtual void abort() noexcept = 0;
    /// Whether something written has not reached the peer yet.
    virtual bool is_leaving() noexcept { return false; }
};

/// From the service's thread into the runtime, which is its owner's, or that of the process that owns it.
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

    /// On the thread only, which ends before the runtime does. Nothing has changed if it throws
    /// std::bad_alloc, which it does when even the reserve is used up.
    template <class M>
    void tell(const pid& who, M& message) {
        if (who) {
            coppice::detail::with_reserve([&] { world_.send(who, std::move(message)); });
        }
    }
    /// On the thread only.
    bool is_alive(const pid& who) const noexcept { return who && world_.is_alive(who); }
    /// On any thread. False when the service has stopped.
    bool has_ended(const pid& who) noexcept {
        const std::scoped_lock lock{mutex_};
        return !stopped_ && !world_.is_alive(who);
    }

    /// Answers from any thread. When the service has stopped it takes a process to answer. Throws
    /// std::bad_alloc, and nobody has been answered.
    template <class M>
    void answer(const pid& who, M message) {
        {
            const std::scoped_lock lock{mutex_};
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

    /// Likewise what `make()` makes, or `otherwise` if there is no memory for that, which holds nothing
    /// that needs any and no socket.
    template <class M, class Make>
    void answer_surely(const pid& who, M otherwise, Make make) noexcept {
        try {
            answer(who, make());
        } catch (const std::exception&) {
            answer_without_memory(who, std::move(otherwise));
        }
    }

    /// Runs `work` on the thread; drops it when the service has stopped, since work that waits for
    /// ever would keep what it refers to.
    template <class Work>
    void post(Work work) {
        const std::scoped_lock lock{mutex_};
        if (!stopped_) {
            asio::post(io, std::move(work));
        }
    }

    resolver& names() noexcept { return *names_; }

    /// False: the service has stopped, and nothing may open any more.
    bool add(const std::shared_ptr<open_thing>& what);
    void remove(const open_thing* what) noexcept;

    /// Lets what was written leave for a while, closes what is open, and ends the thread.
    void stop();

    asio::io_context io;

  private:
    /// Not in the order of the answers that wait for the thread. Under the lock the runtime is there.
    template <class M>
    void answer_without_memory(const pid& who, M message) noexcept {
        const std::scoped_lock lock{mutex_};
        if (stopped_) {
            return;
        }
        try {
            tell(who, message);
        } catch (const std::exception&) {  // thousands of answers at once have used up the reserve
        }
    }

    void serve();
    std::vector<std::shared_ptr<open_thing>> all_open();
    void wait_for_leaving(std::chrono::nanoseconds limit);

    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    const way_in world_;
    const std::chrono::nanoseconds last_words_;
    std::shared_ptr<resolver> names_ = std::make_shared<resolver>();
    std::atomic<std::uint64_t> ids_{0};
    std::mutex mutex_;
    bool stopped_ = false;                                                   ///< Guarded by mutex_.
    std::unordered_map<const open_thing*, std::weak_ptr<open_thing>> open_;  ///< Likewise.
    std::thread thread_;
};

/// A handle's share: the thing closes with the last of them, though the thread may hold it longer.
template <class State>
std::shared_ptr<State> closing_with_last_handle(std::shared_ptr<State> state) {
    State* raw = state.get();
    return {raw, [kept = std::move(state)](State* left) { left->let_go(); }};
}

}  // namespace coppice::net::detail
