// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace coppice::platform {

/// The blocks of one size.
struct pool_view {
    std::size_t block_size = 0;
    std::size_t used = 0;  ///< Those in caches of threads are counted as used.
    std::size_t free = 0;
};

/// Those sizes of which there are any. None where the sanitizers see every block.
std::vector<pool_view> look_at_pools();

}  // namespace coppice::platform
