// SPDX-License-Identifier: Apache-2.0

#include "observe/event_log.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace coppice::observe {
namespace {

events::item shown(const detail::runtime_core& world, std::uint64_t sequence,
                   std::chrono::system_clock::time_point time,
                   const process_layer::recorded_event& event) {
    events::item out;
    out.sequence = sequence;
    out.time = time;
    out.what = static_cast<events::kind>(event.what());
    out.process = event.process(world.node());
    out.supervisor = event.supervisor(world.node());
    const bool of_child = out.what == events::kind::restart || out.what == events::kind::give_up;
    (of_child ? out.child : out.name) = event.name();
    out.reason = event.reason();
    out.text = event.words_said();
    if (out.name.empty() && out.process) {
        out.name = world.names().name_of(out.process);
    }
    return out;
}

}  // namespace

/// Events that were overwritten in a ring before the read also take numbers: the first of the new ones. If
/// there is no memory, the log stays unchanged.
void event_log::take_in(const process_layer::flight_recorder& from) {
    std::vector<std::uint64_t> read_up_to = read_up_to_;
    read_up_to.resize(from.lanes());
    const process_layer::flight_recorder::scale now = from.measure();
    std::vector<entry> fresh;
    std::uint64_t gone = 0;
    for (unsigned lane = 0; lane < from.lanes(); ++lane) {
        const std::uint64_t end = from.count(lane);
        const std::uint64_t begin = std::max(read_up_to[lane], from.oldest(lane));
        for (std::uint64_t index = begin; index < end; ++index) {
            entry next;
            if (from.copy(lane, index, next.event)) {
                next.time = now.time_of(next.event.tick);
                next.order = fresh.size();
                fresh.push_back(next);
            }
        }
        gone += end - read_up_to[lane];
        read_up_to[lane] = end;
    }
    gone -= fresh.size();
    std::ranges::sort(fresh, [](const entry& left, const entry& right) {
        return std::tie(left.event.tick, left.order) < std::tie(right.event.tick, right.order);
    });
    kept_.insert(kept_.end(), fresh.begin(), fresh.end());
    if (gone > 0) {  // The kept events would have a gap behind them.
        kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(fresh.size()));
    }
    next_ += gone + fresh.size();
    read_up_to_ = std::move(read_up_to);
    const std::size_t too_many = kept_.size() - std::min(kept_.size(), from.kept());
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(too_many));
}

events::page event_log::read(detail::runtime_core& world, std::uint64_t since, std::size_t limit) {
    const std::scoped_lock lock{mutex_};
    take_in(world.recorder());
    const std::uint64_t oldest = next_ - kept_.size();
    const std::uint64_t wanted = std::clamp<std::uint64_t>(since, 1, next_);
    const std::uint64_t first = std::max(wanted, oldest);
    events::page out;
    out.lost = first - wanted;
    out.next = std::min(next_, first + std::min<std::uint64_t>(limit, next_ - first));
    out.items.reserve(out.next - first);
    for (std::uint64_t each = first; each < out.next; ++each) {
        const entry& found = kept_[each - oldest];
        out.items.push_back(shown(world, each, found.time, found.event));
    }
    return out;
}

}  // namespace coppice::observe
