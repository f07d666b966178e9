// SPDX-License-Identifier: Apache-2.0
// The makers of dynamic supervisors, which start functions call.

#include "supervise/dynamic_supervisor_server.hpp"

#include <memory>
#include <utility>

namespace coppice::detail {
namespace {

std::unique_ptr<behaviour_body> make_dynamic_supervisor(dynamic_supervisor_flags flags,
                                                        const extra_arguments& extra) {
    std::string name{flags.name};
    flags.name = {};
    auto make = [flags, extra](std::optional<dynamic_supervisor_server>& into) {
        into.emplace(flags, extra);
    };
    return make_body<dynamic_supervisor_server>(std::move(name), std::move(make));
}

}  // namespace

std::unique_ptr<behaviour_body> make_dynamic_child(const std::string& name,
                                                   dynamic_supervisor_flags flags,
                                                   const extra_arguments& extra) {
    if (!name.empty()) {
        flags.name = name;
    }
    return make_dynamic_supervisor(flags, extra);
}

}  // namespace coppice::detail

namespace coppice {

dynamic_supervisor::start_awaiter dynamic_supervisor::start_link(dynamic_supervisor_flags flags,
                                                                 extra_arguments extra) {
    return start_awaiter{detail::make_dynamic_supervisor(flags, extra)};
}

}  // namespace coppice
