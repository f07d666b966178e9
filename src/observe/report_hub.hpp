// SPDX-License-Identifier: Apache-2.0
// Takes reports from processes and gives them to a handler, so that neither can harm the other.
//
// Reports wait in a queue of `queue_max`; a thread, started with the first report, hands them out
// one by one. In a simulation they are handed out at once, to keep one order of events.

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
        return level >= level_ && level_ != report_level::off;
    }
    void publish(report&& made) noexcept override;

    /// Waits until what was published before has been handed out; false if that takes longer.
    bool flush(std::chrono::nanoseconds limit = std::chrono::nanoseconds::max());
    std::uint64_t lost() const noexcept { return state_->lost.load(std::memory_order_relaxed); }

  private:
    struct shared_state {
        report_handler handler;
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<report> waiting;  ///< Guarded by mutex.
        bool handling = false;       ///< Guarded by mutex.
        bool stopping = false;       ///< Guarded by mutex.
        bool ended = false;          ///< Guarded by mutex.
        std::atomic<std::uint64_t> lost{0};
    };

    static void hand_out(shared_state& state, const report& made) noexcept;
    static void work(const std::shared_ptr<shared_state>& state);

    const report_level level_;
    const delivery how_;
    std::shared_ptr<shared_state> state_;
    std::thread thread_;  ///< Guarded by state_->mutex until the destructor.
};

}  // namespace coppice::observe
