// SPDX-License-Identifier: Apache-2.0
// The response to a request whose sender does not wait: a message in the sender's mailbox.

#pragma once

#include <span>
#include <string>

#include "coppice/detail/kernel.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The message that answers a request of `send_request`, see requests.hpp.
struct response_message {
    ref request;           ///< `request_id::which` of the request.
    any_message reply;     ///< Empty if the server ended without a reply.
    exit_reason why = {};  ///< Why there is no reply; `noproc` if there was no server.
};
/// `{#Ref<…>,reply}`, or `{'DOWN',#Ref<…>,process,why}` without a reply.
[[nodiscard]] std::string to_string(const response_message& m);

namespace detail {

template <>
constexpr inline message_role role_of<response_message> = message_role::response;

/// Sends a request whose response becomes a message. To no process: the response `noproc` comes at once.
ref begin_request(const pid& to, owned_message request);
/// From now on no response of the request arrives. A response in the mailbox is taken out.
void abandon_request(ref which) noexcept;
/// The first response in the mailbox to one of the requests, which are in ascending order. Waits for at most
/// `timeout`; without a response the reference in the result is empty.
task<response_message> next_response(std::span<const ref> of, nanoseconds timeout);

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
