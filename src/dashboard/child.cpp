// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <memory>
#include <utility>

#include "coppice/dashboard.hpp"
#include "coppice/report.hpp"
#include "dashboard/service.hpp"

namespace coppice::dashboard {
namespace {

/// State that outlives a restart.
struct lasting {
    options given;
    // Atomic, so that sharing is safe.
    mutable std::atomic<std::uint16_t> port;

    explicit lasting(options o) : given{completed(std::move(o))}, port{given.port} {}
};

class dashboard_server {
  public:
    explicit dashboard_server(std::shared_ptr<const lasting> kept) : server_{with_port(*kept)} {
        kept->port = server_.port();
        log(report_level::notice, "the dashboard of this program is at " + server_.link());
    }

  private:
    static options with_port(const lasting& kept) {
        options given = kept.given;
        given.port = kept.port;
        return given;
    }

    server server_;
};

/// A separate type from `lasting`, since the supervisor copies the start function for each start.
struct start_dashboard {
    std::shared_ptr<const lasting> kept;

    auto operator()() const { return start_link<dashboard_server>(kept); }
};

}  // namespace

child_spec child(options given) {
    start_dashboard start{std::make_shared<const lasting>(std::move(given))};
    return child_with_start("dashboard", start);
}

}  // namespace coppice::dashboard
