// SPDX-License-Identifier: Apache-2.0
// An immutable value with shared ownership, or none.
//
// Threads    Owners on different threads may copy and destroy their handles at the same time.
// Cost       One pointer for each owner, and one block of the pool for the value.

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "coppice/detail/pool.hpp"

namespace coppice::detail {

template <class T>
class shared_value {
  public:
    shared_value() noexcept = default;
    explicit shared_value(T value) : block_{new block{std::move(value)}} {}
    shared_value(const shared_value& other) noexcept : block_{other.block_} {
        if (block_ != nullptr) {
            block_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    shared_value(shared_value&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    shared_value& operator=(shared_value other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_value() {
        // Release for the accesses of this owner, acquire for the accesses of the others.
        if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete block_;
        }
    }

    /// Null if there is no value.
    const T* get() const noexcept { return block_ == nullptr ? nullptr : &block_->value; }

  private:
    struct block : pooled {
        explicit block(T given) : value{std::move(given)} {}
        std::atomic<std::size_t> owners{1};
        const T value;
    };

    block* block_ = nullptr;
};

}  // namespace coppice::detail
