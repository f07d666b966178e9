// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    /// One could not be made.
    virtual void lose() noexcept = 0;
};

}  // namespace coppice::base
