// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace coppice::platform {

/// Writes the name of the process on this thread into `out` and returns the length; 0 without a process.
using process_namer = std::size_t (*)(char* out, std::size_t room) noexcept;

/// From now on `namer` names the process in the report of a broken contract: the process layer is above the
/// layers with contracts, and passes a function down. Any thread.
void name_processes_by(process_namer namer) noexcept;

}  // namespace coppice::platform
