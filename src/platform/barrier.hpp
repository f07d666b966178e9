// SPDX-License-Identifier: Apache-2.0
// An asymmetric memory barrier for Dekker-like protocols: two threads each write and then read, one
// frequently and one rarely, and neither may miss the write of the other. The frequent side keeps
// its order with `light_barrier`, which only binds the compiler. The rare side uses
// `heavy_barrier`, which makes every thread of this OS process pass a full barrier.
//
// Cost       light: nothing. heavy: some us. Where the system has no such barrier
//            (`has_heavy_barrier` is false), the frequent side has to use sequentially consistent
//            operations.

#pragma once

#include <atomic>

namespace coppice::platform {

/// Constant for the life of the OS process. Exported from the shared library: the test kit
/// is a separate library.
[[gnu::visibility("default")]] bool has_heavy_barrier() noexcept;

/// Precondition: `has_heavy_barrier()`.
void heavy_barrier() noexcept;

inline void light_barrier() noexcept {
    // Binds only the compiler. Pairs with heavy_barrier(), which orders the processors.
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace coppice::platform
