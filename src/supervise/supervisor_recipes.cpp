// SPDX-License-Identifier: Apache-2.0
// The makers of supervisors, which start functions call.

#include "supervise/supervisor_server.hpp"

#include <utility>

namespace coppice::detail {
namespace {

class given_init final : public init_recipe {
  public:
    given_init(child_list children, const supervisor_flags& flags)
        : given_{std::move(children), flags} {}
    supervisor_init run() override { return std::move(given_); }
    std::string describe() const override { return "supervisor"; }

  private:
    supervisor_init given_;
};

}  // namespace

std::unique_ptr<server_base> make_supervisor(std::unique_ptr<init_recipe> init, std::string name) {
    auto make = [init = std::move(init), name](std::optional<supervisor_server>& into) mutable {
        into.emplace(std::move(init), std::move(name));
    };
    return std::make_unique<server_body_of<supervisor_server, decltype(make)>>(std::move(name),
                                                                               std::move(make));
}

std::unique_ptr<server_base> make_supervisor(child_list children, const supervisor_flags& flags) {
    std::string name{flags.name};
    return make_supervisor(std::make_unique<given_init>(std::move(children), flags),
                           std::move(name));
}

begun_start tree_recipe::begin(const std::string& name, const extra_arguments&) const {
    supervisor_flags flags = flags_;
    if (!name.empty()) {
        flags.name = name;
    }
    return make_supervisor(children_, flags);
}

}  // namespace coppice::detail
