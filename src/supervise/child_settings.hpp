// SPDX-License-Identifier: Apache-2.0
// The settings of a child spec that OTP does not have. Most children have none, so a spec keeps the settings apart,
// and copies of a spec share the settings.

#pragma once

#include <optional>

#include "coppice/child_spec.hpp"
#include "coppice/health_check.hpp"
#include "coppice/restart_backoff.hpp"

namespace coppice::detail {

struct child_settings {
    std::optional<restart_backoff> backoff = std::nullopt;
    std::optional<restart_budget> budget = std::nullopt;
    std::optional<time_span> ready_within = std::nullopt;
    std::optional<health_check> health = std::nullopt;
};

}  // namespace coppice::detail
