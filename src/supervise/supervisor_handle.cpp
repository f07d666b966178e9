// SPDX-License-Identifier: Apache-2.0
// The requests that `supervisor`, a handle, makes of a supervisor's process.

#include "coppice/supervisor.hpp"

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "supervise/supervisor_server.hpp"

namespace coppice {

using detail::request_to_supervisor;
using request_maker = server<detail::supervisor_server>;

request_to_supervisor<child_result> supervisor::start_child(child_spec spec) const {
    return ask<child_result>(
        request_maker::make_call(detail::start_child_request{std::move(spec)}));
}

request_to_supervisor<void_result> supervisor::terminate_child(std::string id) const {
    const detail::terminate_child_request request{std::move(id)};
    return ask<void_result>(request_maker::make_call(request));
}

request_to_supervisor<child_result> supervisor::restart_child(std::string id) const {
    const detail::restart_child_request request{std::move(id)};
    return ask<child_result>(request_maker::make_call(request));
}

request_to_supervisor<void_result> supervisor::delete_child(std::string id) const {
    const detail::delete_child_request request{std::move(id)};
    return ask<void_result>(request_maker::make_call(request));
}

request_to_supervisor<std::vector<child_info>> supervisor::which_children() const {
    return ask<std::vector<child_info>>(request_maker::make_call(detail::which_children_request{}));
}

request_to_supervisor<child_counts> supervisor::count_children() const {
    return ask<child_counts>(request_maker::make_call(detail::count_children_request{}));
}

request_to_supervisor<std::expected<child_spec, exit_reason>> supervisor::get_childspec(
    std::string id) const {
    const detail::get_childspec_request request{std::move(id)};
    return ask<std::expected<child_spec, exit_reason>>(request_maker::make_call(request));
}

}  // namespace coppice
