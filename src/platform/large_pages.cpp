// SPDX-License-Identifier: Apache-2.0

#include "platform/large_pages.hpp"

#include <sys/mman.h>

#include <new>

namespace coppice::platform {

void* allocate_large(std::size_t bytes) {
    void* memory = ::operator new(bytes, std::align_val_t{large_page});
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // refused, it is memory all the same
    return memory;
}

}  // namespace coppice::platform
