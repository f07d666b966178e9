// SPDX-License-Identifier: Apache-2.0
// The makers of supervisors, which start functions call.

#include "supervise/supervisor_server.hpp"

#include <utility>

namespace coppice::detail {

std::unique_ptr<behaviour_body> make_supervisor(std::unique_ptr<const init_recipe> init,
                                                std::string name) {
    auto make = [init = std::move(init), name](std::optional<supervisor_server>& into) mutable {
        into.emplace(std::move(init), std::move(name));
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

std::unique_ptr<behaviour_body> make_child_supervisor(const std::string& name,
                                                      const child_list& children,
                                                      supervisor_flags flags) {
    if (!name.empty()) {
        flags.name = name;
    }
    return make_supervisor(children, flags);
}

}  // namespace coppice::detail
