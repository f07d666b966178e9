// SPDX-License-Identifier: Apache-2.0

#include "inspect/process_page.hpp"

#include <algorithm>
#include <cstdint>

#include "inspect/protocol.hpp"

namespace coppice::inspect {

process_order order_by(const std::string& key) {
    using glance = process_glance;
    if (key == "pid") {
        return [](const glance& a, const glance& b) { return a.process < b.process; };
    }
    if (key == "queue") {
        return [](const glance& a, const glance& b) {
            return a.message_queue_len < b.message_queue_len;
        };
    }
    if (key == "reductions") {
        return [](const glance& a, const glance& b) { return a.reductions < b.reductions; };
    }
    if (key == "memory") {
        return [](const glance& a, const glance& b) { return a.memory < b.memory; };
    }
    if (key == "age") {
        return [](const glance& a, const glance& b) { return a.age < b.age; };
    }
    if (key == "name") {
        return [](const glance& a, const glance& b) {
            // Processes without a name come last.
            return a.name.empty() != b.name.empty() ? b.name.empty() : a.name < b.name;
        };
    }
    throw request_error{code::bad_parameter,
                        "sort: has to be queue, reductions, memory, age, name or pid"};
}

/// Ties are ordered by pid, so that consecutive pages fit together.
bool process_page::comes_before(const process_glance& a, const process_glance& b) const {
    const bool first = descending_ ? before_(b, a) : before_(a, b);
    const bool second = descending_ ? before_(a, b) : before_(b, a);
    return first != second ? first : a.process < b.process;
}

std::size_t process_page::kept_max() const noexcept {
    return offset_ > SIZE_MAX - limit_ ? SIZE_MAX : offset_ + limit_;
}

void process_page::add(const process_glance& seen) {
    ++added_;
    if (dropped_ && !comes_before(seen, *dropped_)) {
        return;
    }
    kept_.push_back(seen);
    if (kept_.size() / 2 >= kept_max()) {
        trim();
    }
}

void process_page::trim() {
    if (kept_.size() > kept_max()) {
        const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(kept_max());
        std::ranges::nth_element(
            kept_, end, [this](const auto& a, const auto& b) { return comes_before(a, b); });
        dropped_ = *end;
        kept_.erase(end, kept_.end());
    }
}

std::vector<process_glance> process_page::take() {
    trim();
    std::ranges::sort(kept_, [this](const auto& a, const auto& b) { return comes_before(a, b); });
    const std::size_t skipped = std::min(offset_, kept_.size());
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(skipped));
    return std::move(kept_);
}

}  // namespace coppice::inspect
