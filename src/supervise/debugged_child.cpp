// SPDX-License-Identifier: Apache-2.0
// A child with debug options from the first message of every life.

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "coppice/child_spec.hpp"

namespace coppice {
start_function start_function::debugged(std::shared_ptr<const detail::debug_setup> how) const {
    if (recipe_ == nullptr || !recipe_->makes_server()) {
        throw badarg_error{describe() +
                           " is no server: only a gen_server or a supervisor has debug options"};
    }
    auto begin = [recipe = recipe_, how = std::move(how)](const std::string& name,
                                                          const extra_arguments& extra) {
        detail::begun_start begun = recipe->begin(name, extra);
        auto server = std::get<std::unique_ptr<detail::behaviour_body>>(std::move(begun));
        server->debug_at_start(how);
        return server;
    };
    return start_function{detail::make_start_recipe(
        [recipe = recipe_] { return recipe->describe(); }, std::move(begin))};
}

}  // namespace coppice
