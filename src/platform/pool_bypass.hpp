// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// For tests of failing allocations. While on, each block that the calling thread takes from the
/// pool is allocated by operator new. Earlier blocks are unaffected.
void bypass_pool(bool on) noexcept;

}  // namespace coppice::platform
