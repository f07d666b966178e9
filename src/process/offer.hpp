// SPDX-License-Identifier: Apache-2.0
// The way of a signal into the inbox of a process here. Inline for the sends of processes: a receipt in
// registers costs as much as its use.

#pragma once

#include "process/process.hpp"
#include "process/route.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

[[gnu::always_inline]] inline process_layer::receipt process::push(
    signal& moved, std::uint32_t generation) noexcept {
    if (generation != this->generation()) {
        return {};
    }
    const std::uint8_t toll = this->toll();
    if (toll == process_layer::send_toll::bounded) [[unlikely]] {
        return push_bounded(moved, generation, mailbox::sender_kind::insists);
    }
    return push_without_bound(moved, generation, toll);
}

[[gnu::always_inline]] inline process_layer::receipt process::push_without_bound(
    signal& moved, std::uint32_t generation, std::uint8_t toll) noexcept {
    const mailbox::push_result result = inbox_.push(moved, generation);
    if (result == mailbox::push_result::closed) {
        return {};
    }
    const process_layer::receipt got{
        .how = process_layer::sent::taken, .toll = toll, .slot = index_};
    if (result == mailbox::push_result::wake) {
        runtime_.scheduler().enqueue(*this);
    }
    return got;
}

}  // namespace coppice::detail

namespace coppice::process_layer {

[[gnu::always_inline]] inline receipt route::push(const pid& to,
                                                  detail::signal& moved) const noexcept {
    detail::process* const slot = table_.at(to.index());
    return slot != nullptr ? slot->push(moved, to.generation()) : receipt{};
}

[[gnu::always_inline]] inline receipt route::offer_here(const pid& to,
                                                        detail::signal& moved) noexcept {
    return to.node() == direct_node_.load(std::memory_order_relaxed) ? push(to, moved)
                                                                     : offer_indirectly(to, moved);
}

}  // namespace coppice::process_layer
