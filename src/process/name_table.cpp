// SPDX-License-Identifier: Apache-2.0

#include "process/name_table.hpp"

#include <algorithm>

namespace coppice::detail {

pid name_table::find(std::string_view name) const {
    const name_shard& shard = names_[shard_of(name)];
    const std::shared_lock lock{shard.mutex};
    const auto found = shard.names.find(name);
    return found == shard.names.end() ? pid{} : found->second;
}

std::string name_table::name_of(const pid& who) const {
    const holder_shard& shard = holders_[shard_of(who)];
    const std::shared_lock lock{shard.mutex};
    const auto found = shard.holders.find(who);
    return found == shard.holders.end() ? std::string{} : found->second;
}

name_table::result name_table::give(std::string_view name, const pid& who) {
    holder_shard& holders = holders_[shard_of(who)];
    name_shard& names = names_[shard_of(name)];
    const std::unique_lock holders_lock{holders.mutex};
    const std::unique_lock names_lock{names.mutex};
    if (names.names.contains(name)) {
        return result::name_taken;
    }
    if (!holders.holders.try_emplace(who, name).second) {
        return result::already_named;
    }
    names.names.emplace(name, who);
    return result::ok;
}

pid name_table::take(std::string_view name) {
    name_shard& names = names_[shard_of(name)];
    for (;;) {
        const pid who = find(name);
        if (!who) {
            return {};
        }
        holder_shard& holders = holders_[shard_of(who)];
        const std::unique_lock holders_lock{holders.mutex};
        const std::unique_lock names_lock{names.mutex};
        const auto found = names.names.find(name);
        if (found != names.names.end() &&
            found->second == who) {  // else it changed hands meanwhile
            names.names.erase(found);
            holders.holders.erase(who);
            return who;
        }
    }
}

std::string name_table::take_from(const pid& who) {
    holder_shard& holders = holders_[shard_of(who)];
    const std::unique_lock holders_lock{holders.mutex};
    const auto found = holders.holders.find(who);
    if (found == holders.holders.end()) {
        return {};
    }
    std::string name = std::move(found->second);
    holders.holders.erase(found);
    name_shard& names = names_[shard_of(name)];
    const std::unique_lock names_lock{names.mutex};
    names.names.erase(name);
    return name;
}

std::vector<std::string> name_table::all() const {
    std::vector<std::string> out;
    for (const name_shard& each : names_) {
        const std::shared_lock lock{each.mutex};
        for (const auto& [name, who] : each.names) {
            out.push_back(name);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace coppice::detail
