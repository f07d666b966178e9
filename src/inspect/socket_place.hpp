// SPDX-License-Identifier: Apache-2.0
// Where the socket is, and that nobody else can get there.

#pragma once

#include <string>

#include "coppice/net.hpp"
#include "inspect/methods.hpp"

namespace coppice::inspect {

/// Makes the folder if there is none. Throws std::runtime_error with a remedy if others could enter it.
void prepare_folder(const std::string& folder);

/// Listens at NAME.sock, or at NAME.PID.sock if a living program does. Throws std::runtime_error with a
/// remedy.
[[nodiscard]] net::listener listen_in(const net::network& network, const std::string& folder,
                                      const std::string& name);

[[nodiscard]] std::string folder_of(const options& chosen);

}  // namespace coppice::inspect
