// SPDX-License-Identifier: Apache-2.0
// The usual way of a signal: into the inbox of a process of this node, without a toll. Inline for the sends of
// processes.

#pragma once

#include "process/process.hpp"
#include "process/route.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

[[gnu::always_inline]] inline bool process::push_and_wake(signal& moved,
                                                          std::uint32_t generation) noexcept {
    const mailbox::push_result result = inbox_.push(moved, generation);
    if (result == mailbox::push_result::wake) {
        runtime_.scheduler().enqueue(*this);
    }
    return result != mailbox::push_result::closed;
}

[[gnu::always_inline]] inline bool process::takes(signal& moved,
                                                  std::uint32_t generation) noexcept {
    return generation == this->generation() && toll() == 0 && push_and_wake(moved, generation);
}

}  // namespace coppice::detail

namespace coppice::process_layer {

[[gnu::always_inline]] inline bool route::is_taken_here(const pid& to,
                                                        detail::signal& moved) noexcept {
    if (to.node() != direct_node_.load(std::memory_order_relaxed)) {
        return false;
    }
    detail::process* const slot = table_.at(to.index());
    return slot != nullptr && slot->takes(moved, to.generation());
}

}  // namespace coppice::process_layer
