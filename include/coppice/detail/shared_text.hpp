// SPDX-License-Identifier: Apache-2.0
// An immutable text with shared ownership.
//
// Threads    Owners on different threads may copy and destroy their handles at the same time.
// Cost       One pointer for each owner, and one block of the pool for a short text.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "coppice/detail/pool.hpp"

namespace coppice::detail {

class shared_text {
  public:
    /// A null text, which differs from an empty text.
    shared_text() noexcept = default;
    explicit shared_text(std::string text) : block_{new block{std::move(text)}} {}
    shared_text(const shared_text& other) noexcept : block_{other.block_} {
        if (block_ != nullptr) {
            block_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    shared_text(shared_text&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    shared_text& operator=(shared_text other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_text() {
        if (block_ != nullptr && block_->disown()) {
            delete block_;
        }
    }

    explicit operator bool() const noexcept { return block_ != nullptr; }
    const std::string& str() const noexcept { return block_ == nullptr ? no_text() : block_->text; }

  private:
    // Apart from str(), which then looks at no guard of a static.
    static const std::string& no_text() noexcept {
        static const std::string none;
        return none;
    }
    struct block : pooled {
        explicit block(std::string given) noexcept : text{std::move(given)} {}
        /// True for the last owner. Pairs with itself: the accesses of the other owners happen before.
        bool disown() noexcept {
            return owners.load(std::memory_order_acquire) == 1 ||  // sole owner, so no copies
                   owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
        }

        std::atomic<std::size_t> owners{1};
        const std::string text;
    };

    block* block_ = nullptr;
};

}  // namespace coppice::detail
