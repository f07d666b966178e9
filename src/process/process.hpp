// SPDX-License-Identifier: Apache-2.0
// One process: its inbox, its mailbox, what it is linked to and what it runs.
//
// Invariants
//   1. Only the worker whose turn it is touches anything but `inbox_` and `generation_`.
//   2. A process is enqueued exactly when its inbox leaves `blocked`; so it is in one queue at most.
//   3. Every signal is handled in the order in which it was pushed, before the body sees a message.
//   4. At the end: destructors run, then timers and names go, then links and monitors hear of it,
//   then those who ask about it.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ordered_index.hpp"
#include "coppice/process.hpp"
#include "coppice/report.hpp"
#include "mailbox/inbox.hpp"
#include "mailbox/message_list.hpp"
#include "process/ancestry.hpp"
#include "process/signals.hpp"
#include "sched/runnable.hpp"

namespace coppice::detail {

class alignas(64) process final : public sched::runnable {
  public:
    process(runtime_core& world, std::uint32_t index) : world_{world}, index_{index} {}
    /// What never got a turn goes with the runtime.
    ~process();

    // Any thread.
    inline pid id(std::uint32_t generation) const noexcept;
    std::uint32_t generation() const noexcept {
        return generation_.load(std::memory_order_acquire);
    }
    std::uint32_t index() const noexcept { return index_; }
    bool is_open(std::uint32_t generation) const noexcept {
        return !is_dying(generation) && inbox_.is_open(generation);
    }
    /// Takes the signal, unless that life is over: then it answers false and the caller keeps it.
    bool push(signal& sent, std::uint32_t generation) noexcept;

    bool is_supervisor() const noexcept { return supervisor_.load(std::memory_order_relaxed); }
    /// Says that a name or a timer is being given to that life of the process. Then the giver asks
    /// `is_dying`: either it sees that the end has begun, or the end sees what was given.
    void mark_named() noexcept { named_.store(true, std::memory_order_seq_cst); }
    void mark_timed() noexcept { timed_.store(true, std::memory_order_seq_cst); }
    bool is_dying(std::uint32_t generation) const noexcept {
        return generation != this->generation() || dying_.load(std::memory_order_seq_cst);
    }

    // The spawner, before anybody else knows the process.
    void be_born(std::unique_ptr<body> what, ancestry ancestors);
    void begin() noexcept;
    void add_watcher(std::uint64_t tag, const pid& who, bool to_waiter) {
        monitored_by_.insert(tag, {who, to_waiter, {}});
    }

    void run_turn() noexcept override;

    // The process itself, during its turn.
    pid self() const noexcept { return id(generation_.load(std::memory_order_relaxed)); }
    runtime_core& world() const noexcept { return world_; }
    void run_task(task<> root);
    void end(exit_reason why);
    void wait_on(waiter& w) noexcept {
        wait_ = &w;
        mailbox_.restart_scan();
    }
    /// Its wait is over, or its coroutine is gone.
    void forget_wait(const waiter& w) noexcept {
        if (wait_ == &w) {
            wait_ = nullptr;
        }
    }
    void give_way(std::coroutine_handle<> here) noexcept {
        yielded_ = here;
        gives_way_ = true;
    }
    void spend() noexcept { ++reductions_; }
    body& running_body() noexcept { return *body_; }
    crash_report describe_crash(const exit_reason& why) const;

    void link_to(const pid& peer);
    void unlink_from(const pid& peer);
    void add_link(const pid& peer) { links_.insert(peer, linked); }
    /// Whom it is linked to.
    std::vector<pid> links() const;
    void watch(std::uint64_t tag, const pid& target) { watching_.insert(tag, target); }
    /// Whether the monitor was active.
    bool unwatch(std::uint64_t tag);
    void forget_watcher(std::uint64_t tag) { monitored_by_.erase(tag); }
    bool trap_exit(bool on) noexcept { return std::exchange(traps_exits_, on); }
    bool traps_exits() const noexcept { return traps_exits_; }
    /// Empty if it was started from outside.
    pid parent() const noexcept { return ancestors_ ? ancestors_->who : pid{}; }
    /// What its children get as their ancestry.
    const ancestry& ancestry_of_children();
    owned_message take_exit_message(const pid& from);
    std::vector<owned_message> take_exit_messages();
    bool take_down_message(std::uint64_t tag);
    void take_in() noexcept;
    process_information information() const;
    /// What an exit signal from itself does: true if the process dies of it.
    bool dies_of_own_signal(const exit_reason& why) const noexcept;
    void doom(exit_reason why) noexcept;

  private:
    struct watcher {
        pid who;
        bool to_waiter = false;
        name_if_any name;
    };
    static constexpr std::uint64_t linked = 0;

    // Signals, process_signals.cpp.
    void handle(signal* taken);
    void handle_exit(exit_signal& s);
    void handle_unlink(const signal& s);
    void handle_link_exit(exit_signal& s);
    void receive_exit(const pid& from, const exit_reason& why);
    void handle_monitor(monitor_signal& s);
    void handle_down(down_signal& s);
    void handle_tagged(signal* s);
    void append(message_node& message) noexcept;
    void forget_exit_message(const message_node& leaving) noexcept;

    // Turns.
    bool ready();
    bool wait_is_over();
    void step();
    void resume_root();
    void after_root();
    void fail(const std::exception_ptr& error);
    void fail_again(const std::exception_ptr& error);

    // The end, process_death.cpp.
    void die() noexcept;
    void destroy_body() noexcept;
    void tell_others(const pid& me) noexcept;
    void put_off(signal& late) noexcept;
    void refuse_all(const pid& me, signal* late) noexcept;
    void reset() noexcept;

    // A million processes are a million of these: three cache lines, of which others than the owner
    // touch the first only. docs/internals/memory.md accounts for every byte.
    runtime_core& world_;
    const std::uint32_t index_;
    std::atomic<std::uint32_t> generation_{1};
    mailbox::inbox inbox_;
    friend class process_table;
    std::atomic<std::uint32_t> next_free_{0};
    std::atomic<bool> supervisor_{false};
    std::atomic<bool> named_{false};
    std::atomic<bool> timed_{false};
    std::atomic<bool> dying_{false};

    std::unique_ptr<body> body_;
    task<> root_;
    waiter* wait_ = nullptr;
    std::coroutine_handle<> yielded_;
    exit_reason why_;
    signal* late_ = nullptr;  ///< Came after what killed it; refused when all have been told.
    signal* late_last_ = nullptr;
    mailbox::message_list mailbox_;
    /// `linked`, or the number of the unlink signal that the peer has not acknowledged yet.
    base::ordered_index<pid, std::uint64_t> links_;
    base::ordered_index<std::uint64_t, pid> watching_;  ///< For messages, not for waits.
    base::ordered_index<std::uint64_t, watcher> monitored_by_;
    ancestry ancestors_;
    ancestry of_children_;  ///< Made with the first child.
    std::uint64_t reductions_ = 0;
    std::uint32_t exit_messages_ = 0;  ///< In the mailbox.
    bool gives_way_ = false;
    bool traps_exits_ = false;
    bool wait_over_ : 1 = false;
    bool has_root_ : 1 = false;
    bool begun_ : 1 = false;
    bool ended_ : 1 = false;   ///< The body is done; `why_` says how.
    bool doomed_ : 1 = false;  ///< An exit signal has killed it; the body must not run again.
};

/// Under which a process's timers are kept.
inline std::uint64_t timer_owner(const pid& who) noexcept {
    return (std::uint64_t{who.generation()} << 32U) | who.index();
}

/// The process that runs on this thread; null outside.
process* current_process() noexcept;
void set_current_process(process* running) noexcept;

/// What a dead process answers to a signal. Consumes it.
void refuse(runtime_core& world, const pid& dead, signal* refused) noexcept;

}  // namespace coppice::detail
