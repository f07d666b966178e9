// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "coppice/report.hpp"

namespace coppice::base {

/// Where the layers below put their reports.
class report_sink {
  public:
    report_sink() = default;
    report_sink(const report_sink&) = delete;
    report_sink& operator=(const report_sink&) = delete;
    virtual ~report_sink() = default;
    /// Asked before a report is built.
    virtual bool wants(report_level level) const noexcept = 0;
    virtual void publish(report&& made) noexcept = 0;
    /// Likewise, whatever level is on.
    virtual void publish_always(report&& made) noexcept = 0;
    /// One could not be made.
    virtual void lose() noexcept = 0;
    virtual std::uint64_t lost() const noexcept = 0;
    /// Answers what it was.
    virtual report_level set_level(report_level level) noexcept = 0;
    /// For one who reads along.
    virtual std::shared_ptr<detail::report_tap> tap(report_level level, std::size_t room) = 0;
};

}  // namespace coppice::base
