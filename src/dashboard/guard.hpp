// SPDX-License-Identifier: Apache-2.0
// Decides from the headers whether a request is served. Pure.
//
//     condition                              status otherwise
//     method: GET, HEAD, and POST for /api   405
//     Host: no name that could be rebound    421
//     Origin, Sec-Fetch-Site: the page's     403
//     token: link, cookie or Bearer          401
//     Content-Type of a POST: JSON           415

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coppice::dashboard {

/// The headers of a request; a missing header is empty.
struct request_facts {
    std::string method = "GET";
    std::string path = "/";
    std::string token;  ///< From the query.
    std::string host;
    std::string origin;
    std::string fetch_site;
    std::string cookie;
    std::string authorization;
    std::string content_type;
};

/// An HTTP status: 200 serves the request, 303 signs the browser in. For any
/// other status `why` is the reason.
struct decision {
    int status = 200;
    std::string why = {};
};

struct access_rules {
    std::string token;
    /// The name of the cookie.
    std::string cookie;
    std::vector<std::string> hosts;
    bool open_metrics = false;
};

[[nodiscard]] decision check_access(const access_rules& rules, const request_facts& asked);

/// Protects against DNS rebinding: true if no foreign DNS name can equal the `Host` header. Trusted are an
/// address or localhost, with or without a port, and `names`.
[[nodiscard]] bool is_trusted_host(std::string_view host, const std::vector<std::string>& names);

}  // namespace coppice::dashboard
