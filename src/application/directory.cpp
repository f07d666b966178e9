// SPDX-License-Identifier: Apache-2.0

#include "application/directory.hpp"

#include <algorithm>
#include <utility>

#include "application/controller.hpp"
#include "platform/guarded.hpp"
#include "process/caller.hpp"

namespace coppice::application::detail {
namespace {

std::unexpected<exit_reason> refused(const char* why, std::string_view app) {
    return std::unexpected{exit_reason::tuple(why, exit_reason::symbol(app))};
}

information told(const std::string& name, const record& known) {
    information out;
    out.name = name;
    out.description = known.what->text();
    out.version = known.what->version();
    out.type = known.type;
    out.running = known.now == state::running;
    out.started = known.is_started();
    if (out.running) {
        out.master = known.master;
        out.top = known.top;
    }
    return out;
}

changes difference(const table& before, const table& after) {
    changes out;
    for (const table::entry& each : after) {
        const auto old = std::ranges::find(before, each.key, &table::entry::key);
        if (old == before.end()) {
            out.added.set(each.key, each.what);
        } else if (!(old->what == each.what)) {
            out.changed.set(each.key, each.what);
        }
    }
    for (const table::entry& each : before) {
        if (std::ranges::find(after, each.key, &table::entry::key) == after.end()) {
            out.removed.push_back(each.key);
        }
    }
    return out;
}

}  // namespace

void_result directory::load(const description& what) {
    const std::string name = what.name();
    const settings declared = what.environment();
    const coppice::platform::scoped_lock lock{mutex_};
    if (const record* known = own(name)) {
        return refused(known->what == &what ? "already_loaded" : "name_taken", name);
    }
    table& env = environments_[name];
    for (const setting& each : declared) {
        if (each.otherwise() && env.find(each.key()) == nullptr) {
            env.set(each.key(), *each.otherwise());
        }
    }
    records_.emplace(name, record{.what = &what, .loaded_as = ++counted_});
    return {};
}

void_result directory::unload(std::string_view name) {
    const coppice::platform::scoped_lock lock{mutex_};
    const record* known = own(name);
    if (known == nullptr) {
        return refused("not_loaded", name);
    }
    if (known->now == state::running || known->now == state::starting) {
        return refused("running", name);
    }
    records_.erase(records_.find(name));
    if (const auto env = environments_.find(name); env != environments_.end()) {
        environments_.erase(env);
    }
    return {};
}

std::optional<record> directory::find(std::string_view name) const {
    const coppice::platform::scoped_lock lock{mutex_};
    const auto found = records_.find(name);
    return found == records_.end() ? std::nullopt : std::optional{found->second};
}

bool directory::is_started(std::string_view name) const {
    const auto known = find(name);
    return known && known->is_started();
}

record* directory::own(std::string_view name) {
    const auto found = records_.find(name);
    return found == records_.end() ? nullptr : &found->second;
}

std::vector<information> directory::sorted(bool only_running) const {
    std::vector<std::pair<std::uint64_t, information>> numbered;
    {
        const coppice::platform::scoped_lock lock{mutex_};
        for (const auto& [name, known] : records_) {
            if (!only_running || known.now == state::running) {
                numbered.emplace_back(only_running ? known.running_as : known.loaded_as,
                                      told(name, known));
            }
        }
    }
    std::ranges::sort(numbered, std::greater{}, [](const auto& each) { return each.first; });
    std::vector<information> out;
    out.reserve(numbered.size());
    for (auto& each : numbered) {
        out.push_back(std::move(each.second));
    }
    return out;
}

std::vector<information> directory::loaded() const {
    return sorted(false);
}

std::vector<information> directory::running() const {
    return sorted(true);
}

void directory::forget_runs() {
    const coppice::platform::scoped_lock lock{mutex_};
    for (auto& [name, known] : records_) {
        known.now = state::loaded;
    }
}

void directory::set_starting(std::string_view name, restart_type type, const pid& master) {
    const coppice::platform::scoped_lock lock{mutex_};
    if (record* known = own(name)) {
        known->now = state::starting;
        known->type = type;
        known->master = master;
        known->top = {};
    }
}

void directory::set_running(std::string_view name, const pid& top) {
    const coppice::platform::scoped_lock lock{mutex_};
    if (record* known = own(name)) {
        known->now = state::running;
        known->top = top;
        known->running_as = ++counted_;
    }
}

void directory::set_state(std::string_view name, state now) {
    const coppice::platform::scoped_lock lock{mutex_};
    if (record* known = own(name)) {
        known->now = now;
    }
}

std::optional<value> directory::find_env(std::string_view app, std::string_view key) const {
    const coppice::platform::scoped_lock lock{mutex_};
    const auto env = environments_.find(app);
    const value* found = env == environments_.end() ? nullptr : env->second.find(key);
    return found == nullptr ? std::nullopt : std::optional{*found};
}

table directory::all_env(std::string_view app) const {
    const coppice::platform::scoped_lock lock{mutex_};
    const auto env = environments_.find(app);
    return env == environments_.end() ? table{} : env->second;
}

void directory::put_env(std::string_view app, std::string_view key, value v) {
    const coppice::platform::scoped_lock lock{mutex_};
    environments_[std::string{app}].set(key, std::move(v));
}

void directory::delete_env(std::string_view app, std::string_view key) {
    const coppice::platform::scoped_lock lock{mutex_};
    if (const auto env = environments_.find(app); env != environments_.end()) {
        env->second.erase(key);
    }
}

changes directory::replace_env(std::string_view app, table next) {
    const coppice::platform::scoped_lock lock{mutex_};
    table& env = environments_[std::string{app}];
    changes out = difference(env, next);
    env = std::move(next);
    return out;
}

pid directory::controller(coppice::detail::runtime_core& world) {
    const coppice::platform::scoped_lock lock{mutex_};
    if (ends_runtime_) {
        return {};
    }
    if (!world.is_open(controller_)) {
        auto body =
            coppice::detail::make_server<application::detail::controller>(named(controller_name));
        body->started_from_outside();
        controller_ = coppice::detail::spawn_process(world, std::move(body), {});
    }
    return controller_;
}

void directory::end_runtime() {
    const coppice::platform::scoped_lock lock{mutex_};
    ends_runtime_ = true;
}

directory* directory_here() {
    coppice::detail::runtime_core* const world = coppice::process_layer::runtime_of_caller();
    return world == nullptr ? nullptr : &directory::of(*world);
}

}  // namespace coppice::application::detail
