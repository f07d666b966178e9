// SPDX-License-Identifier: Apache-2.0
// The makers of dynamic supervisors, and the start function of children that are dynamic supervisors.

#include "supervise/dynamic_supervisor_server.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coppice::detail {

std::unique_ptr<behaviour_body> make_dynamic_supervisor(dynamic_supervisor_flags flags,
                                                        const extra_arguments& extra) {
    std::string name{flags.name};
    flags.name = {};
    auto make = [flags, extra](std::optional<supervise::dynamic_supervisor_server>& into) {
        into.emplace(flags, extra);
    };
    return make_body<supervise::dynamic_supervisor_server>(std::move(name), std::move(make));
}

namespace {

/// A dynamic supervisor with the name of a child, or else with the name in `flags`.
std::unique_ptr<behaviour_body> make_dynamic_child(const std::string& name,
                                                   dynamic_supervisor_flags flags,
                                                   const extra_arguments& extra) {
    if (!name.empty()) {
        flags.name = name;
    }
    return make_dynamic_supervisor(flags, extra);
}

}  // namespace

child_spec child_maker<dynamic_supervisor>::make(const dynamic_supervisor_flags& flags,
                                                 const extra_arguments& extra) {
    return dynamic_supervisor_child("dynamic_supervisor", flags, extra);
}

child_spec dynamic_supervisor_child(std::string_view kind, const dynamic_supervisor_flags& flags,
                                    const extra_arguments& extra) {
    auto begin = [flags, extra](const std::string& name, const extra_arguments&) {
        return make_dynamic_child(name, flags, extra);
    };
    child_spec spec{
        std::string{flags.name.empty() ? kind : std::string_view{flags.name}},
        start_function{make_start_recipe([kind] { return std::string{kind}; }, std::move(begin))}};
    spec.type(child_type::supervisor);
    return spec;
}

}  // namespace coppice::detail

namespace coppice {

dynamic_supervisor::start_awaiter dynamic_supervisor::start_link(dynamic_supervisor_flags flags,
                                                                 extra_arguments extra) {
    return start_awaiter{detail::make_dynamic_supervisor(flags, extra)};
}

}  // namespace coppice
