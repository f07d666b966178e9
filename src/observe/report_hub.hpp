// SPDX-License-Identifier: Apache-2.0
// Takes reports from processes for a handler, so that neither side can harm the other.
//
// Reports wait in a bounded queue, by default of `queue_max`. A thread, started with the first report, calls the handler once per
// report. In a simulation the publisher calls the handler at once, to keep one order of events; a report from
// the handler follows after the present one.
//
// If reports are dropped because the queue is full, a report of one line takes the place and says how many.

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
#include "platform/guarded.hpp"

namespace coppice::observe {

enum class delivery : bool { on_own_thread, at_once };

class report_hub final : public base::report_sink {
  public:
    static constexpr std::size_t queue_max = 10000;

    report_hub(report_level level, report_handler handler, delivery how,
               std::size_t room = queue_max);
    /// Waits for the queued reports for at most `patience`. A handler that blocks longer is abandoned; the
    /// thread shares ownership of all data in use.
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
    /// Each further handler has a hub of its own.
    bool add_handler(std::string id, report_level level, std::size_t room,
                     report_handler handler) override;
    bool remove_handler(std::string_view id) override;
    bool set_handler_level(std::string_view id, report_level level) override;
    std::vector<logger::handler_info> handlers() const override;
    report_level level() const noexcept { return level_.load(std::memory_order_relaxed); }
    std::size_t room() const noexcept { return state_->room; }
    std::size_t waiting() const;

    /// Waits until all reports published before the call are handled. False if `limit` is over or `unless`
    /// holds, see `wake_waiters`. False at once inside the handler, which would wait for its own return.
    bool flush(std::chrono::nanoseconds limit, const std::atomic<bool>& unless);
    bool flush(std::chrono::nanoseconds limit = std::chrono::nanoseconds::max());
    /// Wakes all flushes to check `unless` again.
    void wake_waiters() noexcept;
    /// Whether the calling thread is inside the handler of this hub.
    bool is_in_handler() const noexcept { return serving == state_.get(); }
    /// Whether the calling thread is inside the handler of any hub.
    static bool serves_here() noexcept { return serving != nullptr; }
    std::uint64_t lost() const noexcept override {
        return state_->lost.load(std::memory_order_relaxed);
    }

  private:
    struct shared_state {
        shared_state(report_level shown, std::size_t most) : level_of_losses{shown}, room{most} {}
        /// False: the queue is full.
        bool add(report&& made) COPPICE_REQUIRES(mutex);
        /// Queues a line for the reports dropped since the last such line, if any.
        void say_what_is_missing() noexcept COPPICE_REQUIRES(mutex);
        void note_drop(const report& dropped) noexcept COPPICE_REQUIRES(mutex);

        report_handler handler;
        const report_level level_of_losses;
        const std::size_t room;
        platform::mutex mutex;
        std::condition_variable changed;
        std::deque<report> waiting COPPICE_GUARDED_BY(mutex);
        /// Reports dropped since the last line about losses.
        std::uint64_t dropped COPPICE_GUARDED_BY(mutex) = 0;
        /// The time of the last dropped report.
        std::chrono::system_clock::time_point drop_at COPPICE_GUARDED_BY(mutex);
        bool handling COPPICE_GUARDED_BY(mutex) = false;
        bool stopping COPPICE_GUARDED_BY(mutex) = false;
        bool ended COPPICE_GUARDED_BY(mutex) = false;
        std::atomic<std::uint64_t> lost{0};
    };

    static bool is_wanted(report_level level, report_level lowest) noexcept {
        return level >= lowest && lowest != report_level::off;
    }
    void end_thread();
    bool flush_own(std::chrono::nanoseconds limit, const std::atomic<bool>& unless);
    void publish_at_once(report&& made);
    void publish_later(report&& made);
    static void call_handler(shared_state& state, const report& made) noexcept;
    static bool handle_next(shared_state& state) COPPICE_REQUIRES(state.mutex);
    static void work(const std::shared_ptr<shared_state>& state);

    /// The hub with its handler on this thread, or null.
    static thread_local const shared_state* serving;

    std::atomic<report_level> level_;  ///< The lowest level for the handler.
    const delivery how_;
    /// Shared, since a `report_reader` may outlive the hub.
    std::shared_ptr<report_taps> taps_ = std::make_shared<report_taps>();
    std::shared_ptr<shared_state> state_;
    std::thread thread_;  ///< Guarded by state_->mutex until the destructor.
};

}  // namespace coppice::observe
