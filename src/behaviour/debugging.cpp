// SPDX-License-Identifier: Apache-2.0
// The events that a debugged server reports, and their destinations.

#include <algorithm>
#include <utility>

#include "behaviour/debugging.hpp"
#include "coppice/report.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

std::uint64_t own_reductions() {
    const process_layer::caller me;
    return me ? me->reductions() : 0;
}

sys::event_kind kind_of(const message_node& arrived) noexcept {
    if (arrived.kind == signal_kind::call) {
        return sys::event_kind::call;
    }
    return arrived.type->role == message_role::request && !arrived.flag ? sys::event_kind::cast
                                                                        : sys::event_kind::info;
}

}  // namespace

void behaviour_body::debugging_deleter::operator()(debugging* dead) const noexcept {
    delete dead;
}

debugging& behaviour_body::debug() {
    if (!debug_) {
        debug_.reset(new debugging);
    }
    return *debug_;
}

void behaviour_body::debug_at_start(std::shared_ptr<const debug_setup> how) {
    debug().setup = std::move(how);
    attention_ |= set_up;
}

/// The work of `init` is no event, as in OTP.
void behaviour_body::begin_debugging() {
    no_longer(set_up);
    const std::shared_ptr<const debug_setup> how = std::move(debug_->setup);
    how->apply(*this);
    has_replied_ = true;
    debugging_has_changed();
}

void behaviour_body::debugging_has_changed() noexcept {
    if (debug_ && !debug_->is_idle()) {
        attention_ |= watched;
    } else {
        no_longer(watched);
        debug_.reset();
    }
}

void behaviour_body::tell_arrival(const message_node& arrived) {
    has_replied_ = false;
    debug_->tell(kind_of(arrived), [&] {
        return sys::event{kind_of(arrived), arrived.from, arrived.type->show(arrived), {}};
    });
    debugging_has_changed();
}

void behaviour_body::tell_timeout() {
    has_replied_ = false;
    debug_->tell(sys::event_kind::info,
                 [] { return sys::event{sys::event_kind::info, {}, "timeout", {}}; });
    debugging_has_changed();
}

void behaviour_body::tell_continue(const message_node& next) {
    has_replied_ = false;
    debug_->tell(sys::event_kind::continued, [&] {
        return sys::event{sys::event_kind::continued, {}, next.type->show(next), {}};
    });
    debugging_has_changed();
}

void behaviour_body::tell_reply(const pid& client, const message_node* value) {
    has_replied_ = true;
    debug_->tell(sys::event_kind::reply, [&] {
        return sys::event{sys::event_kind::reply, client,
                          value != nullptr ? value->type->show(*value) : std::string{},
                          describe_state()};
    });
    debugging_has_changed();
}

void behaviour_body::tell_new_state() {
    if (std::exchange(has_replied_, true)) {
        return;
    }
    debug_->tell(sys::event_kind::noreply,
                 [&] { return sys::event{sys::event_kind::noreply, {}, {}, describe_state()}; });
    debugging_has_changed();
}

bool debugging::has_function(const std::string& id) const {
    return std::ranges::any_of(functions, [&](const installed& each) { return each.id == id; });
}

template <class Make>
void debugging::tell(sys::event_kind kind, Make make) noexcept {
    count(kind);
    if (!log && !traces && !file && functions.empty()) {
        return;
    }
    try {
        pass_on(make());
    } catch (...) {
        // debugging never ends a server: the event is lost
    }
}

void debugging::count(sys::event_kind kind) noexcept {
    if (!statistics) {
        return;
    }
    switch (kind) {
        case sys::event_kind::call:
        case sys::event_kind::cast:
        case sys::event_kind::info:
            ++statistics->in;
            break;
        case sys::event_kind::reply:
            ++statistics->out;
            break;
        case sys::event_kind::noreply:
        case sys::event_kind::continued:
            break;
    }
}

void debugging::pass_on(const sys::event& told) {
    if (traces) {
        trace(told);
    }
    if (file) {
        write_to_file(told);
    }
    std::erase_if(functions, [&](installed& each) {
        try {
            return (*each.function)(told) == sys::next::done;
        } catch (...) {
            return true;
        }
    });
    if (log) {
        log->events.push_back(told);
        if (log->events.size() > log->limit) {
            log->events.pop_front();
        }
    }
}

void debugging::trace(const sys::event& told) noexcept {
    try {
        const std::string line = "*DBG* " + behaviour::own_name() + " " + to_string(told);
        runtime_core& world = current_runtime();
        if (writer) {
            (*writer)(line);
        } else if (world.wants(report_level::error)) {  // unless all reports are off
            world.publish_always(report_level::debug, current_pid(), text_report{line});
        }
    } catch (...) {
        traces = false;
        writer.reset();
    }
}

}  // namespace coppice::detail

namespace coppice::behaviour {

std::vector<std::string> log_of(const detail::debugging* debug) {
    std::vector<std::string> out;
    if (debug != nullptr && debug->log) {
        for (const sys::event& each : debug->log->events) {
            out.push_back(to_string(each));
        }
    }
    return out;
}

}  // namespace coppice::behaviour

namespace coppice::detail {

void set_statistics(behaviour_body& by, bool on) {
    debugging& debug = by.debug();
    if (!on) {
        debug.statistics.reset();
    } else if (!debug.statistics) {
        debug.statistics = debugging::counts{now(), own_reductions(), 0, 0};
    }
    by.debugging_has_changed();
}

std::optional<sys::server_statistics> statistics_of(const behaviour_body& by) {
    const debugging* const debug = by.debug_if_any();
    if (debug == nullptr || !debug->statistics) {
        return std::nullopt;
    }
    const debugging::counts& counted = *debug->statistics;
    return sys::server_statistics{counted.started, now(), own_reductions() - counted.reductions,
                                  counted.in, counted.out};
}

void set_log(behaviour_body& by, std::size_t limit) {
    debugging& debug = by.debug();
    if (limit == 0) {
        debug.log.reset();
    } else if (!debug.log) {
        debug.log.emplace(limit, std::deque<sys::event>{});
    }
    by.debugging_has_changed();
}

std::vector<sys::event> events_of(const behaviour_body& by) {
    const debugging* const debug = by.debug_if_any();
    return debug != nullptr && debug->log
               ? std::vector<sys::event>{debug->log->events.begin(), debug->log->events.end()}
               : std::vector<sys::event>{};
}

void begin_trace(behaviour_body& by, std::unique_ptr<trace_writer> writer) {
    debugging& debug = by.debug();
    if (!std::exchange(debug.traces, true) || writer) {
        debug.writer = std::move(writer);
    }
    by.debugging_has_changed();
}

void end_trace(behaviour_body& by) {
    debugging& debug = by.debug();
    debug.traces = false;
    debug.writer.reset();
    by.debugging_has_changed();
}

void install_function(behaviour_body& by, std::string id,
                      std::unique_ptr<debug_function> function) {
    debugging& debug = by.debug();
    if (!debug.has_function(id)) {
        debug.functions.push_back({std::move(id), std::move(function)});
    }
    by.debugging_has_changed();
}

void remove_function(behaviour_body& by, const std::string& id) {
    debugging& debug = by.debug();
    std::erase_if(debug.functions, [&](const auto& each) { return each.id == id; });
    by.debugging_has_changed();
}

void forget_debugging(behaviour_body& by) {
    by.debug() = {};
    by.debugging_has_changed();
}

sys::status status_of(const behaviour_body& by) {
    sys::status out = by.status();
    out.statistics = statistics_of(by);
    out.log = events_of(by);
    if (const debugging* const debug = by.debug_if_any()) {
        out.traces = debug->traces;
        out.log_file = debug->file ? debug->file->path() : std::string{};
        for (const debugging::installed& each : debug->functions) {
            out.functions.push_back(each.id);
        }
    }
    return out;
}

}  // namespace coppice::detail
