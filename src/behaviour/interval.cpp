// SPDX-License-Identifier: Apache-2.0

#include "coppice/interval.hpp"

#include <algorithm>

namespace coppice {
namespace detail {

pid receiver_of_interval(const address& to, nanoseconds every) {
    if (!current_pid() || is_ending()) {
        return {};
    }
    if (every <= nanoseconds::zero()) {
        throw badarg_error{"send_interval: the time has to be more than zero"};
    }
    const pid receiver = to.whereis();
    if (!receiver) {
        throw badarg_error{"send_interval: no process has the address " + to_string(to)};
    }
    return receiver;
}

task<bool> next_beat(nanoseconds due) {
    const nanoseconds left = std::max(due - now(), nanoseconds::zero());
    auto waiting = receive_for<down_message>(left);
    const std::optional<down_message> gone = co_await waiting;
    co_return !gone;
}

}  // namespace detail

void cancel_interval(const interval& which) {
    if (which) {
        exit(which.sender(), reason::kill);
    }
}

}  // namespace coppice
