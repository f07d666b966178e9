// SPDX-License-Identifier: Apache-2.0

#include "base/turn.hpp"

#include <utility>

namespace coppice::base {
constinit thread_local std::uint64_t messages_here = 0;
constinit thread_local turn this_turn;

[[gnu::noinline]] turn& turn_here() noexcept {
    return this_turn;
}

[[gnu::noinline]] detail::process* current_process() noexcept {
    return this_turn.whose;
}

[[gnu::noinline]] bool acts_without_caller() noexcept {
    return this_turn.whose == nullptr && this_turn.ends_at == no_turn.ends_at;
}

without_caller::without_caller() noexcept : outer_{std::exchange(this_turn, no_turn)} {}

without_caller::~without_caller() {
    this_turn = outer_;
}

without_caller_outside::without_caller_outside() noexcept
    : outside_{current_process() == nullptr && !acts_without_caller()} {
    if (outside_) {
        this_turn = no_turn;
    }
}

without_caller_outside::~without_caller_outside() {
    if (outside_) {
        this_turn = {};
    }
}

}  // namespace coppice::base
