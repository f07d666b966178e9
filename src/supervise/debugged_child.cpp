// SPDX-License-Identifier: Apache-2.0
// A child with debug options, with a key of a registry, or with a limit on its mailbox, in every life.

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "coppice/child_spec.hpp"

namespace coppice {
namespace {

using recipe_ref = std::shared_ptr<const detail::start_recipe>;

/// The same start, but `change(server)` runs before the server does.
template <class Change>
start_function changed(const recipe_ref& recipe, Change change) {
    auto begin = [recipe, change = std::move(change)](const std::string& name,
                                                      const extra_arguments& extra) {
        detail::begun_start begun = recipe->begin(name, extra);
        auto server = std::get<std::unique_ptr<detail::behaviour_body>>(std::move(begun));
        change(*server);
        return server;
    };
    return start_function{
        detail::make_start_recipe([recipe] { return recipe->describe(); }, std::move(begin))};
}

}  // namespace

start_function start_function::debugged(std::shared_ptr<const detail::debug_setup> how) const {
    if (recipe_ == nullptr || !recipe_->makes_server()) {
        throw badarg_error{describe() +
                           " is no server: only a gen_server or a supervisor has debug options"};
    }
    return changed(recipe_, [how = std::move(how)](detail::behaviour_body& server) {
        server.debug_at_start(how);
    });
}

start_function start_function::named(const address& where) const {
    if (recipe_ == nullptr || !recipe_->makes_server()) {
        throw badarg_error{describe() + " is no server: a function registers itself under a key"};
    }
    if (!where.is_via()) {
        throw badarg_error{"a child is named by a name or by a key of a registry, not by " +
                           to_string(where)};
    }
    return changed(recipe_,
                   [where](detail::behaviour_body& server) { server.take_at_start(where); });
}

start_function start_function::limited(const mailbox_limit& chosen) const {
    detail::checked(chosen);
    if (recipe_ == nullptr || !recipe_->takes_name()) {
        throw badarg_error{describe() + " has a custom start, which sets the limit of the mailbox"};
    }
    if (recipe_->makes_server()) {
        return changed(recipe_,
                       [chosen](detail::behaviour_body& server) { server.limit_at_start(chosen); });
    }
    auto begin = [recipe = recipe_, chosen](const std::string& name, const extra_arguments& extra) {
        const detail::limit_of_next_child limited{chosen};
        return recipe->begin(name, extra);
    };
    return start_function{detail::make_start_recipe(
        [recipe = recipe_] { return recipe->describe(); }, std::move(begin))};
}

}  // namespace coppice
