// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::platform {

/// Number of CPUs that this OS process may really use: the affinity, capped by the quota of the
/// cgroup. At least 1.
unsigned usable_cpus() noexcept;

}  // namespace coppice::platform
