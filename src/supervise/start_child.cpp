// SPDX-License-Identifier: Apache-2.0

#include "supervise/start_child.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <variant>

#include "process/crash_boundary.hpp"

namespace coppice::supervise {

using detail::begun_start;
using detail::start_outcome;
using server = std::unique_ptr<detail::behaviour_body>;

bool child_start::await_ready() noexcept {
    try {
        return begin();
    } catch (...) {
        fail();
        return true;
    }
}

/// False if the start takes a while.
bool child_start::begin() {
    begun_start begun = spec_.start()(spec_.name(), extra_);
    if (auto* made = std::get_if<server>(&begun)) {
        (*made)->is_child(id_);
        const std::optional<time_span> limit = spec_.ready_within();
        if (limit) {
            (*made)->is_ready_later();
        }
        server_.emplace(std::move(*made), limit ? limit->value() : detail::forever);
        return server_->await_ready();
    }
    if (auto* running = std::get_if<running_start>(&begun)) {
        running_ = std::move(*running);
        return running_start::awaiter{running_}.await_ready();
    }
    outcome_ = std::get<start_outcome>(std::move(begun));
    return true;
}

std::coroutine_handle<> child_start::await_suspend(detail::suspended here) noexcept {
    if (!server_) {
        return running_start::awaiter{running_}.await_suspend(here);
    }
    try {
        server_->await_suspend(here);
        return std::noop_coroutine();
    } catch (...) {
        fail();
        return detail::transfer_to(here);
    }
}

start_outcome child_start::await_resume() noexcept {
    try {
        if (server_) {
            return server_->await_resume();
        }
        if (running_) {
            return running_start::awaiter{running_}.await_resume();
        }
    } catch (...) {
        fail();
    }
    return std::move(outcome_);
}

void child_start::fail() noexcept {
    server_.reset();
    outcome_.kind = detail::start_kind::failed;
    outcome_.why = detail::reason_of(std::current_exception());
    if (id_) {
        try {
            outcome_.why = exit_reason::tuple("'EXIT'", outcome_.why);
        } catch (const std::bad_alloc&) {
            return;  // the bare reason
        }
    }
}

}  // namespace coppice::supervise

namespace coppice::detail {

void give_name_to_child(const std::string& name, const pid& started) {
    try {
        register_name(name, started);
    } catch (...) {
        if (whereis(name) != started && is_alive_now(started)) {
            with_reserve([&] { exit(started, reason::kill); });
            throw;
        }
    }
}

}  // namespace coppice::detail
