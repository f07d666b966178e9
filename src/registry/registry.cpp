// SPDX-License-Identifier: Apache-2.0
// The start of a registry: a supervisor over the processes of the partitions.

#include "coppice/registry.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "process/caller.hpp"
#include "registry/directory.hpp"
#include "registry/partition_server.hpp"

namespace coppice {

std::string_view to_string(registry_keys keys) {
    switch (keys) {
        case registry_keys::unique:
            return "unique";
        case registry_keys::duplicate:
            return "duplicate";
        case registry_keys::duplicate_by_key:
            return "duplicate_by_key";
    }
    return "?";
}

registry_options::registry_options(std::string name, registry_keys keys)
    : name_{std::move(name)}, keys_{keys} {
    if (name_.empty()) {
        throw badarg_error{"a registry has a name: give one that is not empty"};
    }
}

registry_options registry_options::partitions(unsigned count) && {
    if (count == 0) {
        throw badarg_error{"a registry has at least one partition"};
    }
    partitions_ = count;
    return std::move(*this);
}

}  // namespace coppice

namespace coppice::detail {

/// Runs in the process of the supervisor, at each start. A partition of unique keys that ends takes the others
/// along, as in Elixir.
supervisor_init begin_registry(const registry_options& how, const std::type_info& key,
                               const std::type_info& value) {
    auto made = std::make_shared<registry_tables>();
    made->name = how.name();
    made->kind = how.keys();
    made->key = &key;
    made->value = &value;
    made->listeners = how.listeners();
    made->supervisor = self();
    std::vector<child_spec> servers;
    for (unsigned at = 0; at < how.partitions(); ++at) {
        made->partitions.push_back(std::make_unique<registry_partition>());
    }
    const registry_layer::shared_tables shared{made};
    for (std::size_t at = 0; at < how.partitions(); ++at) {
        servers.push_back(
            child<registry_layer::partition_server>(shared, at).id(std::to_string(at)));
    }
    registry_layer::directory::of(current_runtime()).publish(std::move(made));
    return supervisor::init(
        children(std::move(servers)),
        {.strategy = how.keys() == registry_keys::unique ? restart_strategy::one_for_all
                                                         : restart_strategy::one_for_one,
         .name = how.name()});
}

}  // namespace coppice::detail
