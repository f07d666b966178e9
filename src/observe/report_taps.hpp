// SPDX-License-Identifier: Apache-2.0
// Extra readers of reports. Each has a bounded queue; reports beyond its room are dropped, so a slow reader
// delays no publisher.
//
// Threads    Any.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/logger.hpp"
#include "coppice/report.hpp"
#include "platform/guarded.hpp"

namespace coppice::detail {

struct report_tap {
    report_tap(report_level from, std::size_t most) : level{from}, room{most} {}

    const report_level level;
    const std::size_t room;
    platform::mutex mutex;
    std::deque<report> waiting COPPICE_GUARDED_BY(mutex);
    std::atomic<std::uint64_t> dropped{0};
    /// Deregisters the tap at the end of the reader.
    std::function<void(const report_tap&)> leave;
};

}  // namespace coppice::detail

namespace coppice::observe {

class report_hub;

class report_taps {
  public:
    /// The lowest level wanted by any tap; `off` without taps.
    report_level lowest() const noexcept { return lowest_.load(std::memory_order_relaxed); }
    void add(std::shared_ptr<detail::report_tap> added);
    void remove(const detail::report_tap& removed) noexcept;
    /// Copies the report into each tap and each further handler of a fitting level. Without memory for a copy
    /// the report is dropped.
    void offer(const report& made) noexcept;

    // Further handlers, see `base::report_sink`.
    bool add_handler(std::string id, std::shared_ptr<report_hub> added);
    bool remove_handler(std::string_view id);
    bool set_handler_level(std::string_view id, report_level level);
    std::vector<logger::handler_info> handlers() const;
    struct handler {
        std::string id;
        std::shared_ptr<report_hub> hub;
    };
    using handler_list = std::vector<handler>;
    /// The present list, which is never changed: no lock is held while a handler runs.
    std::shared_ptr<const handler_list> present() const noexcept;

  private:
    void find_lowest() noexcept COPPICE_REQUIRES(mutex_);
    void offer_to_taps(const report& made) noexcept COPPICE_REQUIRES(mutex_);

    mutable platform::mutex mutex_;
    std::vector<std::shared_ptr<detail::report_tap>> taps_ COPPICE_GUARDED_BY(mutex_);
    std::shared_ptr<const handler_list> handlers_ COPPICE_GUARDED_BY(mutex_) =
        std::make_shared<const handler_list>();
    std::atomic<report_level> lowest_{report_level::off};
};

}  // namespace coppice::observe
