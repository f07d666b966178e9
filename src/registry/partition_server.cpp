// SPDX-License-Identifier: Apache-2.0

#include "registry/partition_server.hpp"

#include <utility>

namespace coppice::registry_layer {

partition_server::partition_server(shared_tables shared, std::size_t number)
    : shared_{std::move(shared)}, number_{number}, self_{self()} {
    trap_exit(true);
    mine().open(self_);
}

partition_server::~partition_server() {
    mine().close(self_);
}

void partition_server::handle_call(const lock_request& m, const reply_to<std::uint64_t>& client) {
    locks_.add(m.key, client, monitor(client.client()));
}

void partition_server::handle_cast(unlock m) {
    if (const ref watching = locks_.release(m.number)) {
        demonitor(watching, demonitor_option::flush);
    }
}

void partition_server::handle_info(const exit_message& m) {
    mine().remove_all_of(m.from);
}

void partition_server::handle_info(const down_message& m) {
    locks_.end_of(m.monitor);
}

}  // namespace coppice::registry_layer

namespace coppice::detail {

registry_lock::~registry_lock() {
    if (server_) {
        server<registry_layer::partition_server>{server_}.cast(registry_layer::unlock{number_});
    }
}

/// A key has one partition here, whatever the kind of the registry.
task<registry_lock> take_registry_lock(registry_identity which, registry_lock_key key) {
    pid where;
    {
        const registry_read now{which};
        if (now) {
            const auto& partitions = now.found_->partitions;
            where = partitions[(key.key->hash >> 32U) % partitions.size()]->server();
        }
    }
    const server<registry_layer::partition_server> to{where};
    const registry_layer::lock_request asked{std::move(key)};
    auto calling = to.call(asked, no_timeout);
    const std::uint64_t number = co_await calling;
    co_return registry_lock{where, number};
}

}  // namespace coppice::detail
