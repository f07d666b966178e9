// SPDX-License-Identifier: Apache-2.0

#include "supervise/reports.hpp"

#include "supervise/key_index.hpp"

#include "base/turn.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"

namespace coppice::supervise {

using detail::current_runtime;

child_summary summary_of(const child_spec& spec, const pid& process) {
    return {process,        spec.id(),          spec.start().describe(),
            spec.restart(), spec.significant(), spec.shutdown(),
            spec.type()};
}

std::string shown_name(const std::string& fallback) {
    const pid me = self();
    const std::string name = current_runtime().names().name_of(me);
    return name.empty() ? "{" + to_string(me) + "," + fallback + "}" : name;
}

supervisor_report end_report(supervisor_context context, const std::string& supervisor,
                             const exit_reason& why, const child_spec& spec, const pid& process) {
    return {shown_name(supervisor), context, why, summary_of(spec, process)};
}

progress_report start_report(const std::string& supervisor, const child_spec& spec,
                             const pid& process) {
    return {shown_name(supervisor), summary_of(spec, process)};
}

text_report unexpected_report(const std::string& supervisor, const any_message& message) {
    return {"Supervisor " + shown_name(supervisor) +
            " received unexpected message: " + message.describe()};
}

void note_restart(const pid& started, const child_spec& spec, const exit_reason& last) noexcept {
    const detail::process& me = *base::current_process();
    me.world().note_restart(started, me.self(), spec.id(), last);
}

/// `runtime_core::note_give_up` may take a while, so the process's custody is released first.
void note_give_up(const child_spec& spec) noexcept {
    detail::runtime_core* world = nullptr;
    pid supervisor;
    pid parent;
    if (const process_layer::caller me; me) {
        world = &me->world();
        supervisor = me->self();
        parent = me->parent();
    }
    if (world != nullptr) {
        world->note_give_up(supervisor, parent, spec.id());
    }
}

jitter_source jitter_of(const pid& supervisor) {
    const auto now = static_cast<std::uint64_t>(detail::now().count());
    return jitter_source{(std::uint64_t{hash_of(supervisor)} << 32U) ^ now};
}

std::int64_t whole_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(detail::now()).count();
}

}  // namespace coppice::supervise
