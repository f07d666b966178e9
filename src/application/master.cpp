// SPDX-License-Identifier: Apache-2.0

#include "application/master.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "application/controller.hpp"
#include "application/members.hpp"
#include "application/shutdown.hpp"
#include "process/crash_boundary.hpp"
#include "process/line.hpp"

namespace coppice::application::detail {
namespace {

/// The result of a user callback, or the reason of a failure. A failing callback does not end the master.
template <class T>
task<std::expected<T, exit_reason>> guarded(task<T> callback) {
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await callback;
            co_return std::expected<T, exit_reason>{};
        } else {
            auto answer = co_await callback;
            co_return std::expected<T, exit_reason>{std::move(answer)};
        }
    } catch (...) {
        error = std::current_exception();
    }
    co_return std::unexpected{coppice::detail::reason_of(error)};
}

exit_reason bad_return(exit_reason call, exit_reason answer) {
    return exit_reason::tuple("bad_return", exit_reason::tuple(std::move(call), std::move(answer)));
}

exit_reason crashed(exit_reason why) {
    return exit_reason::tuple("'EXIT'", std::move(why));
}

}  // namespace

master::master(description_ref what, pid controller)
    : what_{what}, controller_{controller}, name_{what->name()} {
    trap_exit(true);
}

void master::init() {
    coppice::process_layer::begin_line();
    continue_with(this, begin{});
}

exit_reason master::call_of(const char* function, std::string_view argument) const {
    return exit_reason::tuple(exit_reason::symbol(name_), function, exit_reason::symbol(argument));
}

task<> master::handle_continue(begin /*asked*/) {
    auto beginning = begin_tree();
    void_result begun = co_await beginning;
    if (begun) {
        auto phases = begin_phases();
        begun = co_await phases;
    }
    const server<controller> told{controller_};
    if (begun) {
        life_ = life::running;
        told.cast<controller::started>(self(), name_, top_);
        co_return;
    }
    life_ = life::failed;
    told.cast<controller::failed>(self(), name_, begun.error());
    stop_with(reason::shutdown);
}

task<void_result> master::begin_tree() {
    const exit_reason call = call_of("start", "normal");
    std::exception_ptr error;
    try {
        app_ = what_->make();
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        co_return std::unexpected{bad_return(call, crashed(coppice::detail::reason_of(error)))};
    }
    auto starting = guarded(app_->start());
    const auto answer = co_await starting;
    if (!answer) {
        co_return std::unexpected{bad_return(call, crashed(answer.error()))};
    }
    switch (answer->kind) {
        case start_kind::ignored:
            co_return std::unexpected{bad_return(call, "ignore")};
        case start_kind::failed:
            co_return std::unexpected{exit_reason::tuple(answer->why, call)};
        case start_kind::ok:
            break;
    }
    if (!answer->process) {
        co_return std::unexpected{bad_return(call, "undefined")};
    }
    top_ = answer->process;
    link(top_);
    co_return void_result{};
}

/// If a phase fails, the tree keeps running, as in OTP.
task<void_result> master::begin_phases() {
    for (const std::string& phase : what_->start_phases()) {
        auto beginning = guarded(app_->start_phase(phase));
        const auto answer = co_await beginning;
        if (answer && *answer) {
            continue;
        }
        unlink(top_);
        const exit_reason call = call_of("start_phase", phase);
        if (answer) {
            co_return std::unexpected{exit_reason::tuple(answer->error(), call)};
        }
        co_return std::unexpected{bad_return(call, crashed(answer.error()))};
    }
    co_return void_result{};
}

task<void_result> master::handle_call(change asked) {
    auto changing = guarded(app_->config_change(std::move(asked.what)));
    co_return co_await changing;
}

/// Exits of other linked processes are ignored.
void master::handle_info(const exit_message& m) {
    if (top_ && m.from == top_) {
        life_ = life::ended;
        why_ = m.why;
        stop_with(reason::shutdown);
    } else if (!m.from) {
        stop_with(reason::shutdown);  // from the runtime, which no longer waits for the controller
    }
}

task<> master::terminate(exit_reason /*why*/) {
    if (life_ == life::failed) {
        co_return;
    }
    auto preparing = guarded(app_->prep_stop());
    if (const auto prepared = co_await preparing; !prepared) {
        log(report_level::error,
            "application " + name_ + ": prep_stop failed: " + to_string(prepared.error()));
    }
    const bool was_asked = life_ != life::ended;
    if (was_asked) {
        auto ending = shut_down(top_);
        co_await ending;
    }
    auto stopping = guarded(app_->stop());
    co_await stopping;
    auto killing = kill_members(self());
    co_await killing;
    if (!was_asked) {
        server<controller>{controller_}.cast<controller::ended>(self(), name_, why_);
    }
    co_return;
}

}  // namespace coppice::application::detail
