// SPDX-License-Identifier: Apache-2.0
// A memory barrier whose whole cost is on one side: one thread writes and then reads all the time,
// another one seldom, and neither may miss what the other wrote. The frequent side keeps its order
// by `light_barrier`, which only binds the compiler; the rare side by `heavy_barrier`, which makes
// every thread of this OS process pass a full barrier.
//
// Cost       light: nothing. heavy: some us. Where the system cannot do that (`has_heavy_barrier` is
//            false) the frequent side has to use sequentially consistent operations.

#pragma once

#include <atomic>

namespace coppice::platform {

/// The same for the whole life of the OS process. Seen outside of a shared library: the test kit is a
/// library of its own.
[[gnu::visibility("default")]] bool has_heavy_barrier() noexcept;

/// Precondition: `has_heavy_barrier()`.
void heavy_barrier() noexcept;

inline void light_barrier() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace coppice::platform
