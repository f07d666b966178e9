// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace coppice::platform {

inline constexpr std::size_t large_page = std::size_t{2} * 1024 * 1024;

/// Memory for data that fills the pages to the end. The system is asked for large pages: one page
/// fault instead of 512, and more memory per TLB entry. The system may have no large pages, without
/// effect on the caller. Throws std::bad_alloc.
///
/// Precondition: `bytes` is a multiple of `large_page`.
[[nodiscard]] void* allocate_large(std::size_t bytes);

/// Returns memory from `allocate_large` to the system. Precondition: `bytes` as for the allocation.
void free_large(void* memory, std::size_t bytes) noexcept;

/// Asks the system to map the pages of memory that is about to be written: one system call instead of a page
/// fault for each page, which costs more than to fill the page. Without effect on the contents, and on the caller
/// where the system has no such call. Any memory that is allocated, of any size and alignment.
void map_ahead(void* memory, std::size_t bytes) noexcept;

}  // namespace coppice::platform
