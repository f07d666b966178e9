// SPDX-License-Identifier: Apache-2.0
// Objects that the layers above keep for a runtime, one of each class. An object lives as long as the
// runtime's core, and longer than the processes.
//
// Threads    Any.

#pragma once

#include <algorithm>
#include <memory>
#include <typeinfo>
#include <utility>
#include <vector>

#include "platform/guarded.hpp"

namespace coppice::detail {

class extensions {
  public:
    /// Made by the first call.
    template <class T>
    T& get() {
        const platform::scoped_lock lock{mutex_};
        const auto found =
            std::ranges::find_if(held_, [](const auto& each) { return *each.first == typeid(T); });
        if (found != held_.end()) {
            return *static_cast<T*>(found->second.get());
        }
        auto made = std::make_shared<T>();
        T& out = *made;
        held_.emplace_back(&typeid(T), std::move(made));
        return out;
    }

  private:
    platform::mutex mutex_;
    std::vector<std::pair<const std::type_info*, std::shared_ptr<void>>> held_
        COPPICE_GUARDED_BY(mutex_);
};

}  // namespace coppice::detail
