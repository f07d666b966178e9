// SPDX-License-Identifier: Apache-2.0
// Forwards one JSON-RPC request of a browser to the program.

#pragma once

#include <string>
#include <string_view>

#include "dashboard/browsers.hpp"
#include "dashboard/endpoint.hpp"

namespace coppice::dashboard {

/// Whether a method of the inspect protocol only asks.
[[nodiscard]] bool only_asks(std::string_view method);

class api {
  public:
    api(endpoint& where, browsers& watching, bool read_only)
        : where_{where}, watching_{watching}, read_only_{read_only} {}

    /// The response, JSON-RPC with the request's id. A member "stream" of the request names the browser
    /// whose connection it is made on, as `subscribe` and `unsubscribe` want it.
    [[nodiscard]] std::string answer(std::string_view request);

  private:
    endpoint& where_;
    browsers& watching_;
    const bool read_only_;
};

}  // namespace coppice::dashboard
