// SPDX-License-Identifier: Apache-2.0
// The functions of gen_server.hpp that are no templates.

#include "coppice/gen_server.hpp"

#include <utility>

#include "behaviour/start_ignored.hpp"
#include "behaviour/stop_wait.hpp"
#include "process/caller.hpp"

namespace coppice {

namespace detail {

behaviour_body* current_server() {
    const caller me;
    body* const running = me ? me->running_body() : nullptr;
    if (running == nullptr) {
        return nullptr;
    }
    if (running->kind().behaviour.empty()) {
        broken_contract(
            "stop_with, continue_with and timeout_after belong into a gen_server's handler");
    }
    return static_cast<behaviour_body*>(running);
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
    detail::stop_wait stopping{who, std::move(why), timeout};
    co_await stopping;
}

void stop_with(exit_reason why) {
    if (detail::behaviour_body* server = detail::current_server()) {
        server->set_stop(std::move(why));
    }
}

void timeout_after(time_span time) {
    detail::behaviour_body* const server = detail::current_server();
    if (server == nullptr) {
        return;
    }
    if (time < detail::nanoseconds::zero()) {
        throw badarg_error{"timeout_after: the time is negative; it has to be zero or more"};
    }
    server->set_timeout(time);
}

void ignore() {
    exit(exit_reason::of(detail::start_ignored{}));
}

}  // namespace coppice
