// SPDX-License-Identifier: Apache-2.0
// The endpoint of a program, where the library is built with coppice::inspect.

#pragma once

#include <string>

#include "coppice/child_spec.hpp"
#include "coppice/program.hpp"

namespace coppice::application::program {

/// What the library was built with; only its sources know.
extern const bool has_inspect;

/// The children that make the endpoint: none if the mode is off, or there is no coppice::inspect.
[[nodiscard]] child_list endpoint_of(const std::string& name, const std::string& version,
                                     inspect_mode mode);

}  // namespace coppice::application::program
