// SPDX-License-Identifier: Apache-2.0

#include "base/turn.hpp"

#include <utility>

namespace coppice::detail {
namespace {

// Marks a thread under `for_nobody`: a turn of no process with an end that no turn reaches. Both
// fields are read anyway, so the mark costs no further field.
constexpr std::uint64_t nobodys_end = UINT64_MAX;
constexpr turn nobodys_turn{.ends_at = nobodys_end};

}  // namespace

constinit thread_local std::uint64_t messages_here = 0;
constinit thread_local turn this_turn;

[[gnu::noinline]] turn& turn_here() noexcept {
    return this_turn;
}

[[gnu::noinline]] process* current_process() noexcept {
    return this_turn.whose;
}

[[gnu::noinline]] bool acts_for_nobody() noexcept {
    return this_turn.whose == nullptr && this_turn.ends_at == nobodys_end;
}

for_nobody::for_nobody() noexcept : outer_{std::exchange(this_turn, nobodys_turn)} {}

for_nobody::~for_nobody() {
    this_turn = outer_;
}

for_nobody_outside::for_nobody_outside() noexcept
    : outside_{current_process() == nullptr && !acts_for_nobody()} {
    if (outside_) {
        this_turn = nobodys_turn;
    }
}

for_nobody_outside::~for_nobody_outside() {
    if (outside_) {
        this_turn = {};
    }
}

}  // namespace coppice::detail
