// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// CPUs that this OS process may really use: its affinity, capped by its cgroup's quota. At
/// least 1.
unsigned usable_cpus() noexcept;

}  // namespace coppice::platform
