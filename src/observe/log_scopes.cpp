// SPDX-License-Identifier: Apache-2.0

#include "observe/log_scopes.hpp"

#include <algorithm>
#include <type_traits>

namespace coppice::observe {

constinit std::atomic<bool> levels_are_set{false};

namespace {

/// `shop` covers `shop` and `shop.payments`, but not `shopping`. The empty prefix covers all modules.
bool covers(std::string_view prefix, std::string_view module) noexcept {
    return module.starts_with(prefix) &&
           (prefix.empty() || module.size() == prefix.size() || module[prefix.size()] == '.');
}

}  // namespace

template <class Change>
void log_scopes::change(const pid& who, Change change) {
    shard& mine = shards_[who.index() % shard_count];
    const platform::scoped_lock lock{mine.mutex};
    entry& changed = mine.entries[who.index()];
    if (changed.generation != who.generation()) {
        changed = {who.generation(), std::nullopt, {}};
    }
    change(changed);
    if (!changed.level && changed.fields.empty()) {
        mine.entries.erase(who.index());
    }
}

template <class Read>
auto log_scopes::look(const pid& who, Read read) const {
    using result = std::invoke_result_t<Read, const entry&>;
    const shard& mine = shard_of(who);
    const platform::scoped_lock lock{mine.mutex};
    const auto found = mine.entries.find(who.index());
    return found == mine.entries.end() || found->second.generation != who.generation()
               ? result{}
               : read(found->second);
}

void log_scopes::set_module_level(std::string_view prefix, std::optional<report_level> level) {
    const platform::scoped_lock lock{mutex_};
    std::erase_if(modules_, [&](const auto& each) { return each.first == prefix; });
    if (level) {
        const auto at = std::ranges::find_if(
            modules_, [&](const auto& each) { return each.first.size() <= prefix.size(); });
        modules_.emplace(at, std::string{prefix}, *level);
        levels_are_set.store(true, std::memory_order_relaxed);
    }
}

std::optional<report_level> log_scopes::module_level(std::string_view module) const {
    const platform::scoped_lock lock{mutex_};
    const auto found = std::ranges::find_if(
        modules_, [&](const auto& each) { return covers(each.first, module); });
    return found == modules_.end() ? std::nullopt : std::optional{found->second};
}

void log_scopes::set_process_level(const pid& who, std::optional<report_level> level) {
    change(who, [&](entry& changed) { changed.level = level; });
    if (level) {
        levels_are_set.store(true, std::memory_order_relaxed);
    }
}

std::optional<report_level> log_scopes::process_level(const pid& who) const {
    return look(who, [](const entry& seen) { return seen.level; });
}

std::optional<report_level> log_scopes::level_of(const pid& who, std::string_view module) const {
    std::optional<report_level> out = who ? process_level(who) : std::nullopt;
    return out || module.empty() ? out : module_level(module);
}

void log_scopes::add_metadata(const pid& who, std::vector<log_field> fields) {
    change(who, [&](entry& changed) {
        for (log_field& each : fields) {
            const auto found = std::ranges::find(changed.fields, each.key, &log_field::key);
            if (found == changed.fields.end()) {
                changed.fields.push_back(std::move(each));
            } else {
                found->value = std::move(each.value);
            }
        }
    });
}

void log_scopes::remove_metadata(const pid& who, std::string_view key) {
    change(who, [&](entry& changed) {
        std::erase_if(changed.fields, [&](const log_field& each) { return each.key == key; });
    });
}

void log_scopes::reset_metadata(const pid& who) {
    change(who, [](entry& changed) { changed.fields.clear(); });
}

std::vector<log_field> log_scopes::metadata(const pid& who) const {
    return look(who, [](const entry& seen) { return seen.fields; });
}

}  // namespace coppice::observe
