// SPDX-License-Identifier: Apache-2.0

#include "coppice/runtime.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "platform/cpus.hpp"
#include "process/signals.hpp"
#include "process/timers.hpp"

namespace coppice {
namespace detail {

namespace {

constexpr unsigned spares_max = 64;
/// Its runs are those that a reader expects: signals arrive at once.
constexpr std::uint64_t plain_seed = 1;
constexpr nanoseconds shortest_kill_grace = std::chrono::milliseconds{500};
constexpr nanoseconds longest_kill_grace = std::chrono::seconds{2};

/// Throws std::invalid_argument for what could not work.
runtime_options checked(runtime_options options) {
    if (options.workers > timer_shards_max) {
        throw std::invalid_argument{"runtime_options: workers is " +
                                    std::to_string(options.workers) + ", and " +
                                    std::to_string(timer_shards_max) + " is the most"};
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
        const unsigned count = options.workers == 0
                                   ? std::min(platform::usable_cpus(), timer_shards_max)
                                   : options.workers;
        auto workers = std::make_unique<sched::worker_scheduler>(sched::worker_scheduler::settings{
            count, options.spin, options.stuck_after, options.spare_workers});
        workers_ = workers.get();
        scheduler = std::move(workers);
    }
    hub = std::make_shared<observe::report_hub>(
        options.level, std::move(options.on_report),
        simulate ? observe::delivery::at_once : observe::delivery::on_own_thread);
    // Keeping a stack costs more than the throw: nobody pays for what nobody is shown.
    const bool stacks = options.capture_stacks.value_or(hub->wants(report_level::error));
    core = std::make_shared<runtime_core>(
        std::move(scheduler), hub.get(), simulate ? events : nullptr,
        runtime_core::settings{options.turn_budget, stacks, options.sample_stuck_stacks});
    kill_grace =
        2 * std::clamp(options.stuck_after, shortest_kill_grace / 2, longest_kill_grace / 2);
    if (workers_ != nullptr) {
        workers_->listen(core->lost_turns());
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

bool runtime_impl::wait_for(std::uint64_t tag, const std::shared_ptr<outside_answer>& answer,
                            nanoseconds timeout) {
    core->outside().add(tag, answer);
    bool given = false;
    if (simulated()) {
        const nanoseconds now = sim_->clock().now();
        // Without a limit a simulation that has nothing more to do would wait for ever: it never
        // answers.
        const nanoseconds until =
            timeout >= time::never - now ? time::never - nanoseconds{1} : now + timeout;
        given = run_until(until, [&] { return answer->given(); });
    } else {
        given = answer->wait(timeout);
    }
    core->outside().drop(tag);
    return given;
}

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
                                        : ", killed when the time was over";
    return to_string(p.process) +
           (p.registered_name.empty() ? "" : " (" + p.registered_name + ")") + state;
}

runtime::runtime(runtime_options options)
    : impl_{std::make_unique<runtime_impl>(std::move(options), nullptr)} {}

runtime::runtime(std::unique_ptr<runtime_impl> impl) : impl_{std::move(impl)} {}

runtime::~runtime() {
    if (!impl_->stopped) {
        stop();
    }
}

void runtime::start() {
    if (!impl_->started.exchange(true) && !impl_->simulated()) {
        // The workers keep the core and the hub alive even if this runtime has to leave one behind.
        impl_->workers_->start(std::make_shared<std::pair<std::shared_ptr<detail::runtime_core>,
                                                          std::shared_ptr<observe::report_hub>>>(
            impl_->core, impl_->hub));
    }
}

detail::runtime_core& runtime::core() noexcept {
    return *impl_->core;
}

bool runtime::wait_for(const std::shared_ptr<detail::outside_answer>& answer, nanoseconds timeout) {
    return impl_->wait_for(core().new_tag(), answer, timeout);
}

void runtime::exit(const pid& to, exit_reason why) {
    detail::deliver_from_outside(
        core(), to, new detail::exit_signal{detail::signal_kind::exit, std::move(why)});
}

pid runtime::whereis(std::string_view name) {
    return detail::whereis_name(core(), name);
}

bool runtime::is_alive(const pid& who) const noexcept {
    return impl_->core->is_open(who);
}

std::optional<exit_reason> runtime::wait(const pid& who, nanoseconds timeout) {
    const std::uint64_t tag = core().new_tag();
    const auto ended = detail::make_outside_answer();
    core().outside().add(tag, ended);  // before the answer can come
    auto* asked = new detail::monitor_signal{nullptr};
    asked->from = core().outside_pid();
    asked->tag = tag;
    core().deliver(who, asked);
    if (!impl_->wait_for(tag, ended, timeout)) {
        auto* over = new detail::plain_signal{detail::signal_kind::demonitor};
        over->from = core().outside_pid();
        over->tag = tag;
        core().deliver(who, over);
        return std::nullopt;
    }
    if (const auto why = ended->why()) {
        return why;
    }
    return core().is_open(who) ? std::nullopt : std::optional{reason::noproc};  // nobody runs
}

exit_reason runtime::run_body(std::unique_ptr<body> what) {
    const std::uint64_t tag = core().new_tag();
    const auto ended = detail::make_outside_answer();
    core().outside().add(tag, ended);
    detail::spawn_process(core(), std::move(what), {.monitor_tag = tag});
    const bool given = impl_->wait_for(tag, ended, detail::forever);
    if (!given) {
        return reason::timeout;  // a simulation has come to its last event
    }
    return ended->why().value_or(reason::killed);  // it was left behind in its turn
}

exit_reason runtime_access::run(runtime& world, std::unique_ptr<body> main) {
    return world.run_body(std::move(main));
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

unsigned runtime::workers() const noexcept {
    return impl_->core->scheduler().shard_count();
}

std::vector<stuck_process> runtime::stuck_processes() const {
    return impl_->core->lost_turns().all();
}

std::uint64_t runtime::reports_lost() const noexcept {
    return impl_->hub->lost();
}

void runtime::flush_reports() {
    impl_->hub->flush();
}

namespace {

/// What is left of a deadline that counts in real or virtual time.
class time_left {
  public:
    time_left(const platform::clock& clock, nanoseconds limit)
        : clock_{clock}, end_{clock.now() + std::min(limit, nanoseconds{std::chrono::hours{24}})} {}
    nanoseconds get() const { return std::max(end_ - clock_.now(), nanoseconds::zero()); }

  private:
    const platform::clock& clock_;
    nanoseconds end_;
};

}  // namespace

// In this order: what was started from outside, newest first, which takes along what is linked to
// it; the supervisors that lost their parent by that, which stop their own trees in order; then
// whoever is left. What is late is killed at once, and has one grace for all.
stop_result runtime::stop(nanoseconds deadline) {
    stop_result result;
    if (impl_->stopped.exchange(true) || (!impl_->started && !impl_->simulated())) {
        return result;
    }
    detail::runtime_core& world = *impl_->core;
    const time_left asking{world.scheduler().clock(), deadline};
    std::vector<pid> roots = world.roots();
    std::reverse(roots.begin(), roots.end());
    for (const pid& root : roots) {
        exit(root, reason::shutdown);
        wait(root, asking.get());
    }
    for (const pid& left : world.supervisors()) {
        wait(left, asking.get());
    }
    for (const pid& left : world.processes()) {
        exit(left, reason::shutdown);
    }
    for (const pid& left : world.processes()) {
        wait(left, asking.get());
    }
    result.blocking = kill_late();
    if (!impl_->simulated()) {
        impl_->workers_->stop(std::chrono::steady_clock::now() + impl_->kill_grace);
        world.outside().close();
        impl_->hub->flush(std::max(asking.get(), impl_->kill_grace));
    }
    return result;
}

std::vector<blocking_process> runtime::kill_late() {
    detail::runtime_core& world = *impl_->core;
    std::vector<blocking_process> late;
    for (const pid& each : world.processes()) {
        late.push_back({each, world.names().name_of(each), false});
        exit(each, reason::kill);
    }
    const time_left grace{world.scheduler().clock(), impl_->kill_grace};
    for (blocking_process& each : late) {
        each.killed = wait(each.process, grace.get()).has_value();
    }
    for (const pid& started_meanwhile : world.processes()) {
        exit(started_meanwhile, reason::kill);
        wait(started_meanwhile, grace.get());
    }
    for (const stuck_process& stuck : stuck_processes()) {
        const auto found = std::ranges::find(late, stuck.process, &blocking_process::process);
        if (found != late.end()) {
            found->stuck = true;
        } else {
            late.push_back({stuck.process, stuck.registered_name, stuck.has_ended, true});
        }
    }
    return late;
}

}  // namespace coppice
