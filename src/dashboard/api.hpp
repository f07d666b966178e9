// SPDX-License-Identifier: Apache-2.0
// Forwards one JSON-RPC request of a browser to the program.

#pragma once

#include <string>
#include <string_view>

#include "dashboard/browsers.hpp"
#include "dashboard/inspect_endpoint.hpp"

namespace coppice::dashboard {

/// Whether a method of the inspect protocol only reads.
[[nodiscard]] bool only_asks(std::string_view method);

class api {
  public:
    api(endpoint& where, browsers& watching, bool read_only)
        : where_{where}, watching_{watching}, read_only_{read_only} {}

    /// The JSON-RPC response with the id of the request. A member "stream" of the request names the browser;
    /// `subscribe` and `unsubscribe` use the connection of that browser.
    [[nodiscard]] std::string answer(std::string_view request);

  private:
    endpoint& where_;
    browsers& watching_;
    const bool read_only_;
};

}  // namespace coppice::dashboard
