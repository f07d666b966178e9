// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "coppice/inspect_client.hpp"

namespace coppice::cli {

/// Shows the program on the whole terminal until the user leaves. Throws `inspect::error` if the connection
/// is lost, and `std::runtime_error` if the terminal is unsuitable.
void show_top(inspect::client& connection, const std::string& program);

}  // namespace coppice::cli
