// SPDX-License-Identifier: Apache-2.0

#include "coppice/dashboard.hpp"

#include <utility>

#include "dashboard/service.hpp"

namespace coppice::dashboard {

server::server(options given) : service_{std::make_unique<service>(std::move(given))} {}

server::~server() = default;

std::string server::link() const {
    return service_->link();
}

std::uint16_t server::port() const noexcept {
    return service_->port();
}

const std::string& server::token() const noexcept {
    return service_->given().token;
}

void server::stop() noexcept {
    service_->stop();
}

}  // namespace coppice::dashboard
