// SPDX-License-Identifier: Apache-2.0

#include "observe/report_taps.hpp"

#include <algorithm>
#include <utility>

#include "observe/report_hub.hpp"
#include "platform/guarded.hpp"
#include "process/caller.hpp"

namespace coppice {
namespace observe {

void report_taps::add(std::shared_ptr<detail::report_tap> added) {
    const platform::scoped_lock lock{mutex_};
    taps_.push_back(std::move(added));
    find_lowest();
}

void report_taps::remove(const detail::report_tap& removed) noexcept {
    const platform::scoped_lock lock{mutex_};
    std::erase_if(taps_, [&](const auto& each) { return each.get() == &removed; });
    find_lowest();
}

void report_taps::find_lowest() noexcept {
    report_level lowest = report_level::off;
    for (const auto& each : taps_) {
        lowest = std::min(lowest, each->level);
    }
    for (const handler& each : *handlers_) {
        lowest = std::min(lowest, each.hub->level());
    }
    lowest_.store(lowest, std::memory_order_relaxed);
}

std::shared_ptr<const report_taps::handler_list> report_taps::present() const noexcept {
    const platform::scoped_lock lock{mutex_};
    return handlers_;
}

bool report_taps::add_handler(std::string id, std::shared_ptr<report_hub> added) {
    const platform::scoped_lock lock{mutex_};
    if (std::ranges::find(*handlers_, id, &handler::id) != handlers_->end()) {
        return false;
    }
    auto next = std::make_shared<handler_list>(*handlers_);
    next->push_back({std::move(id), std::move(added)});
    handlers_ = std::move(next);
    find_lowest();
    return true;
}

/// The hub ends without the lock, because the end waits for the hub's handler.
bool report_taps::remove_handler(std::string_view id) {
    std::shared_ptr<const handler_list> before;
    {
        const platform::scoped_lock lock{mutex_};
        auto next = std::make_shared<handler_list>(*handlers_);
        if (std::erase_if(*next, [&](const handler& each) { return each.id == id; }) == 0) {
            return false;
        }
        before = std::move(handlers_);
        handlers_ = std::move(next);
        find_lowest();
    }
    return true;
}

bool report_taps::set_handler_level(std::string_view id, report_level level) {
    const platform::scoped_lock lock{mutex_};
    const auto found = std::ranges::find(*handlers_, id, &handler::id);
    if (found == handlers_->end()) {
        return false;
    }
    found->hub->set_level(level);
    find_lowest();
    return true;
}

std::vector<logger::handler_info> report_taps::handlers() const {
    std::vector<logger::handler_info> out;
    const auto all = present();
    for (const handler& each : *all) {
        out.push_back(
            {each.id, each.hub->level(), each.hub->room(), each.hub->waiting(), each.hub->lost()});
    }
    return out;
}

void report_taps::offer(const report& made) noexcept {
    {
        const platform::scoped_lock lock{mutex_};
        offer_to_taps(made);
    }
    const auto all = present();
    for (const handler& each : *all) {
        if (!each.hub->wants(made.level)) {
            continue;
        }
        try {
            each.hub->publish(report{made});
        } catch (const std::bad_alloc&) {
            each.hub->lose();
        }
    }
}

void report_taps::offer_to_taps(const report& made) noexcept {
    for (const auto& each : taps_) {
        if (made.level < each->level) {
            continue;
        }
        const platform::scoped_lock queue_lock{each->mutex};
        try {
            if (each->waiting.size() < each->room) {
                each->waiting.push_back(made);
                continue;
            }
        } catch (const std::bad_alloc&) {
            // Counted as dropped below.
        }
        each->dropped.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace observe

report_reader::report_reader(report_level level, std::size_t room) {
    if (detail::runtime_core* const here = process_layer::runtime_of_caller();
        here != nullptr && here->reports() != nullptr) {
        tap_ = here->reports()->tap(level, room);
    }
}

report_reader::~report_reader() {
    stop();
}

report_reader& report_reader::operator=(report_reader&& other) noexcept {
    if (this != &other) {
        stop();
        tap_ = std::move(other.tap_);
    }
    return *this;
}

void report_reader::stop() noexcept {
    if (tap_ != nullptr) {
        tap_->leave(*tap_);
        tap_.reset();
    }
}

std::vector<report> report_reader::take(std::size_t at_most) {
    std::vector<report> out;
    if (tap_ == nullptr) {
        return out;
    }
    std::size_t count = 0;
    {
        const platform::scoped_lock lock{tap_->mutex};
        count = std::min(at_most, tap_->waiting.size());
    }
    // Allocated without the lock: a publisher would wait for the lock.
    out.reserve(count);
    constexpr std::size_t at_once = 32;
    // The caller is the only consumer, so the queue never gets shorter meanwhile.
    while (out.size() < count) {
        const platform::scoped_lock lock{tap_->mutex};
        for (std::size_t i = 0; i < at_once && out.size() < count; ++i) {
            out.push_back(std::move(tap_->waiting.front()));
            tap_->waiting.pop_front();
        }
    }
    return out;
}

std::uint64_t report_reader::dropped() const noexcept {
    return tap_ == nullptr ? 0 : tap_->dropped.load(std::memory_order_relaxed);
}

report_level set_report_level(report_level level) {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr || here->reports() == nullptr ? report_level::off
                                                         : here->reports()->set_level(level);
}

}  // namespace coppice
