// SPDX-License-Identifier: Apache-2.0

#include "coppice/application.hpp"

#include <algorithm>
#include <utility>

#include "application/controller.hpp"
#include "application/directory.hpp"
#include "application/end_texts.hpp"
#include "application/master.hpp"
#include "process/caller.hpp"
#include "process/line.hpp"

namespace coppice::application {
namespace detail {
namespace {

server<controller> controller_here() {
    coppice::detail::runtime_core* const world = coppice::process_layer::runtime_of_caller();
    return server<controller>{world == nullptr ? pid{} : directory::of(*world).controller(*world)};
}

exit_reason about(const char* why, std::string_view app) {
    return exit_reason::tuple(why, exit_reason::symbol(app));
}

/// The answer of the controller. If the call fails, the error is only the reason, without the term
/// of the call.
template <class Asked>
task<void_result> ask_controller(Asked asked) {
    const server<controller> there = controller_here();
    if (!there.whereis()) {
        co_return std::unexpected{reason::noproc};
    }
    auto asking = there.try_call(asked, no_timeout);
    auto answer = co_await asking;
    if (!answer) {
        const exit_reason& why = answer.error();
        co_return std::unexpected{why.size() == 2 ? why[0] : why};
    }
    co_return std::move(*answer);
}

}  // namespace

start_outcome as_outcome(const pid& top) {
    start_outcome out;
    out.kind = start_kind::ok;
    out.process = top;
    return out;
}

void_result load(const description& what) {
    directory* const known = directory_here();
    return known == nullptr ? void_result{} : known->load(what);
}

task<void_result> start(const description* what, restart_type type) {
    if (const void_result loaded = load(*what);
        !loaded && loaded.error() != about("already_loaded", what->name())) {
        co_return loaded;
    }
    auto starting = application::start(what->name(), type);
    co_return co_await starting;
}

namespace {

/// The applications that are being started as dependencies of one another, and the applications that
/// have been started.
struct ensuring {
    restart_type type;
    std::vector<const description*> underway;
    std::vector<std::string> started;
};

task<void_result> ensure_started(ensuring& all, const description* what) {
    const std::string name = what->name();
    const directory* const known = directory_here();
    if (known == nullptr) {
        co_return void_result{};
    }
    if (const auto found = known->find(name); found && found->now == state::running) {
        co_return void_result{};
    }
    if (std::ranges::find(all.underway, what) != all.underway.end()) {
        const exit_reason circle = about("circular_dependency", name);
        co_return std::unexpected{exit_reason::tuple(exit_reason::symbol(name), circle)};
    }
    all.underway.push_back(what);
    for (const description* each : what->depends_on()) {
        if (!known->is_started(each->name())) {
            auto ensured = ensure_started(all, each);
            const void_result result = co_await ensured;
            if (!result) {
                co_return result;
            }
        }
    }
    all.underway.pop_back();
    auto starting = start(what, all.type);
    const void_result result = co_await starting;
    if (!result && result.error() != about("already_started", name)) {
        co_return std::unexpected{exit_reason::tuple(exit_reason::symbol(name), result.error())};
    }
    if (result) {
        all.started.push_back(name);
    }
    co_return void_result{};
}

}  // namespace

task<start_list> ensure_all_started(const description* what, restart_type type) {
    ensuring all{type, {}, {}};
    auto ensured = ensure_started(all, what);
    const void_result result = co_await ensured;
    if (result) {
        co_return all.started;
    }
    while (!all.started.empty()) {
        auto stopping = stop(all.started.back());
        (void)co_await stopping;
        all.started.pop_back();
    }
    co_return std::unexpected{result.error()};
}

void request_stop_for_failed_start(const exit_reason& error) {
    if (const coppice::process_layer::caller me; me) {
        me->world().request_stop(
            {exit_reason::tuple("application_start_failure", error[0], error[1]),
             failed_start_text(to_string(error[0]), error[1])});
    }
}

}  // namespace detail

void_result unload(std::string_view name) {
    detail::directory* const known = detail::directory_here();
    return known == nullptr ? void_result{} : known->unload(name);
}

task<void_result> start(std::string name, restart_type type) {
    detail::controller::start asked{std::move(name), type};
    auto asking = detail::ask_controller(std::move(asked));
    co_return co_await asking;
}

task<void_result> stop(std::string name) {
    const detail::directory* const known = detail::directory_here();
    if (known != nullptr && !known->find(name)) {
        co_return std::unexpected{detail::about("not_started", name)};
    }
    detail::controller::stop asked{std::move(name)};
    auto asking = detail::ask_controller(std::move(asked));
    co_return co_await asking;
}

task<void_result> change_env(std::string name, table next) {
    detail::directory* const known = detail::directory_here();
    if (known == nullptr) {
        co_return void_result{};
    }
    detail::master::change asked{known->replace_env(name, std::move(next))};
    const auto app = known->find(name);
    if (asked.what.empty() || !app || app->now != detail::state::running || !app->master) {
        co_return void_result{};
    }
    auto asking = server<detail::master>{app->master}.try_call(asked, no_timeout);
    auto answer = co_await asking;
    if (!answer) {
        co_return std::unexpected{answer.error()};
    }
    co_return std::move(*answer);
}

std::vector<information> which_applications() {
    const detail::directory* const known = detail::directory_here();
    return known == nullptr ? std::vector<information>{} : known->running();
}

std::vector<information> loaded_applications() {
    const detail::directory* const known = detail::directory_here();
    return known == nullptr ? std::vector<information>{} : known->loaded();
}

task<std::string> get_application(pid who) {
    auto asking = coppice::process_layer::first_of_line(who);
    const pid first = co_await asking;
    for (const information& each : which_applications()) {
        if (each.master && (each.master == first || each.master == who)) {
            co_return each.name;
        }
    }
    co_return std::string{};
}

}  // namespace coppice::application
