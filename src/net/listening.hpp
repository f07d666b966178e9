// SPDX-License-Identifier: Apache-2.0
// Turns an address from the user into a listening descriptor, or an error with the address and a remedy.

#pragma once

#include <cstdint>
#include <string>

#include "net/descriptor.hpp"

namespace coppice::net::detail {

descriptor listen_on(const std::string& host, std::uint16_t port);
descriptor listen_on_path(const std::string& path, unsigned mode);

}  // namespace coppice::net::detail
