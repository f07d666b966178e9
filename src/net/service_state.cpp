// SPDX-License-Identifier: Apache-2.0

#include "net/service_state.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/turn.hpp"
#include "platform/guarded.hpp"

namespace coppice::net::detail {

namespace {

/// The polling interval of a stopping service for bytes that have not left.
constexpr std::chrono::milliseconds flush_check_pause{5};

}  // namespace

runtime_sender runtime_sender::of_caller() {
    coppice::detail::runtime_core* const core = coppice::detail::runtime_for_threads();
    if (core == nullptr) {
        throw std::logic_error{
            "net::service: a service without a runtime argument must be created in a process on a "
            "real clock; elsewhere pass the runtime. A simulation has no sockets"};
    }
    return runtime_sender{*core};
}

service_state::service_state(runtime_sender world, std::chrono::nanoseconds flush_limit)
    : runtime_{world}, flush_limit_{flush_limit} {
    thread_ = std::thread{[this] { serve(); }};
}

void service_state::serve() {
    const base::without_caller acting;
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception&) {
            // No memory for one answer; other answers may still succeed.
        }
    }
}

bool service_state::add(const std::shared_ptr<open_resource>& what) {
    const platform::scoped_lock lock{mutex_};
    if (stopped_) {
        return false;
    }
    open_.emplace(what.get(), what);
    return true;
}

void service_state::remove(const open_resource* what) noexcept {
    const platform::scoped_lock lock{mutex_};
    open_.erase(what);
}

std::vector<std::shared_ptr<open_resource>> service_state::all_open() {
    std::vector<std::shared_ptr<open_resource>> out;
    const platform::scoped_lock lock{mutex_};
    out.reserve(open_.size());
    for (const auto& [resource, held] : open_) {
        if (auto kept = held.lock()) {
            out.push_back(std::move(kept));
        }
    }
    return out;
}

void service_state::wait_until_flushed(std::chrono::nanoseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    auto flushing = all_open();
    for (;;) {
        std::erase_if(flushing, [](const auto& each) { return !each->is_flushing(); });
        if (flushing.empty() || std::chrono::steady_clock::now() >= deadline) {
            return;
        }
        std::this_thread::sleep_for(flush_check_pause);
    }
}

void service_state::stop() {
    wait_until_flushed(flush_limit_);
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
