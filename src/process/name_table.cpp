// SPDX-License-Identifier: Apache-2.0

#include "process/name_table.hpp"

#include <algorithm>

namespace coppice::process_layer {

pid name_table::find(std::string_view name) const noexcept {
    const name_key key{name};
    return names_[shard_of(key)].find(key);
}

std::string name_table::name_of(const pid& who) const {
    const holder_shard& holders = holders_[shard_of(who)];
    const std::scoped_lock lock{holders.mutex};
    const held_name* const held = holders.index.find(who);
    return held == nullptr ? std::string{} : held->record.name();
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
    const name_record added = names.insert(key, who);
    try {
        holders.index.insert(who, {added, key.hash()});
    } catch (...) {
        names.erase(added, key.hash());
        throw;
    }
    return result::ok;
}

pid name_table::take(std::string_view name) noexcept {
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
        if (held && held.who() == who) {  // else the name changed hands meanwhile
            names.erase(held, key.hash());
            holders.index.erase(who);
            return who;
        }
    }
}

bool name_table::take_from(const pid& who) noexcept {
    holder_shard& holders = holders_[shard_of(who)];
    const std::scoped_lock holders_lock{holders.mutex};
    const held_name* const held = holders.index.find(who);
    if (held == nullptr) {
        return false;
    }
    name_index& names = names_[shard_of(held->hash)];
    const std::scoped_lock names_lock{names.mutex};
    names.erase(held->record, held->hash);
    holders.index.erase(who);
    return true;
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

std::size_t name_table::holder_count() const noexcept {
    std::size_t sum = 0;
    for (const holder_shard& each : holders_) {
        const std::scoped_lock lock{each.mutex};
        sum += each.index.size();
    }
    return sum;
}

}  // namespace coppice::process_layer
