// SPDX-License-Identifier: Apache-2.0

#include "process/name_table.hpp"

#include <algorithm>

namespace coppice::detail {

pid name_table::find(std::string_view name) const noexcept {
    const name_key key{name};
    return names_[shard_of(key)].find(key);
}

std::string name_table::name_of(const pid& who) const {
    const holder_shard& holders = holders_[shard_of(who)];
    const std::scoped_lock lock{holders.mutex};
    const name_record* const held = holders.index.find(who);
    return held == nullptr ? std::string{} : held->name();
}

name_table::result name_table::give(std::string_view name, const pid& who) {
    const name_key key{name};
    holder_shard& holders = holders_[shard_of(who)];
    name_index& names = names_[shard_of(key)];
    const std::scoped_lock holders_lock{holders.mutex};
    const std::scoped_lock names_lock{names.mutex};
    if (names.record_of(key)) {
        return result::name_taken;
    }
    if (holders.index.contains(who)) {
        return result::already_named;
    }
    holders.index.insert(who, names.insert(key, who));
    return result::ok;
}

pid name_table::take(std::string_view name) {
    const name_key key{name};
    name_index& names = names_[shard_of(key)];
    for (;;) {
        const pid who = names.find(key);
        if (!who) {
            return {};
        }
        holder_shard& holders = holders_[shard_of(who)];
        const std::scoped_lock holders_lock{holders.mutex};
        const std::scoped_lock names_lock{names.mutex};
        const name_record held = names.record_of(key);
        if (held && held.who() == who) {  // else it changed hands meanwhile
            names.erase(key);
            holders.index.erase(who);
            return who;
        }
    }
}

std::string name_table::take_from(const pid& who) {
    holder_shard& holders = holders_[shard_of(who)];
    const std::scoped_lock holders_lock{holders.mutex};
    const name_record* const held = holders.index.find(who);
    if (held == nullptr) {
        return {};
    }
    std::string name = held->name();
    const name_key key{name};
    name_index& names = names_[shard_of(key)];
    const std::scoped_lock names_lock{names.mutex};
    names.erase(key);
    holders.index.erase(who);
    return name;
}

std::vector<std::string> name_table::all() const {
    std::vector<std::string> out;
    for (const name_index& each : names_) {
        const std::scoped_lock lock{each.mutex};
        each.list(out);
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace coppice::detail
