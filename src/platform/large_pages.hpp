// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace coppice::platform {

inline constexpr std::size_t large_page = std::size_t{2} * 1024 * 1024;

/// Memory for much that is used up to its end: the system is asked for large pages, which are
/// faulted in once instead of 512 times, and of which the processor knows many more at a time.
/// Whether it has any is its affair. For the life of the program; throws std::bad_alloc.
///
/// Precondition: `bytes` is a multiple of `large_page`.
[[nodiscard]] void* allocate_large(std::size_t bytes);

}  // namespace coppice::platform
