// SPDX-License-Identifier: Apache-2.0
// One request for both kinds of supervisor. Their processes run servers of different classes.

#pragma once

#include <string_view>
#include <utility>

#include "coppice/process.hpp"
#include "observe/deadline.hpp"
#include "supervise/dynamic_supervisor_server.hpp"
#include "supervise/supervisor_server.hpp"

namespace coppice::observe {

template <class Answer, class Server, class Request>
task<std::expected<Answer, exit_reason>> ask_server(pid who, Request request,
                                                    detail::nanoseconds end) {
    const server<Server> asked{who};
    auto asking = asked.try_call(request, time_left(end));
    co_return co_await asking;
}

/// The answer, or the reason of the failure. Precondition: the process is a supervisor of that kind. Not
/// checked here: a process of another kind refuses the request.
template <class Answer, class Request>
task<std::expected<Answer, exit_reason>> ask_supervisor(const pid& who, std::string_view behaviour,
                                                        Request request, detail::nanoseconds end) {
    using supervise::dynamic_supervisor_server;
    return behaviour == dynamic_supervisor_server::kind_of_body.behaviour
               ? ask_server<Answer, dynamic_supervisor_server>(who, std::move(request), end)
               : ask_server<Answer, detail::supervisor_server>(who, std::move(request), end);
}

}  // namespace coppice::observe
