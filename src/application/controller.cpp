// SPDX-License-Identifier: Apache-2.0

#include "application/controller.hpp"

#include <algorithm>
#include <utility>

#include "application/end_texts.hpp"
#include "application/master.hpp"
#include "application/members.hpp"
#include "application/shutdown.hpp"
#include "coppice/show.hpp"
#include "process/caller.hpp"
#include "supervise/restart_rule.hpp"

namespace coppice::application::detail {
namespace {

void_result refused(const char* why, std::string_view app) {
    return std::unexpected{exit_reason::tuple(why, exit_reason::symbol(app))};
}

/// Whether a start has failed with `exit(normal)`. A transient application may fail so without
/// ending the runtime.
bool is_normal_exit(const exit_reason& why) {
    static const exit_reason normally = exit_reason::tuple("'EXIT'", reason::normal);
    return why.size() == 2 && why[0] == exit_reason{"bad_return"} && why[1].size() == 2 &&
           why[1][1] == normally;
}

}  // namespace

controller::controller()
    : runtime_{coppice::detail::current_runtime()}, known_{directory::of(runtime_)} {
    trap_exit(true);
    known_.forget_runs();  // a killed controller has left its records
}

void_result controller::may_start(std::string_view name) const {
    const auto app = known_.find(name);
    if (!app) {
        return refused("not_loaded", name);
    }
    if (app->now == state::running) {
        return refused("already_started", name);
    }
    for (const description* each : app->what->depends_on()) {
        if (const std::string needed = each->name(); !known_.is_started(needed)) {
            return refused("not_started", needed);
        }
    }
    return {};
}

task<> controller::handle_call(start asked, reply_to<void_result> starter) {
    if (const auto others = starting_.find(asked.name); others != starting_.end()) {
        others->second.push_back(starter);
        co_return;
    }
    if (const void_result allowed = may_start(asked.name); !allowed) {
        starter(allowed);
        co_return;
    }
    const description_ref what{*known_.find(asked.name)->what};
    if (what->make == nullptr) {
        known_.set_starting(asked.name, asked.type, {});
        known_.set_running(asked.name, {});
        report_start(asked.name);
        starter(void_result{});
        co_return;
    }
    const pid me = self();
    auto starting = start_link<master>(what, me);
    const auto begun = co_await starting;
    if (!begun) {
        starter(std::unexpected{begun.error()});
        co_return;
    }
    known_.set_starting(asked.name, asked.type, begun.process());
    starting_[asked.name].push_back(starter);
}

void controller::answer(std::string_view name, const void_result& result) {
    const auto waiting = starting_.find(name);
    if (waiting == starting_.end()) {
        return;
    }
    for (const auto& starter : waiting->second) {
        starter(result);
    }
    starting_.erase(waiting);
}

void controller::handle_cast(const started& told) {
    const auto app = known_.find(told.name);
    if (!app || app->now != state::starting || app->master != told.master) {
        return;
    }
    known_.set_running(told.name, told.top);
    report_start(told.name);
    answer(told.name, {});
}

void controller::handle_cast(const failed& told) {
    const auto app = known_.find(told.name);
    if (!app || app->now != state::starting || app->master != told.master) {
        return;
    }
    known_.set_state(told.name, state::loaded);
    report_exit(told.name, told.why, app->type);
    answer(told.name, std::unexpected{told.why});
    if (supervise::is_failure(app->type, is_normal_exit(told.why))) {
        end_runtime(exit_reason::tuple("application_start_failure", exit_reason::symbol(told.name),
                                       told.why),
                    failed_start_text(told.name, told.why));
    }
}

void controller::handle_cast(const ended& told) {
    const auto app = known_.find(told.name);
    if (!app || app->now != state::running || app->master != told.master) {
        return;
    }
    known_.set_state(told.name, state::ended);
    report_exit(told.name, told.why, app->type);
    if (supervise::is_failure(app->type, told.why == reason::normal)) {
        end_runtime(
            exit_reason::tuple("application_terminated", exit_reason::symbol(told.name), told.why),
            end_text(told.name, told.why));
    }
}

/// The exit of a master without a message to the controller. A regular end is preceded by `failed` or
/// `ended`, and the state has changed by then.
void controller::handle_info(const exit_message& m) {
    for (const information& each : known_.loaded()) {
        const auto app = known_.find(each.name);
        if (!app || app->master != m.from ||
            (app->now != state::starting && app->now != state::running)) {
            continue;
        }
        const pid gone = m.from;
        spawn([gone]() -> task<> {
            auto killing = kill_members(gone);
            co_await killing;
        });
        handle_cast(failed{m.from, each.name, m.why});
        handle_cast(ended{m.from, each.name, m.why});
        return;
    }
}

task<> controller::stop_master(std::string name, pid master) {
    const auto app = known_.find(name);
    const time_span limit =
        app ? app->what->shutdown_timeout : time_span{std::chrono::nanoseconds::max()};
    unlink(master);
    auto stopping = shut_down_within(master, limit);
    if (const bool in_time = co_await stopping; in_time) {
        co_return;
    }
    log(report_level::error,
        "application " + name + " did not stop within its shutdown_timeout of " +
            coppice::show(std::chrono::ceil<std::chrono::milliseconds>(limit.value())) +
            ", and was killed");
    auto killing = kill_members(master);
    co_await killing;
}

task<void_result> controller::handle_call(stop asked) {
    const auto app = known_.find(asked.name);
    if (!app || !app->is_started()) {
        co_return refused("not_started", asked.name);
    }
    if (app->now == state::running) {
        if (app->master) {
            auto stopping = stop_master(asked.name, app->master);
            co_await stopping;
        }
        report_exit(asked.name, "stopped", app->type);
    }
    known_.set_state(asked.name, state::loaded);
    co_return void_result{};
}

/// The runtime ends, or an application has ended the runtime. Stops the other applications, newest first. An
/// application that is starting is newer than each that is running.
task<> controller::terminate(exit_reason /*why*/) {
    for (const auto& [name, waiting] : starting_) {
        if (const auto app = known_.find(name); app && app->now == state::starting && app->master) {
            auto stopping = stop_master(name, app->master);
            co_await stopping;
        }
    }
    for (const information& each : known_.running()) {
        if (each.master) {
            auto stopping = stop_master(each.name, each.master);
            co_await stopping;
        }
        known_.set_state(each.name, state::loaded);
    }
    co_return;
}

void controller::end_runtime(const exit_reason& why, std::string told) {
    known_.end_runtime();
    if (why[2] == reason::normal) {
        runtime_.request_stop();
    } else {
        runtime_.request_stop({why, std::move(told)});
    }
    stop_with(reason::shutdown_with(why));  // reported by the exit report, and by `run`
}

void controller::report_start(std::string_view name) {
    runtime_.report_if_possible(report_level::info, self(),
                                [&] { return application_progress_report{std::string{name}}; });
}

void controller::report_exit(std::string_view name, exit_reason why, restart_type type) {
    runtime_.report_if_possible(report_level::notice, self(), [&] {
        return application_exit_report{std::string{name}, std::move(why), type};
    });
}

}  // namespace coppice::application::detail
