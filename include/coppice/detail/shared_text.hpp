// SPDX-License-Identifier: Apache-2.0
// A text that many own and nobody changes.
//
// Threads    Owners on different threads may copy and destroy theirs at the same time.
// Cost       One pointer for each owner, and one block of the pool for the text.

#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "coppice/detail/pool.hpp"

namespace coppice::detail {

class shared_text {
  public:
    /// Of nothing, which differs from an empty text.
    shared_text() noexcept = default;
    explicit shared_text(std::string_view text)
        : block_{::new(pool_allocate(sizeof(block) + text.size())) block{text.size()}} {
        text.copy(block_->text(), text.size());
    }
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
            pool_free(block_, sizeof(block) + block_->length);
        }
    }

    explicit operator bool() const noexcept { return block_ != nullptr; }
    std::string_view view() const noexcept {
        return block_ == nullptr ? std::string_view{}
                                 : std::string_view{block_->text(), block_->length};
    }

  private:
    struct block {
        explicit block(std::size_t size) noexcept : length{size} {}
        char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
        /// True for the last owner, which sees that the others are done.
        bool disown() noexcept {
            return owners.load(std::memory_order_acquire) == 1 ||  // no other could copy it now
                   owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
        }

        std::atomic<std::size_t> owners{1};
        const std::size_t length;
    };

    block* block_ = nullptr;
};

}  // namespace coppice::detail
