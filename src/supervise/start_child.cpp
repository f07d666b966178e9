// SPDX-License-Identifier: Apache-2.0

#include "supervise/start_child.hpp"

#include <exception>
#include <new>
#include <string>
#include <utility>
#include <variant>

#include "process/crash_boundary.hpp"

namespace coppice::supervise {
namespace {

using detail::begun_start;
using detail::start_outcome;
using server = std::unique_ptr<detail::behaviour_body>;

class server_start final : public detail::start_wait {
  public:
    explicit server_start(server started)
        : start_wait{std::move(started), detail::start_mode::link, detail::forever} {}
    start_outcome await_resume() { return outcome(); }
};

start_outcome failed_with(const std::exception_ptr& error, bool has_id) noexcept {
    start_outcome out;
    out.why = detail::reason_of(error);
    if (has_id) {
        try {
            out.why = exit_reason::tuple("'EXIT'", out.why);
        } catch (const std::bad_alloc&) {
            return out;
        }
    }
    return out;
}

task<start_outcome> starting(const child_spec& spec, const detail::shared_text& id,
                             const extra_arguments& extra) {
    std::exception_ptr error;
    try {
        begun_start begun = spec.start()(spec.name(), extra);
        if (auto* made = std::get_if<server>(&begun)) {
            (*made)->is_child(id);
            server_start starting{std::move(*made)};
            co_return co_await starting;
        }
        if (auto* running = std::get_if<task<start_outcome>>(&begun)) {
            co_return co_await *running;
        }
        co_return std::get<start_outcome>(std::move(begun));
    } catch (...) {
        error = std::current_exception();
    }
    co_return failed_with(error, static_cast<bool>(id));
}

}  // namespace

std::optional<task<start_outcome>> start_child(const child_spec& spec,
                                               const detail::shared_text& id,
                                               const extra_arguments& extra) noexcept {
    try {
        return detail::with_reserve([&] { return starting(spec, id, extra); });
    } catch (const std::bad_alloc&) {
        return std::nullopt;
    }
}

start_outcome start_without_memory() {
    start_outcome out;
    out.why = detail::out_of_memory();
    return out;
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
