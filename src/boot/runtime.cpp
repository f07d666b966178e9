// SPDX-License-Identifier: Apache-2.0

#include "coppice/runtime.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "base/turn.hpp"
#include "boot/outside_monitor.hpp"
#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/printable.hpp"
#include "observe/looking.hpp"
#include "process/caller.hpp"
#include "process/signals.hpp"
#include "process/timers.hpp"

namespace coppice {
namespace detail {

std::shared_ptr<outside_answer> make_outside_answer() {
    return std::make_shared<outside_answer>();
}

void give(outside_answer& answer) noexcept {
    answer.give({});
}

}  // namespace detail

using detail::body;
using detail::nanoseconds;
using detail::runtime_impl;

std::string to_string(const blocking_process& p) {
    const char* const state = !p.killed ? ", in the middle of a turn, not killed"
                              : p.stuck ? ", ended, but its handler has not returned"
                                        : ", killed at the end of the deadline";
    return to_string(p.process) +
           (p.registered_name.empty() ? "" : " (" + printable(p.registered_name) + ")") + state;
}

runtime::runtime(runtime_options options)
    : impl_{std::make_unique<runtime_impl>(std::move(options), nullptr)} {}

runtime::runtime(std::unique_ptr<runtime_impl> impl) : impl_{std::move(impl)} {}

runtime::~runtime() {
    if (impl_->core->scheduler().is_own_thread() || impl_->hub->is_in_handler()) {
        detail::broken_contract(
            "a runtime was destroyed by one of its own processes or by its handler of reports, so "
            "the destructor would wait for its own caller");
    }
    impl_->stop(default_stop_deadline);
}

void runtime::start() {
    impl_->refuse_other_threads("runtime::start");
    impl_->start();
}

stop_result runtime::stop(time_span deadline) {
    impl_->refuse_other_threads("runtime::stop");
    impl_->refuse_inside("runtime::stop");
    refuse_in_report_handler("runtime::stop");
    return impl_->stop(deadline);
}

void runtime::request_stop() {
    impl_->core->request_stop();
}

bool runtime::wait_for_stop_request(time_span timeout) {
    impl_->refuse_waiting("runtime::wait_for_stop_request");
    const boot::outside_monitor nobody{*impl_};
    const std::atomic<bool>& asked = impl_->core->stop_requested();
    nobody.wait(timeout, asked);
    return asked.load();
}

void request_stop() {
    if (const process_layer::caller me; me) {
        me->world().request_stop();
    }
}

detail::runtime_core& runtime::core(const char* what) {
    impl_->refuse_other_threads(what);
    return *impl_->core;
}

/// A refused body is destroyed here.
pid runtime::spawn_body(std::unique_ptr<body> what, const mailbox_limit* limit) {
    const base::without_caller_outside here;
    std::unique_ptr<body> taken = std::move(what);
    impl_->refuse_when_stopping("runtime::spawn");
    return detail::spawn_process(core("runtime::spawn"), std::move(taken), {.limit = limit});
}

bool runtime::may_call() {
    impl_->refuse_waiting("runtime::call");
    return !impl_->is_stopping();
}

bool runtime::wait_for(const std::shared_ptr<detail::outside_answer>& answer, nanoseconds timeout) {
    const std::uint64_t tag = impl_->core->new_tag();
    impl_->core->outside().add(tag, answer);
    const bool given = impl_->wait_for(answer, timeout, boot::never_cancelled);
    impl_->core->outside().drop(tag);
    return given;
}

void runtime::exit(const pid& to, exit_reason why) {
    detail::runtime_core& world = core("runtime::exit");
    auto* sent = new process_layer::exit_signal{detail::signal_kind::exit, std::move(why)};
    detail::deliver_from_outside(world, to, sent);
    world.release_follower(to);
}

pid runtime::whereis(std::string_view name) {
    return detail::whereis_name(core("runtime::whereis"), name);
}

pid runtime::resolve(const address& to) {
    if (const detail::via_name* const via = to.via()) {
        return via->whereis_in(core("runtime: a server via a registry"));
    }
    return to.is_name() ? whereis(to.name()) : to.who();
}

bool runtime::is_alive(const pid& who) const noexcept {
    return impl_->core->is_open(who);
}

std::optional<exit_reason> runtime::wait(const pid& who, time_span timeout) {
    impl_->refuse_waiting("runtime::wait");
    const boot::outside_monitor ended{*impl_, who};
    if (!ended.wait(timeout, boot::never_cancelled)) {
        return std::nullopt;
    }
    if (const auto why = ended.why()) {
        return why;
    }
    // The wait ended without a reason, so the runtime has stopped.
    return impl_->core->is_open(who) ? std::nullopt
                                     : std::optional{impl_->core->to_pids().reason_of_absence(who)};
}

exit_reason runtime::run_body(std::unique_ptr<body> what) {
    const base::without_caller_outside here;
    std::unique_ptr<body> taken = std::move(what);  // a refused body is destroyed here
    impl_->refuse_waiting("runtime::run");
    impl_->refuse_when_stopping("runtime::run");
    boot::outside_monitor ended{*impl_};
    ended.watches(
        detail::spawn_process(*impl_->core, std::move(taken), {.monitor_tag = ended.tag()}));
    if (!ended.wait(detail::forever, boot::never_cancelled)) {
        return reason::timeout;  // the simulation has no event left
    }
    return ended.why().value_or(reason::killed);  // the runtime left the process behind in its turn
}

std::unique_ptr<runtime> runtime_access::make_simulated(runtime_options options,
                                                        base::event_sink* events) {
    options.clock = clock_kind::simulated;
    auto impl = std::make_unique<runtime_impl>(std::move(options), events);
    return std::unique_ptr<runtime>{new runtime{std::move(impl)}};
}

std::uint64_t runtime::process_count() const noexcept {
    return impl_->core->alive();
}

clock_kind runtime::clock() const noexcept {
    return impl_->simulated() ? clock_kind::simulated : clock_kind::real;
}

unsigned runtime::workers() const noexcept {
    return impl_->core->scheduler().shard_count();
}

std::vector<stuck_process> runtime::stuck_processes() const {
    return impl_->core->stuck_turns_now().all();
}

runtime_statistics runtime::statistics() const {
    impl_->refuse_other_threads("runtime::statistics");
    return observe::statistics_of(*impl_->core);
}

void runtime::visit_processes(callback<void(const process_glance&)> seen) const {
    impl_->refuse_other_threads("runtime::visit_processes");
    observe::visit(*impl_->core, seen);
}

std::vector<process_glance> runtime::process_glances() const {
    impl_->refuse_other_threads("runtime::process_glances");
    return observe::glances_of(*impl_->core);
}

std::vector<timer_glance> runtime::timer_glances(std::size_t limit) const {
    impl_->refuse_other_threads("runtime::timer_glances");
    return process_layer::glance_at_timers(*impl_->core, limit);
}

events::page runtime::recent_events(std::uint64_t since, std::size_t limit) const {
    impl_->refuse_other_threads("runtime::recent_events");
    return observe::recent_of(*impl_->core, since, limit);
}

bool runtime::write_events(const std::string& path) const {
    impl_->refuse_other_threads("runtime::write_events");
    return observe::write_all(*impl_->core, path);
}

report_level runtime::set_report_level(report_level level) {
    return impl_->hub->set_level(level);
}

report_reader runtime::read_reports(report_level level, std::size_t room) {
    return report_reader{impl_->hub->tap(level, room)};
}

std::uint64_t runtime::reports_lost() const noexcept {
    return impl_->hub->lost();
}

void runtime::log(report_level level, std::string text) {
    impl_->refuse_other_threads("runtime::log");
    if (impl_->hub->wants(level)) {
        impl_->core->publish(level, {}, text_report{std::move(text)});
    }
}

void runtime::flush_reports() {
    impl_->refuse_inside("runtime::flush_reports");
    refuse_in_report_handler("runtime::flush_reports");
    impl_->hub->flush();
}

void runtime::refuse_in_report_handler(const char* what) const {
    if (impl_->hub->is_in_handler()) {
        throw std::logic_error{std::string{"coppice::"} + what +
                               ": called in a handler of reports, so the call would wait for its "
                               "own caller; call request_stop() there"};
    }
}

}  // namespace coppice
