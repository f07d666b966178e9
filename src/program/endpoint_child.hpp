// SPDX-License-Identifier: Apache-2.0
// The endpoint of a program, available if the library is built with coppice::inspect.

#pragma once

#include <string>

#include "coppice/child_spec.hpp"
#include "coppice/program.hpp"

namespace coppice::application::program {

/// Whether the library was built with coppice::inspect. Only the sources of the library can know.
extern const bool has_inspect;

/// The children that run the endpoint. None if the mode is off, or without coppice::inspect.
[[nodiscard]] child_list endpoint_of(const std::string& name, const std::string& version,
                                     inspect_mode mode);

}  // namespace coppice::application::program
