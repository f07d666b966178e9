// SPDX-License-Identifier: Apache-2.0
// The makers of supervisors, and the start functions of children that are supervisors.

#include "supervise/supervisor_server.hpp"

#include <utility>

namespace coppice::detail {

std::unique_ptr<behaviour_body> make_supervisor(std::unique_ptr<const init_recipe> init,
                                                address name) {
    auto make = [init = std::move(init), shown = name.is_via() ? to_string(name) : name.name()](
                    std::optional<supervisor_server>& into) mutable {
        into.emplace(std::move(init), std::move(shown));
    };
    return make_body<supervisor_server>(std::move(name), std::move(make));
}

std::unique_ptr<behaviour_body> make_supervisor(child_list children,
                                                const supervisor_flags& flags) {
    std::string name{flags.name};
    auto describe = [] { return "supervisor"; };
    auto begin = [given = supervisor_init{std::move(children), flags}]() mutable {
        return std::move(given);
    };
    using made = recipe<init_recipe, decltype(describe), decltype(begin)>;
    return make_supervisor(std::make_unique<const made>(describe, std::move(begin)),
                           std::move(name));
}

namespace {

/// A supervisor with the name of a child, or else with the name in `flags`.
std::unique_ptr<behaviour_body> make_child_supervisor(const std::string& name,
                                                      const child_list& children,
                                                      supervisor_flags flags) {
    if (!name.empty()) {
        flags.name = name;
    }
    return make_supervisor(children, flags);
}

}  // namespace
}  // namespace coppice::detail

namespace coppice {

child_spec child_supervisor(std::string_view id, child_list children, supervisor_flags flags) {
    auto begin = [children = std::move(children), flags](const std::string& name,
                                                         const extra_arguments&) {
        return detail::make_child_supervisor(name, children, flags);
    };
    child_spec spec{std::string{id}, start_function{detail::make_start_recipe(
                                         [] { return "supervisor"; }, std::move(begin))}};
    spec.type(child_type::supervisor);
    return spec;
}

}  // namespace coppice
