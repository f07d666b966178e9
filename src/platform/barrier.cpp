// SPDX-License-Identifier: Apache-2.0

#include "platform/barrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coppice/detail/contract.hpp"

namespace coppice::platform {
namespace {

bool ask_for_barriers() noexcept {
    return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace

bool has_heavy_barrier() noexcept {
    static const bool granted = ask_for_barriers();
    return granted;
}

void heavy_barrier() noexcept {
    COPPICE_EXPECTS(has_heavy_barrier(), "ask has_heavy_barrier() before a heavy barrier");
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

}  // namespace coppice::platform
