// SPDX-License-Identifier: Apache-2.0

#include "observe/report_hub.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>
#include <string>
#include <utility>

#include "base/turn.hpp"
#include "platform/guarded.hpp"
#include "platform/standard_error.hpp"

namespace coppice::observe {
namespace {

constexpr auto patience = std::chrono::seconds{2};

void print_to_stderr(const report& made) {
    const std::string text = format_line(made);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

/// A longer wait would overflow the clock.
constexpr auto longest_wait = std::chrono::hours{24 * 365};

}  // namespace

thread_local const report_hub::shared_state* report_hub::serving = nullptr;

report_hub::report_hub(report_level level, report_handler handler, delivery how, std::size_t room)
    : level_{level},
      how_{how},
      state_{std::make_shared<shared_state>(std::max(level, report_level::warning), room)} {
    state_->handler = handler ? std::move(handler) : report_handler{&print_to_stderr};
}

report_hub::~report_hub() {
    end_thread();
    const base::without_caller acting;
    // The handler and the contents of reports are code of the user.
    state_.reset();
}

void report_hub::end_thread() {
    platform::unique_lock lock{state_->mutex};
    state_->stopping = true;
    state_->changed.notify_all();
    if (!thread_.joinable()) {
        return;
    }
    const bool ended = state_->changed.wait_for(
        lock.native(), patience, [&]() COPPICE_REQUIRES(state_->mutex) { return state_->ended; });
    if (!ended) {
        platform::say_line("coppice: the handler of reports has not returned; " +
                           std::to_string(state_->waiting.size()) + " more reports were waiting, " +
                           std::to_string(state_->dropped) + " had been dropped");
    }
    lock.unlock();
    if (ended) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

report_level report_hub::set_level(report_level level) noexcept {
    return level_.exchange(level, std::memory_order_relaxed);
}

std::shared_ptr<detail::report_tap> report_hub::tap(report_level level, std::size_t room) {
    auto added = std::make_shared<detail::report_tap>(level, room);
    added->leave = [taps = std::weak_ptr{taps_}](const detail::report_tap& left) {
        if (const auto still = taps.lock()) {
            still->remove(left);
        }
    };
    taps_->add(added);
    return added;
}

bool report_hub::add_handler(std::string id, report_level level, std::size_t room,
                             report_handler handler) {
    return taps_->add_handler(std::move(id),
                              std::make_shared<report_hub>(level, std::move(handler), how_, room));
}

bool report_hub::remove_handler(std::string_view id) {
    return taps_->remove_handler(id);
}

bool report_hub::set_handler_level(std::string_view id, report_level level) {
    return taps_->set_handler_level(id, level);
}

std::vector<logger::handler_info> report_hub::handlers() const {
    return taps_->handlers();
}

std::size_t report_hub::waiting() const {
    const platform::scoped_lock lock{state_->mutex};
    return state_->waiting.size();
}

void report_hub::publish(report&& made) noexcept {
    if (is_wanted(made.level, level_.load(std::memory_order_relaxed))) {
        publish_always(std::move(made));
    } else {
        taps_->offer(made);
        // Only the taps want a report of this level.
    }
}

void report_hub::publish_always(report&& made) noexcept {
    if (taps_->lowest() != report_level::off) {
        taps_->offer(made);
    }
    try {
        how_ == delivery::at_once ? publish_at_once(std::move(made))
                                  : publish_later(std::move(made));
    } catch (...) {
        // No memory or no thread for the report.
        const platform::scoped_lock lock{state_->mutex};
        state_->note_drop(made);
    }
}

/// A handler that publishes a report for each report would loop for ever: the bound of
/// the queue also bounds one round.
void report_hub::publish_at_once(report&& made) {
    platform::unique_lock lock{state_->mutex};
    if (!state_->add(std::move(made)) || is_in_handler()) {
        return;
    }
    for (std::size_t round = 0; round < state_->room && handle_next(*state_); ++round) {
    }
    for (const report& left : std::exchange(state_->waiting, {})) {
        state_->note_drop(left);
    }
}

void report_hub::publish_later(report&& made) {
    const platform::scoped_lock lock{state_->mutex};
    if (!thread_.joinable()) {
        thread_ = std::thread{[state = state_] { work(state); }};
    }
    if (state_->add(std::move(made))) {
        state_->changed.notify_all();
    }
}

bool report_hub::shared_state::add(report&& made) {
    if (waiting.size() >= room) {
        note_drop(made);
        return false;
    }
    say_what_is_missing();
    waiting.push_back(std::move(made));
    return true;
}

void report_hub::shared_state::say_what_is_missing() noexcept {
    if (dropped == 0) {
        return;
    }
    try {
        const std::string number = std::to_string(dropped);
        waiting.push_back({level_of_losses,
                           drop_at,
                           {},
                           text_report{number + (dropped == 1 ? " report was" : " reports were") +
                                       " dropped here: the handler of reports was too slow"}});
        dropped = 0;
    } catch (const std::bad_alloc&) {
        return;
        // The next report tries again.
    }
}

void report_hub::shared_state::note_drop(const report& lost_one) noexcept {
    ++dropped;
    drop_at = lost_one.time;
    lost.fetch_add(1, std::memory_order_relaxed);
}

bool report_hub::flush(std::chrono::nanoseconds limit) {
    const std::atomic<bool> never{false};
    return flush(limit, never);
}

bool report_hub::flush(std::chrono::nanoseconds limit, const std::atomic<bool>& unless) {
    if (is_in_handler()) {
        return false;
    }
    bool done = flush_own(limit, unless);
    const auto further = taps_->present();
    for (const auto& each : *further) {
        done = each.hub->flush(limit, unless) && done;
    }
    return done;
}

bool report_hub::flush_own(std::chrono::nanoseconds limit, const std::atomic<bool>& unless) {
    const auto all_handled = [&]() COPPICE_REQUIRES(state_->mutex) {
        return state_->waiting.empty() && !state_->handling;
    };
    platform::unique_lock lock{state_->mutex};
    state_->changed.wait_for(lock.native(), std::min<std::chrono::nanoseconds>(limit, longest_wait),
                             [&]() COPPICE_REQUIRES(state_->mutex) {
                                 // Acquire: pairs with the release in orderly_stop::force_stop().
                                 return all_handled() || unless.load(std::memory_order_acquire);
                             });
    return all_handled();
}

void report_hub::wake_waiters() noexcept {
    {
        const platform::scoped_lock lock{state_->mutex};
        state_->changed.notify_all();
    }
    const auto further = taps_->present();
    for (const auto& each : *further) {
        each.hub->wake_waiters();
    }
}

void report_hub::call_handler(shared_state& state, const report& made) noexcept {
    const shared_state* const before = std::exchange(serving, &state);
    try {
        state.handler(made);
    } catch (...) {
        state.lost.fetch_add(1, std::memory_order_relaxed);
    }
    serving = before;
}

/// False if the queue is empty.
bool report_hub::handle_next(shared_state& state) {
    if (state.waiting.empty()) {
        return false;
    }
    {
        const base::without_caller acting;
        // Covers the destructor of the report too, which runs without a lock.
        const report next = std::move(state.waiting.front());
        state.waiting.pop_front();
        state.handling = true;
        state.mutex.unlock();
        call_handler(state, next);
    }
    state.mutex.lock();
    state.handling = false;
    if (state.waiting.empty()) {
        state.say_what_is_missing();
    }
    state.changed.notify_all();
    return true;
}

void report_hub::work(const std::shared_ptr<shared_state>& state) {
    platform::unique_lock lock{state->mutex};
    do {
        state->changed.wait(lock.native(), [&]() COPPICE_REQUIRES(state->mutex) {
            return state->stopping || !state->waiting.empty();
        });
    } while (handle_next(*state));
    state->ended = true;
    state->changed.notify_all();
}

}  // namespace coppice::observe
