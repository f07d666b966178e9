// SPDX-License-Identifier: Apache-2.0

#include "net/service_state.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/turn.hpp"
#include "platform/guarded.hpp"

namespace coppice::net::detail {

namespace {

/// The polling interval of a stopping service for bytes that have not left.
constexpr std::chrono::milliseconds leaving_pause{5};

}  // namespace

way_in way_in::of_caller() {
    coppice::detail::runtime_core* const core = coppice::detail::runtime_for_threads();
    if (core == nullptr) {
        throw std::logic_error{
            "net::service: a service without a runtime argument must be created in a process on a "
            "real clock; elsewhere pass the runtime. A simulation has no sockets"};
    }
    return way_in{*core};
}

service_state::service_state(way_in world, std::chrono::nanoseconds last_words)
    : runtime_{world}, last_words_{last_words} {
    thread_ = std::thread{[this] { serve(); }};
}

void service_state::serve() {
    const coppice::detail::for_nobody acting;
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception&) {
            // No memory for one answer; other answers may still succeed.
        }
    }
}

bool service_state::add(const std::shared_ptr<open_thing>& what) {
    const platform::scoped_lock lock{mutex_};
    if (stopped_) {
        return false;
    }
    open_.emplace(what.get(), what);
    return true;
}

void service_state::remove(const open_thing* what) noexcept {
    const platform::scoped_lock lock{mutex_};
    open_.erase(what);
}

std::vector<std::shared_ptr<open_thing>> service_state::all_open() {
    std::vector<std::shared_ptr<open_thing>> out;
    const platform::scoped_lock lock{mutex_};
    out.reserve(open_.size());
    for (const auto& [thing, held] : open_) {
        if (auto kept = held.lock()) {
            out.push_back(std::move(kept));
        }
    }
    return out;
}

void service_state::wait_for_leaving(std::chrono::nanoseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    auto leaving = all_open();
    for (;;) {
        std::erase_if(leaving, [](const auto& each) { return !each->is_leaving(); });
        if (leaving.empty() || std::chrono::steady_clock::now() >= deadline) {
            return;
        }
        std::this_thread::sleep_for(leaving_pause);
    }
}

void service_state::stop() {
    wait_for_leaving(last_words_);
    for (const auto& each : all_open()) {
        each->abort();
    }
    {
        const platform::scoped_lock lock{mutex_};
        stopped_ = true;
    }
    for (const auto& each : all_open()) {
        // Things opened meanwhile.
        each->abort();
    }
    work_.reset();
    thread_.join();
}

}  // namespace coppice::net::detail
