// SPDX-License-Identifier: Apache-2.0
// A global operator new whose allocations fail by the plan of an exploration. Otherwise only the allocations of
// the library fail. Include this header in exactly one source file of a test program; the header defines the global
// operator new and operator delete of the whole program. Not for programs that have an operator new of their
// own: such a program asks `is_allocation_to_fail` there.
//
// Threads    Any. Only the thread of an exploration has failing allocations.
// Blocking   None.
// Ownership  As malloc and free.
// Errors     std::bad_alloc.
// Cost       One call for each allocation.

#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "coppice/testing/explore.hpp"

void* operator new(std::size_t size) {
    void* const made =
        coppice::testing::is_allocation_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (made == nullptr) {
        throw std::bad_alloc{};
    }
    return made;
}
void operator delete(void* freed) noexcept {
    std::free(freed);
}
void operator delete(void* freed, std::size_t) noexcept {
    std::free(freed);
}
