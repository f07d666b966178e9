// SPDX-License-Identifier: Apache-2.0
// The functions of gen_server.hpp that are no templates.

#include "coppice/gen_server.hpp"

#include <utility>

#include "behaviour/start_ignored.hpp"
#include "behaviour/stop_wait.hpp"

namespace coppice {

void start_options::register_as(const address& where) {
    if (!where.is_name() && !where.is_via()) {
        throw badarg_error{
            "a process is named by a name or by a key of a registry, not by the pid " +
            to_string(where)};
    }
    name = where.name();
    via = where.is_via() ? where : address{};
}

namespace detail {

server_loop* current_server() {
    return current_loop<server_loop>(
        "continue_with and timeout_after may be called only in a handler of a gen_server");
}

}  // namespace detail

task<> stop(pid who, exit_reason why, time_span timeout) {
    if (timeout < detail::nanoseconds::zero()) {
        throw badarg_error{"stop: the time is negative; it has to be zero or more"};
    }
    if (!who) {
        exit(reason::noproc);
    }
    if (who == self()) {
        exit(reason::calling_self);
    }
    behaviour::stop_wait stopping{who, std::move(why), timeout};
    co_await stopping;
}

void stop_with(exit_reason why) {
    constexpr const char* elsewhere = "stop_with may be called only in a handler of a behaviour";
    if (detail::behaviour_body* const running = detail::current_behaviour(elsewhere)) {
        running->set_stop(std::move(why));
    }
}

void timeout_after(time_span time) {
    detail::server_loop* const server = detail::current_server();
    if (server == nullptr) {
        return;
    }
    if (time < detail::nanoseconds::zero()) {
        throw badarg_error{"timeout_after: the time is negative; it has to be zero or more"};
    }
    server->set_timeout(time);
}

void ignore() {
    exit(exit_reason::of(behaviour::start_ignored{}));
}

}  // namespace coppice
