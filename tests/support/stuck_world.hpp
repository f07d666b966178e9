// SPDX-License-Identifier: Apache-2.0
// Real scheduler threads for code that blocks until the test releases the thread. So a test depends on no
// time except `stuck_after`, which may pass at any speed.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"

namespace coppice::test {

/// Holds handlers until `open`. Each test has its own trap, which outlives the held handlers.
struct trap {
    std::atomic<int> caught{0};
    std::atomic<int> released{0};
    std::atomic<bool> open{false};

    void hold() {
        ++caught;
        while (!open) {
        }
        ++released;
    }
};

class stuck_world : public ::testing::TestWithParam<unsigned> {
  public:
    ~stuck_world() override { let_go(); }

  protected:
    runtime& start(unsigned spares = 8,
                   std::chrono::nanoseconds stuck_after = std::chrono::milliseconds{100}) {
        runtime_options options;
        options.level = report_level::warning;
        options.on_report = [this](const report& r) { note(r); };
        options.workers = GetParam();
        options.stuck_after = stuck_after;
        options.spare_workers = spares;
        world_.emplace(options);
        world_->start();
        return *world_;
    }

    void let_go() {
        snare.open = true;
        if (world_ && !stopped) {
            EXPECT_TRUE(eventually([&] { return world_->stuck_processes().empty(); }));
            world_->stop(patience);
        }
    }

    template <class F>
    exit_reason run(F&& f) {
        return world_->run(std::forward<F>(f));
    }

    /// Empty if none is stuck. On a slow machine the caller's own turn may count as stuck too.
    pid other_stuck_process() const {
        const auto all = world_->stuck_processes();
        const auto other = std::ranges::find_if(
            all, [](const stuck_process& each) { return each.process != self(); });
        return other == all.end() ? pid{} : other->process;
    }

    std::vector<stuck_report> stuck_reports() {
        world_->flush_reports();
        const std::scoped_lock lock{mutex_};
        return stuck_;
    }
    std::vector<std::string> texts() {
        world_->flush_reports();
        const std::scoped_lock lock{mutex_};
        return texts_;
    }

    trap snare;
    bool stopped = false;

  private:
    void note(const report& r) {
        const std::scoped_lock lock{mutex_};
        if (const auto* stuck = std::get_if<stuck_report>(&r.body)) {
            stuck_.push_back(*stuck);
        } else if (const auto* text = std::get_if<text_report>(&r.body)) {
            texts_.push_back(text->text);
        }
    }

    std::mutex mutex_;
    std::vector<stuck_report> stuck_;
    std::vector<std::string> texts_;
    std::optional<runtime> world_;
};

}  // namespace coppice::test
