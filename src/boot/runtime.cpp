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
        auto workers = std::make_unique<sched::worker_scheduler>(
            sched::worker_scheduler::settings{count, options.spin});
        workers_ = workers.get();
        scheduler = std::move(workers);
    }
    hub = std::make_shared<observe::report_hub>(
        options.level, std::move(options.on_report),
        simulate ? observe::delivery::at_once : observe::delivery::on_own_thread);
    core = std::make_shared<runtime_core>(
        std::move(scheduler), hub.get(), simulate ? events : nullptr,
        runtime_core::settings{options.turn_budget, options.capture_stacks});
}

void runtime_impl::run_until_idle() noexcept {
    while (sim_->step()) {
    }
}

bool runtime_impl::wait_for(outside_answer& answer, nanoseconds timeout) {
    if (!simulated()) {
        return answer.wait(timeout);
    }
    const nanoseconds now = sim_->clock().now();
    const nanoseconds until = timeout > time::never - now ? time::never : now + timeout;
    // Without a limit a simulation that has nothing more to do would wait for ever: it never
    // answers.
    return run_until(until == time::never ? until - nanoseconds{1} : until,
                     [&] { return answer.done(); });
}

std::shared_ptr<outside_answer> make_outside_answer() {
    return std::make_shared<outside_answer>();
}

void fulfil(outside_answer& answer) noexcept {
    answer.fulfil();
}

}  // namespace detail

using detail::body;
using detail::nanoseconds;
using detail::runtime_impl;

std::string to_string(const blocking_process& p) {
    return to_string(p.process) +
           (p.registered_name.empty() ? "" : " (" + p.registered_name + ")") +
           (p.killed ? ", killed when the time was over" : ", in the middle of a turn, not killed");
}

struct runtime::waited_process {
    std::shared_ptr<detail::outside_answer> answer = detail::make_outside_answer();
    exit_reason why;
};

runtime::runtime(runtime_options options)
    : impl_{std::make_unique<runtime_impl>(std::move(options), nullptr)} {}

runtime::runtime(std::unique_ptr<runtime_impl> impl) : impl_{std::move(impl)} {}

runtime::~runtime() {
    if (!impl_->stopped) {
        stop();
    }
}

void runtime::start() {
    if (!std::exchange(impl_->started, true) && !impl_->simulated()) {
        // The workers keep the core and the hub alive even if this runtime has to leave one behind.
        impl_->workers_->start(std::make_shared<std::pair<std::shared_ptr<detail::runtime_core>,
                                                          std::shared_ptr<observe::report_hub>>>(
            impl_->core, impl_->hub));
    }
}

detail::runtime_core& runtime::core() noexcept {
    return *impl_->core;
}

bool runtime::wait_for(detail::outside_answer& answer, nanoseconds timeout) {
    return impl_->wait_for(answer, timeout);
}

void runtime::exit(const pid& to, exit_reason why) {
    detail::deliver_from_outside(
        core(), to, new detail::exit_signal{detail::signal_kind::exit, std::move(why)});
}

pid runtime::whereis(std::string_view name) {
    return detail::whereis_name(core(), name);
}

std::optional<exit_reason> runtime::wait(const pid& who, nanoseconds timeout) {
    if (impl_->halted) {  // nobody would run who watches
        return core().is_open(who) ? std::nullopt : std::optional{reason::noproc};
    }
    auto waited = std::make_shared<waited_process>();
    const pid watcher = spawn([who, waited]() -> task<> {
        const ref watching = monitor(who);
        const down_message down = co_await receive<down_message>();
        static_cast<void>(watching);
        waited->why = down.why;
        detail::fulfil(*waited->answer);
    });
    if (!wait_for(*waited->answer, timeout)) {
        const std::scoped_lock lock{impl_->given_up_mutex};
        std::erase_if(impl_->given_up, [&](const pid& old) { return !impl_->core->is_open(old); });
        impl_->given_up.push_back(watcher);
        exit(watcher, reason::kill);
        return std::nullopt;
    }
    return waited->why;
}

std::shared_ptr<runtime::waited_process> runtime::spawn_waiting(std::unique_ptr<body> what) {
    auto waited = std::make_shared<waited_process>();
    auto held = std::make_shared<std::unique_ptr<body>>(std::move(what));
    // Its parent's death would be the end of it: so the one that waits traps exits and passes them
    // on.
    spawn([waited, held]() -> task<> {
        trap_exit(true);
        const pid me = self();
        const pid started = detail::spawn_process(std::move(*held), {.link = true});
        for (;;) {
            const exit_message ended = co_await receive<exit_message>();
            if (ended.from == started) {
                waited->why = ended.why;
                detail::fulfil(*waited->answer);
                co_return;
            }
            if (ended.from != me) {
                coppice::exit(started, ended.why);
            }
        }
    });
    return waited;
}

exit_reason runtime::wait_new(const std::shared_ptr<waited_process>& started) {
    const bool ended = wait_for(*started->answer, detail::forever);
    return ended ? started->why : reason::timeout;  // a simulation has come to its last event
}

exit_reason runtime_access::run(runtime& world, std::unique_ptr<body> main) {
    return world.wait_new(world.spawn_waiting(std::move(main)));
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

std::uint64_t runtime::reports_lost() const noexcept {
    return impl_->hub->lost();
}

void runtime::flush_reports() {
    impl_->hub->flush();
}

namespace {

constexpr std::chrono::milliseconds kill_grace{500};

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
// whoever is left.
stop_result runtime::stop(nanoseconds deadline) {
    stop_result result;
    if (std::exchange(impl_->stopped, true) || (!impl_->started && !impl_->simulated())) {
        return result;
    }
    detail::runtime_core& world = *impl_->core;
    const time_left asking{world.scheduler().clock(), deadline};
    std::vector<pid> late;
    const auto wait_or_note = [&](const pid& who) {
        if (!has_given_up(who) && !wait(who, asking.get())) {
            late.push_back(who);
        }
    };
    std::vector<pid> roots = world.roots();
    std::reverse(roots.begin(), roots.end());
    for (const pid& root : roots) {
        exit(root, reason::shutdown);
        wait_or_note(root);
    }
    for (const pid& left : world.supervisors()) {
        wait_or_note(left);
    }
    for (const pid& left : world.processes()) {
        exit(left, reason::shutdown);
    }
    for (const pid& left : world.processes()) {
        wait_or_note(left);
    }
    kill_late(late, result);
    if (!impl_->simulated()) {
        impl_->workers_->stop(std::chrono::steady_clock::now() + kill_grace);
        impl_->halted = true;
        impl_->hub->flush(std::max(asking.get(), nanoseconds{kill_grace}));
    }
    return result;
}

bool runtime::has_given_up(const pid& who) {
    const std::scoped_lock lock{impl_->given_up_mutex};
    return std::count(impl_->given_up.begin(), impl_->given_up.end(), who) > 0;
}

void runtime::kill_late(const std::vector<pid>& late, stop_result& result) {
    detail::runtime_core& world = *impl_->core;
    for (const pid& each : late) {
        if (world.is_open(each) && !result.names(each)) {
            result.blocking.push_back({each, world.names().name_of(each), false});
        }
    }
    for (blocking_process& each : result.blocking) {
        exit(each.process, reason::kill);
        if (wait(each.process, kill_grace)) {
            each.killed = true;
        }
    }
    for (const pid& left : world.processes()) {
        exit(left, reason::kill);
        static_cast<void>(wait(left, kill_grace));
    }
}

}  // namespace coppice
