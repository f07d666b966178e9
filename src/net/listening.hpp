// SPDX-License-Identifier: Apache-2.0
// From an address that a user wrote to a descriptor that listens, or an error that names both the
// address and a remedy.

#pragma once

#include <cstdint>
#include <string>

#include "net/descriptor.hpp"

namespace coppice::net::detail {

descriptor listen_on(const std::string& host, std::uint16_t port);
descriptor listen_on_path(const std::string& path, unsigned mode);

}  // namespace coppice::net::detail
