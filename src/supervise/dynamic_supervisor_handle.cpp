// SPDX-License-Identifier: Apache-2.0
// The requests that `dynamic_supervisor`, a handle, makes of a dynamic supervisor's process.

#include <utility>
#include <vector>

#include "supervise/dynamic_supervisor_server.hpp"
#include "supervise/validate.hpp"

namespace coppice {

using request_maker = server<supervise::dynamic_supervisor_server>;

task<child_result> dynamic_supervisor::start_child(child_spec spec) const {
    if (spec.id().empty()) {
        spec.id("undefined");
    }
    const bool significant = spec.significant();
    if (auto error = supervise::wrong_with(spec.significant(false), auto_shutdown_mode::never)) {
        co_return child_result::failed(std::move(*error));
    }
    if (significant) {  // a dynamic supervisor has no automatic shutdown
        co_return child_result::failed(
            exit_reason::tuple("invalid_significant", exit_reason::symbol("true")));
    }
    auto asking = ask<child_result>(
        request_maker::make_call(supervise::dynamic_start_request{std::move(spec)}));
    co_return co_await asking;
}

detail::request_to_supervisor<void_result> dynamic_supervisor::terminate_child(
    const pid& child) const {
    return ask<void_result>(request_maker::make_call(supervise::dynamic_terminate_request{child}));
}

detail::request_to_supervisor<std::vector<child_info>> dynamic_supervisor::which_children() const {
    return ask<std::vector<child_info>>(request_maker::make_call(detail::which_children_request{}));
}

detail::request_to_supervisor<child_counts> dynamic_supervisor::count_children() const {
    return ask<child_counts>(request_maker::make_call(detail::count_children_request{}));
}

}  // namespace coppice
