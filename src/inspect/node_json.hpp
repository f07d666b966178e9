// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inspect/json.hpp"
#include "inspect/look.hpp"

namespace coppice::inspect {

[[nodiscard]] json to_json(const seen_node& node);
[[nodiscard]] std::string_view status_text(child_status status) noexcept;

}  // namespace coppice::inspect
