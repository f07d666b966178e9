// SPDX-License-Identifier: Apache-2.0
// Makes text of unknown origin safe for a log line and for a terminal. Reports, exit reasons and trees pass
// all such text through `printable`. So a text from a user, a peer or an exception can neither start a new
// line (log injection) nor send control sequences to a terminal.
//
// Threads    Any.
// Blocking   None.
// Ownership  The result is independent of the text.
// Errors     None, except std::bad_alloc. An exception of `escape` propagates.
// Cost       Linear in the length of the text.

#pragma once

#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace coppice {

/// Appends the escape for `bytes`, which are either one UTF-8 character or one byte of invalid UTF-8.
using character_escape = void (*)(std::string_view bytes, std::string& out);

/// Appends C escapes: `\n`, `\r`, `\t`, and `\x1b` for any other byte.
void escape_as_c(std::string_view bytes, std::string& out);

/// Replaces unsafe characters by escapes: control characters (C0, DEL, C1), Unicode bidirectional controls,
/// Unicode line and paragraph separators, and bytes of invalid UTF-8. Printable text stays unchanged, so the
/// function is idempotent with the default escape.
[[nodiscard]] std::string printable(std::string_view text, character_escape escape = &escape_as_c);

}  // namespace coppice

#pragma GCC visibility pop
