// SPDX-License-Identifier: Apache-2.0
// The reply to a call, and the address of the caller.

#pragma once

#include <cstdint>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

struct reply_address {
    pid client;
    std::uint64_t tag = 0;
    pid server;  ///< Empty if the tag is of a monitor.
};
/// Consumes the value. Precondition: the value is not null. Not checked: each reply passes here.
void send_reply(const reply_address& to, owned_message value);

}  // namespace coppice::detail

#pragma GCC visibility pop
