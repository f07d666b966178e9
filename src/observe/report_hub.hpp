// SPDX-License-Identifier: Apache-2.0
// Takes reports from processes and gives them to a handler, so that neither can harm the other.
//
// Reports wait in a queue of `queue_max`; a thread, started with the first report, hands them out
// one by one. In a simulation they are handed out at once, to keep one order of events; those that
// the handler itself causes come after the one it has.
//
// Where reports were dropped because the queue was full, a report of one line takes their place and
// says how many.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "base/report_sink.hpp"
#include "observe/report_taps.hpp"

namespace coppice::observe {

enum class delivery : bool { on_own_thread, at_once };

class report_hub final : public base::report_sink {
  public:
    static constexpr std::size_t queue_max = 10000;

    report_hub(report_level level, report_handler handler, delivery how);
    /// Hands out what waits, for at most `patience`; a handler that blocks longer keeps its own
    /// copy of everything it needs and is left alone.
    ~report_hub() override;

    bool wants(report_level level) const noexcept override {
        return is_wanted(level, level_.load(std::memory_order_relaxed)) ||
               is_wanted(level, taps_->lowest());
    }
    void publish(report&& made) noexcept override;
    void publish_always(report&& made) noexcept override;
    void lose() noexcept override { state_->lost.fetch_add(1, std::memory_order_relaxed); }

    report_level set_level(report_level level) noexcept override;
    std::shared_ptr<detail::report_tap> tap(report_level level, std::size_t room) override;

    /// Waits until what was published before has been handled; false if that takes longer, if
    /// `unless` holds, see `nudge`, and at once in the handler itself, which would wait for its own
    /// end.
    bool flush(std::chrono::nanoseconds limit, const std::atomic<bool>& unless);
    bool flush(std::chrono::nanoseconds limit = std::chrono::nanoseconds::max());
    /// Something that a flush may end for has changed.
    void nudge() noexcept;
    /// Whether this thread is in the handler of this hub.
    bool is_in_handler() const noexcept { return serving == state_.get(); }
    /// A handler of reports runs on this thread.
    static bool serves_here() noexcept { return serving != nullptr; }
    std::uint64_t lost() const noexcept override {
        return state_->lost.load(std::memory_order_relaxed);
    }

  private:
    struct shared_state {
        explicit shared_state(report_level shown) : level_of_losses{shown} {}
        /// Under the lock, as all that follow. False: there is no room.
        bool add(report&& made);
        /// Puts a line for what was dropped since the last one, if anything was.
        void say_what_is_missing() noexcept;
        void note_drop(const report& dropped) noexcept;

        report_handler handler;
        const report_level level_of_losses;
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<report> waiting;                     ///< Guarded by mutex.
        std::uint64_t dropped = 0;                      ///< And nobody was told. Guarded by mutex.
        std::chrono::system_clock::time_point drop_at;  ///< The last one. Guarded by mutex.
        bool handling = false;                          ///< Guarded by mutex.
        bool stopping = false;                          ///< Guarded by mutex.
        bool ended = false;                             ///< Guarded by mutex.
        std::atomic<std::uint64_t> lost{0};
    };

    static bool is_wanted(report_level level, report_level lowest) noexcept {
        return level >= lowest && lowest != report_level::off;
    }
    void end_thread();
    void publish_at_once(report&& made);
    void publish_later(report&& made);
    static void hand_out(shared_state& state, const report& made) noexcept;
    static bool hand_out_next(shared_state& state, std::unique_lock<std::mutex>& lock);
    static void work(const std::shared_ptr<shared_state>& state);

    /// Whose handler this thread is in.
    static thread_local const shared_state* serving;

    std::atomic<report_level> level_;  ///< Of what the handler gets.
    const delivery how_;
    /// Readers may outlive the hub.
    std::shared_ptr<report_taps> taps_ = std::make_shared<report_taps>();
    std::shared_ptr<shared_state> state_;
    std::thread thread_;  ///< Guarded by state_->mutex until the destructor.
};

}  // namespace coppice::observe
