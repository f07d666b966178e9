// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// For tests of failing allocations. While on, each block that the calling thread takes from the
/// pool is allocated by operator new. Earlier blocks are unaffected.
void bypass_pool(bool on) noexcept;

// For the test kit.
/// The N-th allocation of the calling thread from the pool, from now on, throws std::bad_alloc. The pool is
/// bypassed until `allow_allocations`. Precondition: N is positive.
[[gnu::visibility("default")]] void fail_allocation(unsigned nth) noexcept;
/// False if fewer than N allocations were made.
[[gnu::visibility("default")]] bool allow_allocations() noexcept;
/// Counts an allocation. True: the allocation is the N-th, and fails.
[[gnu::visibility("default")]] bool is_allocation_to_fail() noexcept;

}  // namespace coppice::platform
