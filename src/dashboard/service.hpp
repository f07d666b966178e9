// SPDX-License-Identifier: Apache-2.0
// Joins the parts of a server: a request over HTTP passes the guard and reaches the part that answers.

#pragma once

#include <string>

#include "coppice/dashboard.hpp"
#include "dashboard/api.hpp"
#include "dashboard/browsers.hpp"
#include "dashboard/guard.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/inspect_endpoint.hpp"

namespace coppice::dashboard {

/// Validated options, with a token.
[[nodiscard]] options completed(options given);

class server::service {
  public:
    explicit service(options given, const connection_limits& limits = {});
    ~service() { stop(); }
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    const options& given() const noexcept { return given_; }
    std::uint16_t port() const noexcept { return http_.port(); }
    std::string link() const;
    void stop() noexcept;

  private:
    using request = httplib::Request;
    using response = httplib::Response;

    void set_routes();
    httplib::Server::HandlerResponse guard(const request& asked, response& answer);
    void sign_in(response& answer) const;
    void send_page(const request& asked, response& answer) const;
    void send_events(response& answer);
    void send_metrics(response& answer);
    void send_readiness(response& answer);

    const options given_;
    endpoint endpoint_;
    browsers browsers_;
    api api_;
    access_rules rules_;
    http_server http_;
};

}  // namespace coppice::dashboard
