// SPDX-License-Identifier: Apache-2.0
// Decides from its headers whether a request is served. Pure.
//
//     asked of                               else
//     method: GET, HEAD, and POST for /api   405
//     Host: no name that could be rebound    421
//     Origin, Sec-Fetch-Site: the page's     403
//     token: link, cookie or Bearer          401
//     a POST's Content-Type: JSON            415

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coppice::dashboard {

/// What a request says of itself; empty for what it does not say.
struct visit {
    std::string method = "GET";
    std::string path = "/";
    std::string token;  ///< Of the query.
    std::string host;
    std::string origin;
    std::string fetch_site;
    std::string cookie;
    std::string authorization;
    std::string content_type;
};

/// A status of HTTP: 200 to serve it, 303 to sign the browser in; else the sentence says why not.
struct decision {
    int status = 200;
    std::string why = {};
};

struct house_rules {
    std::string token;
    std::string cookie;  ///< Its name.
    std::vector<std::string> hosts;
    bool open_metrics = false;
};

[[nodiscard]] decision judge(const house_rules& rules, const visit& asked);

/// Whether a `Host` header cannot be the name of somebody else's DNS: an address or localhost, with or
/// without a port, or one of `names`.
[[nodiscard]] bool is_trusted_host(std::string_view host, const std::vector<std::string>& names);

}  // namespace coppice::dashboard
