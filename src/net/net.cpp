// SPDX-License-Identifier: Apache-2.0
// The handles. An empty handle behaves like a closed one.

#include "coppice/net.hpp"

#include <stdexcept>
#include <system_error>
#include <utility>

#include "net/attempt.hpp"
#include "net/listener_state.hpp"
#include "net/service_state.hpp"
#include "net/socket_state.hpp"

namespace coppice::net {

namespace {

/// How long the destructor of a service waits for written bytes to leave.
constexpr std::chrono::seconds flush_limit{1};

/// An empty handle has no service, so the calling process sends the answer to `to`. A
/// caller outside a process gets none.
template <class M>
void answer_without_service(const pid& to, M message) {
    if (to && coppice::detail::in_process()) {
        send(to, std::move(message));
    }
}

detail::service_state& require(const std::shared_ptr<detail::service_state>& state,
                               const std::string& what) {
    if (!state) {
        throw std::system_error{std::make_error_code(std::errc::bad_file_descriptor),
                                what + ": the network is empty; take one from service::network()"};
    }
    return *state;
}

}  // namespace

std::string write_result::why() const {
    switch (error_) {
        case write_error::none:
            return {};
        case write_error::full:
            return "the peer reads too slowly: more than " + std::to_string(write_buffer_max) +
                   " bytes would wait";
        case write_error::closed:
            return "the socket is closed";
        case write_error::gone:
            return "the connection is over: " + std::generic_category().message(code_);
        case write_error::no_socket:
            return "the socket is empty";
    }
    return {};
}

void socket::read_next(const pid& to) const {
    if (state_) {
        state_->read_next(to);
    } else {
        answer_without_service(to, disconnected{write_result{write_error::no_socket}.why()});
    }
}

write_result socket::write(std::string_view bytes) const {
    return state_ ? state_->write(bytes) : write_result{write_error::no_socket};
}

void socket::write_next(const pid& to) const {
    if (state_) {
        state_->write_next(to);
    } else {
        answer_without_service(to, writable{});
    }
}

void socket::close() const {
    if (state_) {
        state_->close();
    }
}

std::string socket::peer() const {
    return state_ ? state_->peer() : std::string{};
}

std::optional<credentials> socket::peer_credentials() const noexcept {
    return state_ ? state_->peer_credentials() : std::nullopt;
}

handle_id socket::id() const noexcept {
    return state_ ? state_->id() : handle_id{};
}

void listener::accept_next(const pid& to) const {
    if (state_) {
        state_->accept_next(to);
    } else {
        answer_without_service(to, listen_failed{"the listener is empty"});
    }
}

void listener::close() const {
    if (state_) {
        state_->close();
    }
}

std::uint16_t listener::port() const noexcept {
    return state_ ? state_->port() : std::uint16_t{0};
}

std::string listener::address() const {
    return state_ ? state_->address_text() : std::string{};
}

handle_id listener::id() const noexcept {
    return state_ ? state_->id() : handle_id{};
}

listener network::listen(const std::string& address, std::uint16_t port) const {
    require(state_, "listen");
    return listener{
        detail::closing_with_last_handle(detail::listener_state::listen(state_, address, port))};
}

listener network::listen(const unix_path& where) const {
    require(state_, "listen");
    return listener{detail::closing_with_last_handle(
        detail::listener_state::listen(state_, where.path, where.mode))};
}

handle_id network::connect(const std::string& host, std::uint16_t port, const pid& to,
                           time_span within) const {
    require(state_, "connect");
    const auto begun = detail::attempt::make(state_, detail::written(host, port), to, within);
    begun->begin(host, port);
    return begun->id();
}

handle_id network::connect(const unix_path& where, const pid& to, time_span within) const {
    require(state_, "connect");
    const auto begun = detail::attempt::make(state_, detail::written_path(where.path), to, within);
    begun->begin_path(where.path);
    return begun->id();
}

service::service(runtime& world) {
    if (world.clock() == clock_kind::simulated) {
        throw std::logic_error{
            "net::service: sockets need real time, and the clock of this runtime is simulated: use "
            "a runtime with clock_kind::real"};
    }
    state_ = std::make_shared<detail::service_state>(detail::runtime_sender{world}, flush_limit);
}

service::service()
    : state_{std::make_shared<detail::service_state>(detail::runtime_sender::of_caller(),
                                                     std::chrono::nanoseconds::zero())} {}

service::~service() {
    state_->stop();
}

network service::network() const {
    return net::network{state_};
}

listener service::listen(const std::string& address, std::uint16_t port) {
    return network().listen(address, port);
}

listener service::listen(const unix_path& where) {
    return network().listen(where);
}

handle_id service::connect(const std::string& host, std::uint16_t port, const pid& to,
                           time_span within) {
    return network().connect(host, port, to, within);
}

handle_id service::connect(const unix_path& where, const pid& to, time_span within) {
    return network().connect(where, to, within);
}

}  // namespace coppice::net
