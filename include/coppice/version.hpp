// SPDX-License-Identifier: Apache-2.0
// The version of the library.
//
// Threads    Any.
// Blocking   None.
// Ownership  Constants.
// Errors     None.
// Cost       None.

#pragma once

namespace coppice {

/// The version of the headers, by semantic versioning.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

/// The version of the headers as `MAJOR.MINOR.PATCH`.
[[nodiscard]] constexpr const char* version() noexcept {
    return "0.2.0";
}

}  // namespace coppice
