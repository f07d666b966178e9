// SPDX-License-Identifier: Apache-2.0
// The place of the socket, and the protection against other users.

#pragma once

#include <string>

#include "coppice/net.hpp"
#include "inspect/methods.hpp"

namespace coppice::inspect {

/// Makes the folder if missing. Throws `std::runtime_error` with a remedy if
/// other users could enter the folder.
void prepare_folder(const std::string& folder);

/// Listens at NAME.sock, or at NAME.PID.sock if another living program listens at NAME.sock. Throws
/// `std::runtime_error` with a remedy.
[[nodiscard]] net::listener listen_in(const net::network& network, const std::string& folder,
                                      const std::string& name);

[[nodiscard]] std::string folder_of(const options& chosen);

}  // namespace coppice::inspect
