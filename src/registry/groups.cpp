// SPDX-License-Identifier: Apache-2.0
// The table of a scope: one partition, whose process is the scope's.

#include <memory>
#include <string>
#include <utility>

#include "coppice/process_groups.hpp"
#include "process/caller.hpp"
#include "registry/directory.hpp"

namespace coppice::detail {

opened_groups::opened_groups(const std::string& scope, const std::type_info& group)
    : server_{self()} {
    auto made = std::make_shared<registry_tables>();
    made->name = scope;
    made->kind = registry_keys::duplicate_by_key;
    made->key = &group;
    made->value = &typeid(group_membership);
    made->supervisor = server_;
    made->partitions.push_back(std::make_unique<registry_partition>());
    made->partitions.front()->open(server_);
    registry_layer::directory::of(current_runtime()).publish(made);
    tables_ = std::move(made);
}

opened_groups::~opened_groups() {
    tables_->partitions.front()->close(server_);
}

void require_local(const std::vector<pid>& processes) {
    const pid me = self();
    for (const pid& each : processes) {
        if (each.node() != me.node()) {
            throw badarg_error{"a process joins the groups of its own node: " + to_string(each) +
                               " is of another"};
        }
    }
}

}  // namespace coppice::detail
