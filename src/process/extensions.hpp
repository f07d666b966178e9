// SPDX-License-Identifier: Apache-2.0
// Objects of the layers above, one of each class for each runtime. An object lives as long as the
// runtime's core, and longer than the processes.
//
// An object that exists is found without a lock: the list of the objects only grows, at its front.
//
// Threads    Any.

#pragma once

#include <atomic>
#include <memory>
#include <typeinfo>
#include <utility>

#include "platform/guarded.hpp"

namespace coppice::process_layer {

class extensions {
  public:
    extensions() = default;
    extensions(const extensions&) = delete;
    extensions& operator=(const extensions&) = delete;
    ~extensions() {
        const holder* last = newest_.load(std::memory_order_relaxed);
        while (last != nullptr) {
            const std::unique_ptr<const holder> gone{std::exchange(last, last->older)};
        }
    }

    /// Made by the first call. Shared, for classes with weak references to their object.
    template <class T>
    T& get() {
        if (T* const found = find<T>()) {
            return *found;
        }
        const platform::scoped_lock lock{mutex_};
        if (T* const found = find<T>()) {
            return *found;
        }
        auto made = std::make_unique<held<T>>(newest_.load(std::memory_order_relaxed));
        T& out = *made->value;
        // Release: pairs with the acquire in find().
        newest_.store(made.release(), std::memory_order_release);
        return out;
    }

  private:
    struct holder {
        holder(const std::type_info& t, void* v, const holder* o) noexcept
            : type{t}, kept{v}, older{o} {}
        holder(const holder&) = delete;
        holder& operator=(const holder&) = delete;
        virtual ~holder() = default;
        const std::type_info& type;
        void* const kept;
        const holder* const older;
    };
    template <class T>
    struct held final : holder {
        explicit held(const holder* before) : held{std::make_shared<T>(), before} {}
        held(std::shared_ptr<T> made, const holder* before) noexcept
            : holder{typeid(T), made.get(), before}, value{std::move(made)} {}
        const std::shared_ptr<T> value;
    };

    template <class T>
    T* find() const noexcept {
        // Acquire: pairs with the release in get().
        const holder* each = newest_.load(std::memory_order_acquire);
        while (each != nullptr && each->type != typeid(T)) {
            each = each->older;
        }
        return each == nullptr ? nullptr : static_cast<T*>(each->kept);
    }

    platform::mutex mutex_;
    std::atomic<const holder*> newest_{nullptr};
};

}  // namespace coppice::process_layer
