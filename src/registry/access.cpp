// SPDX-License-Identifier: Apache-2.0
// Reads and writes of a registry, as the templates of the headers call them.

#include <string>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/registry_options.hpp"
#include "process/caller.hpp"
#include "registry/directory.hpp"

namespace coppice::detail {
namespace {

/// Null if no living registry has the name.
const registry_tables* living_registry(runtime_core& world, const std::string& name) {
    const registry_tables* const found = registry_layer::directory::of(world).find(name);
    return found != nullptr && world.is_open(found->supervisor) ? found : nullptr;
}

bool has_types(const registry_tables& found, const registry_identity& asked) noexcept {
    return *found.key == *asked.key && *found.value == *asked.value;
}

}  // namespace

registry_read::registry_read(const registry_identity& which)
    : world_{process_layer::runtime_of_caller()} {
    if (world_ == nullptr) {
        return;
    }
    found_ = living_registry(*world_, which.name);
    if (found_ == nullptr) {
        throw badarg_error{"unknown registry or scope: \"" + which.name + "\""};
    }
    if (!has_types(*found_, which)) {
        throw badarg_error{"the registry \"" + which.name +
                           "\" was started with other types of keys or values"};
    }
}

registry_read::registry_read(runtime_core& world, const registry_identity& which)
    : world_{&world}, found_{living_registry(world, which.name)} {
    if (found_ != nullptr && !has_types(*found_, which)) {
        found_ = nullptr;
    }
}

registry_read::~registry_read() = default;

registry_keys registry_read::kind() const noexcept {
    return found_->kind;
}

bool registry_read::lives(const registry_entry& each) const noexcept {
    return world_->is_open(each.owner);
}

const registry_entry* registry_read::first(unsigned partition, const registry_probe& asked) const {
    const registry_key* const found = found_->partitions[partition]->find(asked);
    return found == nullptr ? nullptr : found->first.load();
}

// The low bits of the hash choose the cell in the partition.
registry_read::range registry_read::partitions_of(std::size_t hash) const noexcept {
    const auto count = static_cast<unsigned>(found_->partitions.size());
    if (found_->kind == registry_keys::duplicate) {
        return {0, count};
    }
    const auto at = static_cast<unsigned>((hash >> 32U) % count);
    return {at, at + 1};
}

registry_partition& registry_read::partition_of_caller(std::size_t hash) const {
    const unsigned at = found_->kind == registry_keys::duplicate
                            ? self().index() % static_cast<unsigned>(found_->partitions.size())
                            : partitions_of(hash).begin;
    return *found_->partitions[at];
}

void registry_read::visit(void* to, void (*seen)(void*, const registry_key&)) const {
    for (const auto& each : found_->partitions) {
        each->visit(to, seen);
    }
}

void registry_read::visit_owner(const pid& who, void* to,
                                void (*seen)(void*, const registry_entry&)) const {
    if (!world_->is_open(who)) {
        return;
    }
    for (const auto& each : found_->partitions) {
        each->visit_owner(who, to, seen);
    }
}

/// The link comes first: if the process ends in between, the server of the partition hears of it.
registry_grant registry_read::add(const registry_probe& asked, std::unique_ptr<registry_key> key,
                                  std::unique_ptr<registry_entry> entry) const {
    registry_partition& where = partition_of_caller(asked.hash);
    const pid me = self();
    const pid server = where.server();
    if (!server) {
        throw noproc_error{"a partition of the registry \"" + found_->name + "\" has ended"};
    }
    link(server);
    entry->owner = me;
    const registry_grant given =
        where.insert({asked, server, found_->kind == registry_keys::unique, *world_},
                     std::move(key), std::move(entry));
    if (!given.server) {
        if (!where.has_owner(me)) {
            unlink(server);
        }
        if (!given.holder) {
            throw noproc_error{"a partition of the registry \"" + found_->name + "\" has ended"};
        }
    } else if (!world_->is_open(me)) {
        where.remove_all_of(
            me);  // declared dead meanwhile: the server may have heard of it already
    }
    return given;
}

void registry_read::remove(const registry_probe& asked, void* context,
                           bool (*goes)(void*, const registry_entry&)) const {
    registry_partition& where = partition_of_caller(asked.hash);
    const pid me = self();
    where.remove(asked, me, context, goes);
    if (!where.has_owner(me)) {
        unlink(where.server());
    }
}

bool registry_read::replace(const registry_probe& asked,
                            std::unique_ptr<registry_entry> entry) const {
    entry->owner = self();
    return partition_of_caller(asked.hash).replace(asked, self(), std::move(entry));
}

void registry_read::add_for(const pid& owner, const registry_probe& asked,
                            std::unique_ptr<registry_key> key,
                            std::unique_ptr<registry_entry> entry) const {
    entry->owner = owner;
    found_->partitions[partitions_of(asked.hash).begin]->insert({asked, self(), false, *world_},
                                                                std::move(key), std::move(entry));
}

bool registry_read::remove_one_of(const pid& owner, const registry_probe& asked) const {
    return found_->partitions[partitions_of(asked.hash).begin]->remove_one(asked, owner);
}

void registry_read::tell(void* context, void (*told)(void*, const pid&)) const {
    for (const std::string& each : found_->listeners) {
        if (const pid listener = whereis(each)) {
            told(context, listener);
        }
    }
}

}  // namespace coppice::detail
