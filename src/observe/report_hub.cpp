// SPDX-License-Identifier: Apache-2.0

#include "observe/report_hub.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

namespace coppice::observe {
namespace {

constexpr auto patience = std::chrono::seconds{2};

void print_to_stderr(const report& made) {
    const std::string text = format_line(made);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

report_hub::report_hub(report_level level, report_handler handler, delivery how)
    : level_{level}, how_{how}, state_{std::make_shared<shared_state>()} {
    state_->handler = handler ? std::move(handler) : report_handler{&print_to_stderr};
}

report_hub::~report_hub() {
    std::unique_lock lock{state_->mutex};
    state_->stopping = true;
    state_->changed.notify_all();
    if (!thread_.joinable()) {
        return;
    }
    const bool ended = state_->changed.wait_for(lock, patience, [&] { return state_->ended; });
    lock.unlock();
    if (ended) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void report_hub::publish(report&& made) noexcept {
    if (how_ == delivery::at_once) {
        hand_out(*state_, made);
        return;
    }
    try {
        const std::scoped_lock lock{state_->mutex};
        if (state_->waiting.size() >= queue_max) {
            state_->lost.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        if (!thread_.joinable()) {
            thread_ = std::thread{[state = state_] { work(state); }};
        }
        state_->waiting.push_back(std::move(made));
        state_->changed.notify_all();
    } catch (...) {
        state_->lost.fetch_add(1,
                               std::memory_order_relaxed);  // no memory or no thread to report with
    }
}

bool report_hub::flush(std::chrono::nanoseconds limit) {
    const auto all_handed_out = [&] { return state_->waiting.empty() && !state_->handling; };
    std::unique_lock lock{state_->mutex};
    if (limit == std::chrono::nanoseconds::max()) {
        state_->changed.wait(lock, all_handed_out);
        return true;
    }
    return state_->changed.wait_for(lock, limit, all_handed_out);
}

void report_hub::hand_out(shared_state& state, const report& made) noexcept {
    try {
        state.handler(made);
    } catch (...) {
        state.lost.fetch_add(1, std::memory_order_relaxed);
    }
}

void report_hub::work(const std::shared_ptr<shared_state>& state) {
    std::unique_lock lock{state->mutex};
    for (;;) {
        state->changed.wait(lock, [&] { return state->stopping || !state->waiting.empty(); });
        if (state->waiting.empty()) {
            break;
        }
        const report next = std::move(state->waiting.front());
        state->waiting.pop_front();
        state->handling = true;
        lock.unlock();
        hand_out(*state, next);
        lock.lock();
        state->handling = false;
        state->changed.notify_all();
    }
    state->ended = true;
    state->changed.notify_all();
}

}  // namespace coppice::observe
