// SPDX-License-Identifier: Apache-2.0
// Messages by text: for consoles and scripts, which know a server's pid or name and not its class.
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
// A class that lists none takes by `send_by_text` the aggregates of its `info_messages`. Fields are read as
// read.hpp says, by place or by name; the reply is what show.hpp prints of it. A message that cannot be read
// is listed with the reason.
//
// What is sent is what the typed call sends: the same message, for the same handler, with the same monitor and
// timeout. The text is read by the caller, with a table that is a constant of the server's class. So a long
// text costs the caller's time and not the server's, nothing is sent that is wrong, and the table can be had
// while the server is busy or suspended.
//
// Threads    Inside a process.
// Blocking   Awaited, for five seconds unless told otherwise, also a cast: it asks for the table.
// Errors     Are values. `badarg` with a text that tells what can be written: no such message, a wrong field,
//            no server. Else the reason that a typed call has: `{noproc, …}`, `{timeout, …}`, the server's
//            end. What the constructors of a message throw is `badarg` too.
// Cost       A question and a call. Servers pay nothing.

#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "coppice/detail/text_messages.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/sys.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Why nothing was sent, or no reply came.
struct message_error {
    exit_reason why;
    std::string text;  ///< On one line.
};

/// What the server takes by text, in the order in which its class lists it. A process that is no server has
/// `badarg`; so much is known of it at once.
[[nodiscard("co_await it")]] task<std::expected<std::vector<message_description>, exit_reason>>
console_messages(sys::target who, time_span timeout = sys::default_timeout);

/// The reply as text.
[[nodiscard("co_await it")]] task<std::expected<std::string, message_error>> call_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

/// Sends a request that has no reply. Unlike a typed cast it tells if there is nobody.
[[nodiscard("co_await it")]] task<std::expected<void, message_error>> cast_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

/// Sends a message for `handle_info`.
[[nodiscard("co_await it")]] task<std::expected<void, message_error>> send_by_text(
    sys::target who, std::string message, std::vector<std::string> fields,
    time_span timeout = sys::default_timeout);

}  // namespace coppice

#pragma GCC visibility pop
