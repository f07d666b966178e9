// SPDX-License-Identifier: Apache-2.0

#include "registry/key_locks.hpp"

#include <algorithm>

namespace coppice::registry_layer {

void key_locks::add(const detail::registry_lock_key& key, const reply_to<std::uint64_t>& client,
                    ref watching) {
    std::deque<waiting>& processes = queue_of(key)->second.processes;
    processes.push_back({++last_number_, client, watching});
    if (processes.size() == 1) {
        client(last_number_);
    }
}

ref key_locks::release(std::uint64_t number) {
    return remove([&](const waiting& each) { return each.number == number; });
}

void key_locks::end_of(ref watching) {
    remove([&](const waiting& each) { return each.watching == watching; });
}

key_locks::queues::iterator key_locks::queue_of(const detail::registry_lock_key& key) {
    const std::size_t hash = key.key->hash;
    const auto [begin, end] = queues_.equal_range(hash);
    const auto found = std::find_if(
        begin, end, [&](const auto& each) { return key.same(*each.second.key.key, *key.key); });
    return found != end ? found : queues_.emplace(hash, queue{key, {}});
}

template <class Goes>
ref key_locks::remove(Goes goes) {
    for (auto each = queues_.begin(); each != queues_.end(); ++each) {
        std::deque<waiting>& processes = each->second.processes;
        const auto found = std::find_if(processes.begin(), processes.end(), goes);
        if (found == processes.end()) {
            continue;
        }
        const ref watching = found->watching;
        const bool held = found == processes.begin();
        processes.erase(found);
        if (processes.empty()) {
            queues_.erase(each);
        } else if (held) {
            processes.front().client(processes.front().number);
        }
        return watching;
    }
    return {};
}

}  // namespace coppice::registry_layer
