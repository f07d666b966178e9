// SPDX-License-Identifier: Apache-2.0
// The files of the page: src/dashboard/assets as script/web built them from web/.

#pragma once

#include <span>
#include <string_view>

namespace coppice::dashboard {

struct asset {
    std::string_view name;
    std::string_view bytes;
};

/// Made by cmake/embed_assets.cmake.
[[nodiscard]] std::span<const asset> assets();

/// Null if there is none. Names are compared whole: no path leads out of the list.
[[nodiscard]] const asset* find_asset(std::string_view name);
[[nodiscard]] std::string_view media_type_of(std::string_view name);

}  // namespace coppice::dashboard
