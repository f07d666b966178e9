// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "coppice/detail/kernel.hpp"

namespace coppice::observe {

/// The time left until `end`, as a timeout for a request. At least one nanosecond, since a
/// timeout of zero would only poll.
inline detail::nanoseconds time_left(detail::nanoseconds end) {
    return std::max(end - detail::now(), detail::nanoseconds{1});
}

}  // namespace coppice::observe
