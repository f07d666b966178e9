// SPDX-License-Identifier: Apache-2.0

#include "testing/plan_sources.hpp"

#include <algorithm>
#include <array>

namespace coppice::testing {
namespace {

/// Most bugs of order need one or two late turns.
constexpr std::uint64_t turns_put_last_max = 4;

}  // namespace

std::uint64_t repeated_plan::decide(const opportunity& asked) noexcept {
    const auto first = std::ranges::lower_bound(plan_, asked.step, {}, &decision::step);
    for (auto each = first; each != plan_.end() && each->step == asked.step; ++each) {
        if (each->kind == asked.kind) {
            return each->amount <= asked.most ? each->amount : 0;
        }
    }
    return 0;
}

random_plan::random_plan(std::uint64_t seed, const settings& chosen) : state_{seed} {
    // Seeds with few differences find bugs with short plans, and leave little to shrink.
    constexpr std::array<std::uint64_t, 5> rates{0, 2, 8, 32, 128};
    rate_ = rates.at(below(rates.size()));
    for (auto left = below(turns_put_last_max + 1); left > 0; --left) {
        due_.push_back({decision_kind::last, 1 + below(chosen.steps), 1});
    }
    if (chosen.faults.empty()) {
        return;
    }
    for (auto left = below(std::uint64_t{chosen.faults_max} + 1); left > 0; --left) {
        const decision_kind kind = chosen.faults[below(chosen.faults.size())];
        due_.push_back({kind, 1 + below(chosen.steps), 1});
    }
}

std::uint64_t random_plan::decide(const opportunity& asked) noexcept {
    if (!is_fault(asked.kind) && asked.kind != decision_kind::last) {
        return below(256) < rate_ ? amount_of(asked) : 0;
    }
    const auto next = std::ranges::find_if(due_, [&](const decision& each) {
        return each.kind == asked.kind && each.step <= asked.step;
    });
    if (next == due_.end()) {
        return 0;
    }
    due_.erase(next);
    return amount_of(asked);
}

std::uint64_t random_plan::amount_of(const opportunity& asked) noexcept {
    if (asked.kind != decision_kind::delay) {
        return 1 + below(asked.most);
    }
    // The greatest, a tenth of it, a hundredth of it, …: short and long delays are equally frequent.
    std::uint64_t amount = asked.most;
    for (auto tenths = below(4); tenths > 0 && amount >= 10; --tenths) {
        amount /= 10;
    }
    return amount;
}

// SplitMix64, as in the simulator.
std::uint64_t random_plan::below(std::uint64_t limit) noexcept {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31)) % limit;
}

}  // namespace coppice::testing
