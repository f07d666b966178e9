// SPDX-License-Identifier: Apache-2.0

#include "testing/shrinking.hpp"

#include <algorithm>
#include <utility>

namespace coppice::testing {
namespace {

/// Whether the first plan is shorter, or as long with smaller amounts.
bool is_smaller(const fault_plan& one, const fault_plan& other) {
    if (one.size() != other.size()) {
        return one.size() < other.size();
    }
    const auto total = [](const fault_plan& of) {
        std::uint64_t sum = 0;
        for (const decision& each : of) {
            sum += each.amount;
        }
        return sum;
    };
    return total(one) < total(other);
}

}  // namespace

shrinker::result shrinker::shrink(explored_run failing, const explored_run& plain) {
    best_ = std::move(failing);
    explored_run again = try_plan_(best_.applied);
    if (!fail_alike(again, best_)) {
        return {std::move(best_), 1, false};
    }
    while (remove_chunks() || lower_amounts()) {
    }
    if (best_.applied.size() > 1) {
        try_single_decisions(plain);
        lower_amounts();
    }
    return {std::move(best_), 1 + runs_max_ - runs_left_, true};
}

/// Keeps the plan if it fails alike and is smaller.
bool shrinker::accepts(const fault_plan& smaller) {
    if (runs_left_ == 0) {
        return false;
    }
    --runs_left_;
    explored_run tried = try_plan_(smaller);
    if (!fail_alike(tried, best_) || !is_smaller(tried.applied, best_.applied)) {
        return false;
    }
    best_ = std::move(tried);
    return true;
}

/// Delta debugging: removes halves, then quarters, down to single decisions. True if something went.
bool shrinker::remove_chunks() {
    bool any = false;
    for (std::size_t size = best_.applied.size(); size > 0; size /= 2) {
        for (std::size_t first = 0; first < best_.applied.size();) {
            if (remove_chunk(first, size)) {
                any = true;  // the rest has moved to `first`
            } else {
                first += size;
            }
        }
    }
    return any;
}

bool shrinker::remove_chunk(std::size_t first, std::size_t count) {
    const fault_plan& from = best_.applied;
    const std::size_t end = std::min(first + count, from.size());
    const auto without_chunk = [&](std::int64_t shift) {
        fault_plan out;
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (i < first || i >= end) {
                out.push_back(from[i]);
            }
            if (i >= end) {
                out.back().step += static_cast<std::uint64_t>(shift);
            }
        }
        return out;
    };
    const bool has_later = end < from.size();
    return accepts(without_chunk(0)) ||
           (has_later && count == 1 && (accepts(without_chunk(1)) || accepts(without_chunk(-1))));
}

/// Halves amounts, and lowers them by one. True if an amount fell.
bool shrinker::lower_amounts() {
    bool any = false;
    for (std::size_t i = 0; i < best_.applied.size(); ++i) {
        bool fell = true;
        while (fell && i < best_.applied.size() && best_.applied[i].amount > 1) {
            const std::uint64_t amount = best_.applied[i].amount;
            fell = false;
            for (const std::uint64_t lower : {std::uint64_t{1}, amount / 2, amount - 1}) {
                fault_plan plan = best_.applied;
                plan[i].amount = lower;
                fell = fell || accepts(plan);
            }
            any = any || fell;
        }
    }
    return any;
}

/// Delta debugging ends at a plan from which no decision can go; another plan may be shorter still. The plans
/// of one decision are few enough to try all.
void shrinker::try_single_decisions(const explored_run& plain) {
    for (const opportunity& each : plain.opportunities) {
        const std::uint64_t most = each.kind == decision_kind::delay ? 1 : each.most;
        for (std::uint64_t amount = 1; amount <= most; ++amount) {
            const bool last_amount = each.kind == decision_kind::delay;
            if (accepts({{each.kind, each.step, last_amount ? each.most : amount}})) {
                return;
            }
        }
    }
}

}  // namespace coppice::testing
