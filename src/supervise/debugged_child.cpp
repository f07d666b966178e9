// SPDX-License-Identifier: Apache-2.0
// A child with debug options from the first message of every life.

#include <memory>
#include <utility>
#include <variant>

#include "coppice/child_spec.hpp"

namespace coppice {
namespace detail {
namespace {

class debugged_recipe final : public start_recipe {
  public:
    debugged_recipe(std::shared_ptr<const start_recipe> recipe,
                    std::shared_ptr<const debug_setup> how)
        : recipe_{std::move(recipe)}, how_{std::move(how)} {}

    begun_start begin(const std::string& name, const extra_arguments& extra) const override {
        begun_start begun = recipe_->begin(name, extra);
        std::get<std::unique_ptr<server_base>>(begun)->debug_at_start(how_);
        return begun;
    }
    std::string describe() const override { return recipe_->describe(); }
    bool takes_name() const override { return recipe_->takes_name(); }
    bool makes_server() const override { return true; }

  private:
    std::shared_ptr<const start_recipe> recipe_;
    std::shared_ptr<const debug_setup> how_;
};

}  // namespace
}  // namespace detail

start_function start_function::debugged(std::shared_ptr<const detail::debug_setup> how) const {
    if (recipe_ == nullptr || !recipe_->makes_server()) {
        throw badarg_error{describe() +
                           " is no server: only a gen_server or a supervisor has debug options"};
    }
    return start_function{std::make_shared<const detail::debugged_recipe>(recipe_, std::move(how))};
}

}  // namespace coppice
