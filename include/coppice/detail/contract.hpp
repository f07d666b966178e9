// SPDX-License-Identifier: Apache-2.0
// Checks of preconditions. A broken precondition is a mistake of the program: the check prints one line on
// standard error and aborts. No exception is thrown, since a supervisor cannot mend the program.
//
// Cost       A comparison, and a call in cold code.

#pragma once

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Prints `coppice: broken contract at FILE:LINE: CONDITION: SENTENCE` on standard error, with the process
/// after the place if one runs on this thread, and aborts.
[[noreturn, gnu::cold, gnu::noinline]] void broken_expectation(const char* file, unsigned line,
                                                               const char* condition,
                                                               const char* sentence) noexcept;
/// The same for a contract without a condition: prints `coppice: SENTENCE`, and aborts.
[[noreturn, gnu::cold, gnu::noinline]] void broken_contract(const char* sentence) noexcept;

}  // namespace coppice::detail

#pragma GCC visibility pop

/// Checks a precondition in every build. `sentence` says what the caller must do.
#define COPPICE_EXPECTS(condition, sentence)                                                 \
    do {                                                                                     \
        if (!(condition)) [[unlikely]] {                                                     \
            ::coppice::detail::broken_expectation(__FILE__, __LINE__, #condition, sentence); \
        }                                                                                    \
    } while (false)
