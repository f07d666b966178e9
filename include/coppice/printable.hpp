// SPDX-License-Identifier: Apache-2.0
// Text of unknown origin, made fit for a line of a log and for a terminal. Reports, reasons and trees
// show all of it so: what a user, a peer or an exception says can neither begin a line of its own
// nor be obeyed by a terminal.
//
// Threads    Any.

#pragma once

#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace coppice {

/// Appends what stands for a character, given in its bytes, or for one byte that is no UTF-8.
using character_escape = void (*)(std::string_view bytes, std::string& out);

/// As C writes it: \n, \x1b.
void escape_as_c(std::string_view bytes, std::string& out);

/// The text with an escape in the place of control characters (C0, DEL, C1), of those that change the
/// direction of writing or end a line in Unicode, and of bytes that are not UTF-8. Text that went
/// through it stays as it is.
[[nodiscard]] std::string printable(std::string_view text, character_escape escape = &escape_as_c);

}  // namespace coppice

#pragma GCC visibility pop
