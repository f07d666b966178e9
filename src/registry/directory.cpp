// SPDX-License-Identifier: Apache-2.0

#include "registry/directory.hpp"

#include <functional>
#include <utility>

#include "base/turn.hpp"
#include "process/runtime_core.hpp"

namespace coppice::registry_layer {

directory::~directory() {
    const base::without_caller_outside here;  // destroys keys and values of users
    for (bucket& each : buckets_) {
        named* left = each.load();
        while (left != nullptr) {
            delete left->now.load();
            delete std::exchange(left, left->older);
        }
    }
}

directory& directory::of(detail::runtime_core& world) {
    return world.extended().get<directory>();
}

const detail::registry_tables* directory::find(std::string_view name) const noexcept {
    const named* const found = find_in(buckets_[bucket_of(name)], name);
    return found == nullptr ? nullptr : found->now.load()->tables.get();
}

void directory::publish(std::shared_ptr<const detail::registry_tables> made) {
    const std::scoped_lock lock{mutex_};
    const std::string& name = made->name;
    bucket& where = buckets_[bucket_of(name)];
    auto shown = std::make_unique<published>(std::move(made));
    if (named* const known = find_in(where, shown->tables->name)) {
        retired_.add(known->now.exchange(shown.release()));
        retired_objects::destroy(retired_.take_unread());
        return;
    }
    auto added = std::make_unique<named>(name, nullptr, where.load());
    added->now.store(shown.release());
    where.store(added.release());
}

std::size_t directory::bucket_of(std::string_view name) noexcept {
    return std::hash<std::string_view>{}(name) % bucket_count;
}

directory::named* directory::find_in(const bucket& where, std::string_view name) const noexcept {
    named* each = where.load();
    while (each != nullptr && each->name != name) {
        each = each->older;
    }
    return each;
}

}  // namespace coppice::registry_layer
