// SPDX-License-Identifier: Apache-2.0
// The reply to a call, and the address of the caller.

#pragma once

#include <cstdint>
#include <string>

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

struct nothing {};
/// As OTP shows a reply without content.
inline std::string to_string(nothing /*unused*/) {
    return "ok";
}

struct reply_address {
    pid client;
    std::uint64_t tag = 0;
    pid server;  ///< Empty if the tag is of a monitor.
};
void send_reply(const reply_address& to, owned_message value);

}  // namespace coppice::detail

#pragma GCC visibility pop
