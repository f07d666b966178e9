// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats.

#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coppice::dashboard {

inline constexpr const char* exposition_media_type = "text/plain; version=0.0.4; charset=utf-8";

class exposition {
  public:
    using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// Begins a family; its samples follow. `type` is "counter" or "gauge".
    void family(std::string_view name, std::string_view type, std::string_view help);
    /// Adds a sample to the family begun last. A duplicate series is skipped: a
    /// scraper would refuse the whole text.
    void sample(double value, labels given = {});

    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
    std::string name_;
    std::set<std::string> series_;
};

}  // namespace coppice::dashboard
