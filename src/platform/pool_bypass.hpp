// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// For tests that make allocations fail: while it is on, each block that this thread takes from the
/// pool is one that operator new gave for it. Blocks that were taken before stay as they are.
void bypass_pool(bool on) noexcept;

}  // namespace coppice::platform
