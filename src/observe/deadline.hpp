// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "coppice/detail/kernel.hpp"

namespace coppice::observe {

/// Until `end`, for a question: at least one nanosecond, as zero would only look what is there.
inline detail::nanoseconds time_left(detail::nanoseconds end) {
    return std::max(end - detail::now(), detail::nanoseconds{1});
}

}  // namespace coppice::observe
