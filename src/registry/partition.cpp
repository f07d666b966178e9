// SPDX-License-Identifier: Apache-2.0

#include "registry/partition.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

constexpr std::size_t cells_min = 16;

/// In the cell of a removed key.
registry_key* mark() noexcept {
    static registry_key removed{0};
    return &removed;
}

}  // namespace

/// Holds the lock. Retired objects are destroyed after the lock is released.
class registry_partition::write {
  public:
    explicit write(registry_partition& to) : to_{to} { to_.mutex_.lock(); }
    write(const write&) = delete;
    write& operator=(const write&) = delete;
    ~write() {
        retirable* const unread = to_.retired_.take_unread();
        to_.mutex_.unlock();
        registry_layer::retired_objects::destroy(unread);
    }

  private:
    registry_partition& to_;
};

registry_partition::~registry_partition() {
    close(server_);
    delete cells_.load();
}

const registry_key* registry_partition::find(const registry_probe& asked) const {
    const cells* const used = cells_.load();
    if (used == nullptr) {
        return nullptr;
    }
    for (std::size_t at = asked.hash;; ++at) {  // the array has free cells
        const registry_key* const each = used->keys[at & used->mask].load();
        if (each == nullptr) {
            return nullptr;
        }
        if (each->hash == asked.hash && each != mark() && asked.is(*each, asked.key)) {
            return each;
        }
    }
}

void registry_partition::visit(void* to, void (*seen)(void*, const registry_key&)) const {
    const cells* const used = cells_.load();
    for (std::size_t at = 0; used != nullptr && at <= used->mask; ++at) {
        const registry_key* const each = used->keys[at].load();
        if (each != nullptr && each != mark()) {
            seen(to, *each);
        }
    }
}

void registry_partition::visit_owner(const pid& who, void* to,
                                     void (*seen)(void*, const registry_entry&)) const {
    const std::scoped_lock lock{mutex_};
    const auto found = owners_.find(who);
    const registry_entry* each = found == owners_.end() ? nullptr : found->second;
    for (; each != nullptr; each = each->next_of_owner) {
        seen(to, *each);
    }
}

pid registry_partition::server() const {
    const std::scoped_lock lock{mutex_};
    return server_;
}

void registry_partition::open(const pid& server) {
    const write now{*this};
    server_ = server;
}

void registry_partition::close(const pid& server) noexcept {
    const write now{*this};
    if (server_ != server) {
        return;
    }
    while (!owners_.empty()) {
        remove_entry(*owners_.begin()->second);
    }
    server_ = {};
}

registry_grant registry_partition::insert(const insertion& how, std::unique_ptr<registry_key> key,
                                          std::unique_ptr<registry_entry> entry) {
    const write now{*this};
    if (server_ != how.server) {
        return {};
    }
    registry_key* found = find_to_change(how.asked);
    if (found != nullptr && how.is_unique) {
        registry_entry& held = *found->first.load();
        if (how.world.is_open(held.owner)) {
            return {.server = {}, .holder = held.owner};
        }
        remove_entry(held);
        found = nullptr;
    }
    if (found == nullptr) {
        make_room();
    }
    registry_entry*& of_owner = owners_[entry->owner];
    if (found == nullptr) {
        append(*key, *entry.release(), of_owner);
        used_ += put(*cells_.load(), key.release()) ? 1U : 0U;
        ++keys_;
    } else {
        append(*found, *entry.release(), of_owner);
    }
    return {.server = server_, .holder = {}};
}

void registry_partition::remove(const registry_probe& asked, const pid& owner, void* context,
                                bool (*goes)(void*, const registry_entry&)) {
    const write now{*this};
    const registry_key* const found = find_to_change(asked);
    registry_entry* next = found == nullptr ? nullptr : found->first.load();
    while (next != nullptr) {
        registry_entry& each = *std::exchange(next, next->next.load());
        if (each.owner == owner && goes(context, each)) {
            remove_entry(each);
        }
    }
}

void registry_partition::remove_all_of(const pid& owner) noexcept {
    const write now{*this};
    for (auto found = owners_.find(owner); found != owners_.end(); found = owners_.find(owner)) {
        remove_entry(*found->second);
    }
}

bool registry_partition::remove_one(const registry_probe& asked, const pid& owner) {
    const write now{*this};
    const registry_key* const found = find_to_change(asked);
    registry_entry* each = found == nullptr ? nullptr : found->first.load();
    while (each != nullptr && each->owner != owner) {
        each = each->next.load();
    }
    if (each == nullptr) {
        return false;
    }
    remove_entry(*each);
    return true;
}

bool registry_partition::replace(const registry_probe& asked, const pid& owner,
                                 std::unique_ptr<registry_entry> entry) {
    const write now{*this};
    registry_key* const found = find_to_change(asked);
    registry_entry* const held = found == nullptr ? nullptr : found->first.load();
    if (held == nullptr || held->owner != owner) {
        return false;
    }
    // The key is unique, so the entry is the only one.
    registry_entry& added = *entry.release();
    registry_entry*& of_owner = owners_[owner];
    added.key = found;
    added.next_of_owner = std::exchange(of_owner, &added);
    added.next_of_owner->before_of_owner = &added;
    found->last = &added;
    found->first.store(&added);
    leave_owner(*held);
    retired_.add(held);
    return true;
}

bool registry_partition::has_owner(const pid& who) const {
    const std::scoped_lock lock{mutex_};
    return owners_.contains(who);
}

/// A mark may be reused: a reader that has passed the cell already began before the key was added.
bool registry_partition::put(const cells& into, registry_key* added) noexcept {
    std::size_t at = added->hash;
    const auto is_taken = [](const registry_key* held) {
        return held != nullptr && held != mark();
    };
    while (is_taken(into.keys[at & into.mask].load())) {
        ++at;
    }
    const bool was_free = into.keys[at & into.mask].load() == nullptr;
    into.keys[at & into.mask].store(added);
    return was_free;
}

registry_key* registry_partition::find_to_change(const registry_probe& asked) const {
    return const_cast<registry_key*>(find(asked));
}

/// At least half of the cells are free, so that a probe is short. Marks that no key reuses go with the
/// array.
void registry_partition::make_room() {
    cells* const old = cells_.load();
    if (old != nullptr && 2 * (used_ + 1) <= old->mask + 1) {
        return;
    }
    const std::size_t size = std::bit_ceil(std::max(cells_min, 4 * (keys_ + 1)));
    auto made = std::make_unique<cells>(size);
    for (std::size_t at = 0; old != nullptr && at <= old->mask; ++at) {
        registry_key* const each = old->keys[at].load();
        if (each != nullptr && each != mark()) {
            put(*made, each);
        }
    }
    used_ = keys_;
    cells_.store(made.release());
    if (old != nullptr) {
        retired_.add(old);
    }
}

void registry_partition::append(registry_key& to, registry_entry& added,
                                registry_entry*& of_owner) noexcept {
    added.key = &to;
    added.next_of_owner = std::exchange(of_owner, &added);
    if (added.next_of_owner != nullptr) {
        added.next_of_owner->before_of_owner = &added;
    }
    added.older = std::exchange(to.last, &added);
    (added.older == nullptr ? to.first : added.older->next).store(&added);
}

void registry_partition::remove_entry(registry_entry& gone) noexcept {
    registry_key& key = *gone.key;
    registry_entry* const younger = gone.next.load();
    (gone.older == nullptr ? key.first : gone.older->next).store(younger);
    (younger == nullptr ? key.last : younger->older) = gone.older;
    leave_owner(gone);
    retired_.add(&gone);
    if (key.last == nullptr) {
        remove_key(key);
    }
}

void registry_partition::remove_key(registry_key& gone) noexcept {
    const cells& used = *cells_.load();
    std::size_t at = gone.hash;
    while (used.keys[at & used.mask].load() != &gone) {
        ++at;
    }
    used.keys[at & used.mask].store(mark());
    --keys_;
    retired_.add(&gone);
}

void registry_partition::leave_owner(registry_entry& gone) noexcept {
    if (gone.next_of_owner != nullptr) {
        gone.next_of_owner->before_of_owner = gone.before_of_owner;
    }
    if (gone.before_of_owner != nullptr) {
        gone.before_of_owner->next_of_owner = gone.next_of_owner;
    } else if (gone.next_of_owner != nullptr) {
        owners_.find(gone.owner)->second = gone.next_of_owner;
    } else {
        owners_.erase(gone.owner);
    }
}

}  // namespace coppice::detail
