// SPDX-License-Identifier: Apache-2.0
// Messages by text: for consoles and scripts, which have the pid or name of a server but not its class.
//
//     struct counter {
//         struct increment { int by = 1; };
//         struct get {};
//         using console_messages = coppice::messages<increment, get>;
//         …
//     };
//
//     co_await cast_by_text("counter", "increment", {"by: 10"});    // or {"10"}, or {"by=10"}, or {}
//     co_await call_by_text("counter", "get", {});                  // "10"
//
// A class without `console_messages` takes, by `send_by_text`, the aggregates of its `info_messages`. Fields
// are read according to read.hpp, by position or by name. The reply is printed by show.hpp. A message that
// cannot be read from text is listed with the reason.
//
// The function sends the message of the typed call: for the same handler, with the same monitor and
// timeout. The caller parses the text, with a constant table of the server's class. So a long text costs
// time of the caller and not of the server, a wrong message is never sent, and the table is available while
// the server is busy or suspended.
//
// Threads    Inside a process.
// Blocking   Awaited, for five seconds by default. A cast is awaited too, since it asks for the table.
// Ownership  Texts are taken and answered by value. A `sys::target` keeps nothing alive.
// Errors     Values. `badarg` with a text that lists the possible input: unknown message, wrong field, no
//            server. Otherwise the reason of a typed call: `{noproc, …}`, `{timeout, …}`, or the reason of
//            the server's end. An exception from a constructor of a message is `badarg` too.
// Cost       One question and one call. None for the server.
// Today      The wording of `message_error::text` is for people and may change.

#pragma once

#include <expected>
#include <string>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/text_messages.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/sys.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The reason that no message was sent, or that no reply came.
struct message_error {
    exit_reason why;   ///< `badarg`, or the reason of the failed call.
    std::string text;  ///< One line.
};

/// The messages that the server takes by text, in the order of the list in its class. For a process that is
/// no server the error is `badarg`, known without waiting for the process.
[[nodiscard("co_await it")]] task<std::expected<std::vector<message_description>, exit_reason>>
console_messages(sys::target who, time_span timeout = sys::default_timeout);

/// The reply as text.
[[nodiscard("co_await it")]] task<std::expected<std::string, message_error>> call_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

/// Sends a request that has no reply. Unlike a typed cast, reports a missing server.
[[nodiscard("co_await it")]] task<std::expected<void, message_error>> cast_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

/// Sends a message for `handle_info`.
[[nodiscard("co_await it")]] task<std::expected<void, message_error>> send_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

}  // namespace coppice

#pragma GCC visibility pop
