// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/logger.hpp"
#include "coppice/report.hpp"

namespace coppice::base {

/// Destination for the reports of lower layers.
class report_sink {
  public:
    report_sink() = default;
    report_sink(const report_sink&) = delete;
    report_sink& operator=(const report_sink&) = delete;
    virtual ~report_sink() = default;
    /// Whether a report of this level is wanted. Callers ask before building a report.
    virtual bool wants(report_level level) const noexcept = 0;
    virtual void publish(report&& made) noexcept = 0;
    /// Publishes a report regardless of the level.
    virtual void publish_always(report&& made) noexcept = 0;
    /// Counts a report that could not be made.
    virtual void lose() noexcept = 0;
    virtual std::uint64_t lost() const noexcept = 0;
    /// Returns the previous level.
    virtual report_level set_level(report_level level) noexcept = 0;
    /// Adds a reader of reports from `level` on, with a queue of at most `room` reports.
    virtual std::shared_ptr<detail::report_tap> tap(report_level level, std::size_t room) = 0;
    /// Adds a handler with a queue and a thread of its own. False if the id is taken.
    virtual bool add_handler(std::string id, report_level level, std::size_t room,
                             report_handler handler) = 0;
    /// False if there is no such handler.
    virtual bool remove_handler(std::string_view id) = 0;
    virtual bool set_handler_level(std::string_view id, report_level level) = 0;
    virtual std::vector<logger::handler_info> handlers() const = 0;
};

}  // namespace coppice::base
