// SPDX-License-Identifier: Apache-2.0

#include "process/runtimes.hpp"

#include <unordered_map>
#include <utility>

#include "base/turn.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {
namespace {

class known_runtimes {
  public:
    void add(const std::shared_ptr<detail::runtime_core>& world) {
        const platform::scoped_lock lock{mutex_};
        by_node_.insert_or_assign(world->node(), world);
    }
    void remove(std::uint32_t node) noexcept {
        const platform::scoped_lock lock{mutex_};
        by_node_.erase(node);
    }
    /// Null if the runtime has ended.
    std::shared_ptr<detail::runtime_core> find(std::uint32_t node) noexcept {
        const platform::scoped_lock lock{mutex_};
        const auto found = by_node_.find(node);
        return found == by_node_.end() ? nullptr : found->second.lock();
    }
    /// Null if there are none or several.
    std::shared_ptr<detail::runtime_core> only() noexcept {
        const platform::scoped_lock lock{mutex_};
        return by_node_.size() == 1 ? by_node_.begin()->second.lock() : nullptr;
    }

  private:
    platform::mutex mutex_;
    std::unordered_map<std::uint32_t, std::weak_ptr<detail::runtime_core>> by_node_
        COPPICE_GUARDED_BY(mutex_);
};

/// Never destroyed: a thread may reply while static destructors run.
known_runtimes& all_known() {
    static auto* const known = new known_runtimes;
    return *known;
}

thread_local std::uint32_t node_here = 0;

}  // namespace

void make_known(const std::shared_ptr<detail::runtime_core>& world) {
    all_known().add(world);
}

void forget(const detail::runtime_core& world) noexcept {
    all_known().remove(world.node());
}

void deliver_through(std::uint32_t node, const pid& to, detail::signal* sent) noexcept {
    const base::without_caller here;
    if (const std::shared_ptr<detail::runtime_core> world = all_known().find(node)) {
        world->deliver(to, sent);
    } else {
        destroy_signal(sent);
    }
}

std::uint32_t exchange_node_of_thread(std::uint32_t node) noexcept {
    return std::exchange(node_here, node);
}

std::uint32_t node_of_thread() noexcept {
    return node_here;
}

std::shared_ptr<detail::runtime_core> runtime_of_thread() noexcept {
    std::shared_ptr<detail::runtime_core> world =
        node_here == 0 ? all_known().only() : all_known().find(node_here);
    const bool is_usable = world != nullptr && world->scheduler().may_be_used_here() &&
                           (node_here != 0 || !world->chosen().simulated);
    return is_usable ? world : nullptr;
}

}  // namespace coppice::process_layer
