// SPDX-License-Identifier: Apache-2.0

#include "boot/runtime_impl.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "platform/cpus.hpp"
#include "platform/guarded.hpp"
#include "process/runtimes.hpp"
#include "process/signals.hpp"
#include "process/timers.hpp"

namespace coppice::detail {

namespace {

constexpr unsigned spares_max = 64;
constexpr unsigned blocking_threads_max = 1024;
constexpr std::size_t events_kept_max = std::size_t{1} << 20U;
/// The default seed: signals are delivered at once, so a run is as a reader expects.
constexpr std::uint64_t plain_seed = 1;
constexpr nanoseconds shortest_kill_grace = std::chrono::milliseconds{500};
constexpr nanoseconds longest_kill_grace = std::chrono::seconds{2};

/// Throws std::invalid_argument for options that cannot work.
runtime_options checked(runtime_options options) {
    if (options.workers > process_layer::timer_shards_max) {
        throw std::invalid_argument{
            "runtime_options: workers is " + std::to_string(options.workers) + ", and " +
            std::to_string(process_layer::timer_shards_max) + " is the most"};
    }
    if (options.spin < std::chrono::microseconds::zero()) {
        throw std::invalid_argument{"runtime_options: spin is negative; it has to be zero or more"};
    }
    if (options.turn_budget == 0) {
        throw std::invalid_argument{
            "runtime_options: turn_budget is 0; a turn needs at least one message"};
    }
    if (options.stuck_after <= std::chrono::nanoseconds::zero()) {
        throw std::invalid_argument{"runtime_options: stuck_after has to be positive"};
    }
    if (options.spare_workers > spares_max) {
        throw std::invalid_argument{"runtime_options: spare_workers is " +
                                    std::to_string(options.spare_workers) + ", and " +
                                    std::to_string(spares_max) + " is the most"};
    }
    if (options.events_kept > events_kept_max) {
        throw std::invalid_argument{"runtime_options: events_kept is " +
                                    std::to_string(options.events_kept) + ", and " +
                                    std::to_string(events_kept_max) + " is the most"};
    }
    if (options.blocking_threads == 0 || options.blocking_threads > blocking_threads_max) {
        throw std::invalid_argument{
            "runtime_options: blocking_threads is " + std::to_string(options.blocking_threads) +
            ", and has to be from 1 to " + std::to_string(blocking_threads_max)};
    }
    return options;
}

}  // namespace

runtime_impl::runtime_impl(runtime_options given, base::event_sink* events) {
    runtime_options options = checked(std::move(given));
    const bool simulate = options.clock == clock_kind::simulated;
    std::unique_ptr<sched::scheduler> scheduler;
    if (simulate) {
        auto simulator = std::make_unique<sched::sim_scheduler>(options.seed);
        sim_ = simulator.get();
        scheduler = std::move(simulator);
    } else {
        const unsigned count = options.workers == 0 ? std::min(platform::usable_cpus(),
                                                               process_layer::timer_shards_max)
                                                    : options.workers;
        auto workers = std::make_unique<sched::thread_scheduler>(sched::thread_scheduler::settings{
            count, time_span{options.spin.value()}, options.stuck_after, options.spare_workers});
        thread_scheduler_ = workers.get();
        scheduler = std::move(workers);
    }
    hub = std::make_shared<observe::report_hub>(
        options.level, std::move(options.on_report),
        simulate ? observe::delivery::at_once : observe::delivery::on_own_thread);
    // Keeping a stack costs more than the throw, so stacks are kept only if a report may show one.
    const bool stacks = options.capture_stacks.value_or(hub->wants(report_level::error));
    core = std::make_shared<runtime_core>(
        std::move(scheduler), hub.get(), simulate ? events : nullptr,
        runtime_core::settings{.turn_budget = options.turn_budget,
                               .capture_stacks = stacks,
                               .sample_stuck_stacks = options.sample_stuck_stacks,
                               .events_kept = options.events_kept,
                               .simulated = simulate,
                               .blocking_threads = options.blocking_threads,
                               .blocking_queue = options.blocking_queue});
    if (!options.events_file.empty()) {
        events_at_end =
            std::make_shared<observe::black_box>(core->recorder(), std::move(options.events_file));
        abort_hook.emplace(&observe::black_box::write_at_abort, events_at_end.get());
        core->on_final_give_up([box = events_at_end] { box->write(); });
    }
    core->keep_reports(hub);
    process_layer::make_known(core);
    kill_grace = 2 * std::clamp(options.stuck_after.value(), shortest_kill_grace / 2,
                                longest_kill_grace / 2);
    if (thread_scheduler_ != nullptr) {
        thread_scheduler_->listen(core->stuck_turns_now());
    } else {
        core->simulate(
            *sim_, options.delays.value_or(options.seed == plain_seed ? signal_delays::none
                                                                      : signal_delays::in_order));
    }
}

void runtime_impl::run_until_idle() noexcept {
    while (sim_->step()) {
    }
}

bool runtime_impl::wait_for(const std::shared_ptr<outside_answer>& answer, nanoseconds timeout,
                            const std::atomic<bool>& unless) {
    if (!simulated()) {
        return answer->wait(timeout, unless);
    }
    // In a simulation a wait without a limit may wait for ever: no event is left, and no answer comes.
    run_until(sim_->moment_after(timeout),
              // Acquire: pairs with the releases in runtime_core::request_stop() and
              // orderly_stop::force_stop().
              [&] { return answer->given() || unless.load(std::memory_order_acquire); });
    return answer->given();
}

void runtime_impl::wake_waiters() noexcept {
    core->outside().wake_waiters();
    core->stuck_turns_now().wake_waiters();
    hub->wake_waiters();
}

void runtime_impl::kill(const pid& who) {
    core->deliver_exit(who, new process_layer::exit_signal{signal_kind::exit, reason::kill});
}

namespace {

std::string name_of(const char* what) {
    return std::string{"coppice::"} + what + ": ";
}

}  // namespace

void runtime_impl::refuse_other_threads(const char* what) const {
    if (!core->scheduler().may_be_used_here()) {
        throw std::logic_error{name_of(what) +
                               "a simulated runtime was used on another thread; use the thread "
                               "that created the runtime, or clock_kind::real"};
    }
}

void runtime_impl::refuse_inside(const char* what) const {
    if (core->scheduler().is_own_thread()) {
        throw std::logic_error{name_of(what) +
                               "called by a process of the runtime, so the call would wait for its "
                               "own caller; in a process, await call, monitor and receive, or use "
                               "coppice::request_stop() to end the runtime"};
    }
}

void runtime_impl::refuse_before_start(const char* what) const {
    if (!simulated() && now_is_.load() == phase::made) {
        throw std::logic_error{
            name_of(what) +
            "the runtime has not been started, so no process would ever run; call start() first"};
    }
}

void runtime_impl::refuse_waiting(const char* what) const {
    refuse_other_threads(what);
    refuse_inside(what);
    refuse_before_start(what);
}

void runtime_impl::refuse_when_stopping(const char* what) const {
    if (is_stopping()) {
        throw stopped_error{
            name_of(what) +
            (has_stopped() ? "the runtime has been stopped" : "the runtime is being stopped") +
            ", and starts no processes"};
    }
}

void runtime_impl::start() {
    const platform::scoped_lock lock{mutex_};
    refuse_when_stopping("runtime::start");
    if (now_is_ == phase::running) {
        return;
    }
    if (!simulated()) {
        // The scheduler threads keep the core and the hub alive, even if this runtime leaves a thread behind.
        thread_scheduler_->start(
            std::make_shared<
                std::pair<std::shared_ptr<runtime_core>, std::shared_ptr<observe::report_hub>>>(
                core, hub));
    }
    core->bounds_of_mailboxes().let_threads_wait(!simulated());
    now_is_ = phase::running;
}

stop_result runtime_impl::stop(nanoseconds limit) {
    platform::unique_lock lock{mutex_};
    if (is_stopping()) {
        wait_for_stop(lock, limit);
        return result_;
    }
    const bool has_run = simulated() || now_is_ == phase::running;
    now_is_ = phase::stopping;
    core->request_stop();
    if (has_run) {
        boot::orderly_stop stop_now{*this, limit};
        for (; force_requests_ > 0; --force_requests_) {
            stop_now.force_stop();
        }
        stopping_ = &stop_now;
        lock.unlock();
        stop_result done = stop_now.run();
        lock.lock();
        stopping_ = nullptr;
        result_ = std::move(done);
    } else {
        core->outside().close();
        core->bounds_of_mailboxes().let_threads_wait(false);
    }
    now_is_ = phase::stopped;
    has_stopped_.notify_all();
    return result_;
}

/// Another thread already stops the runtime. The stop has at most `limit` from now on.
void runtime_impl::wait_for_stop(platform::unique_lock& lock, nanoseconds limit) {
    constexpr nanoseconds longest = std::chrono::hours{24 * 365};  // a longer time would overflow
    const auto is_done = [&] { return has_stopped(); };
    if (!has_stopped_.wait_for(lock.native(), std::min(limit, longest), is_done)) {
        stopping_->force_stop();
        has_stopped_.wait(lock.native(), is_done);
    }
}

bool runtime_impl::force_stop() noexcept {
    const platform::scoped_lock lock{mutex_};
    if (has_stopped()) {
        return false;
    }
    if (stopping_ != nullptr) {
        stopping_->force_stop();
    } else {
        ++force_requests_;
    }
    return true;
}

}  // namespace coppice::detail
