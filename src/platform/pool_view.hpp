// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace coppice::platform {

/// The blocks of one size.
struct pool_view {
    std::size_t block_size = 0;
    std::size_t used = 0;  ///< Includes the blocks in the caches of threads.
    std::size_t free = 0;
};

/// A view for each size of which there are blocks. None where the sanitizers see every block.
std::vector<pool_view> look_at_pools();

}  // namespace coppice::platform
