// SPDX-License-Identifier: Apache-2.0

#include "coppice/testing/sim_world.hpp"

#include <array>
#include <new>
#include <stdexcept>
#include <unordered_map>

#include "boot/environment.hpp"
#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/printable.hpp"
#include "testing/invariant_checker.hpp"

namespace coppice::testing {
namespace {

constexpr std::array<const char*, 7> event_names{"spawned", "ended",    "named",  "unnamed",
                                                 "sent",    "received", "refused"};

runtime_options with_seed(runtime_options options, std::uint64_t seed) {
    options.seed = seed;
    return options;
}

/// Refuses calls on another thread, and calls inside a process of the same world.
void refuse_wrong_use(runtime& system, const char* what) {
    runtime_access::impl(system).refuse_waiting(what);
}

}  // namespace

std::uint64_t seed_from_environment(std::uint64_t otherwise) {
    return boot::number_in_environment("COPPICE_SEED").value_or(otherwise);
}

class sim_world::recorder final : public base::event_sink {
  public:
    /// If memory runs out, the recorder stops recording. Only the ends of processes are still recorded,
    /// with the reserve.
    void on_event(const base::event& happened) noexcept override {
        if (happened.why != nullptr) {
            detail::with_reserve([&] { ended.insert_or_assign(happened.subject, *happened.why); });
        }
        try {
            if (!is_blind_) {
                watch(happened);
            }
        } catch (const std::bad_alloc&) {
            is_blind_ = true;
        }
        if (happened.why != nullptr && told) {
            told(happened.subject, *happened.why);
        }
    }

    std::string log;
    bool keeps_log = true;
    invariant_checker checker;
    std::unordered_map<pid, exit_reason> ended;
    callback<void(const pid&, const exit_reason&)> told;

  private:
    void watch(const base::event& happened) {
        checker.check(happened);
        if (keeps_log) {
            write(happened);
        }
    }

    void write(const base::event& happened) {
        log += std::to_string(happened.at.count()) + ' ' +
               event_names.at(static_cast<std::size_t>(happened.kind)) + ' ' +
               to_string(happened.subject);
        if (happened.other) {
            log += ' ' + to_string(happened.other);
        }
        if (!happened.text.empty()) {
            log += ' ' + printable(happened.text);
        }
        if (happened.why != nullptr) {
            log += ' ' + to_string(*happened.why);
        }
        log += '\n';
    }

    bool is_blind_ = false;
};

runtime_options sim_world::quiet() {
    runtime_options options;
    options.level = report_level::off;
    return options;
}

sim_world::sim_world(std::uint64_t seed, runtime_options options)
    : recorder_{std::make_unique<recorder>()},
      system_{
          runtime_access::make_simulated(with_seed(std::move(options), seed), recorder_.get())} {}

sim_world::~sim_world() {
    if (!out_of_turns()) {
        return;
    }
    // A process that used up the turns would use up any number of turns. So no process is asked to stop. All
    // processes are killed before any of them runs; otherwise supervisors would restart children.
    limit_turns(UINT64_MAX);
    const std::vector<pid> left_over = runtime_access::impl(*system_).core->processes();
    for (const pid& left : left_over) {
        runtime_access::impl(*system_).core->exit_now(left, reason::kill);
    }
    run_until_idle();
}

std::chrono::nanoseconds sim_world::now() const noexcept {
    return runtime_access::impl(*system_).sim_->clock().now();
}

void sim_world::run_until_idle() {
    refuse_wrong_use(*system_, "sim_world::run_until_idle");
    runtime_access::impl(*system_).run_until_idle();
}

void sim_world::advance(time_span time) {
    refuse_wrong_use(*system_, "sim_world::advance");
    if (time < std::chrono::nanoseconds::zero()) {
        throw std::invalid_argument{
            "sim_world::advance: the time is negative, and the clock never goes back"};
    }
    const auto until = runtime_access::impl(*system_).sim_->moment_after(time);
    runtime_access::impl(*system_).run_until(until, [] { return false; });
    runtime_access::impl(*system_).sim_->move_clock(until);
}

bool sim_world::advance_to_next_timer(time_span limit) {
    refuse_wrong_use(*system_, "sim_world::advance_to_next_timer");
    sched::sim_scheduler& simulator = *runtime_access::impl(*system_).sim_;
    return simulator.fire_next(simulator.moment_after(limit));
}

bool sim_world::alive(const pid& who) {
    return runtime_access::impl(*system_).core->is_open(who);
}

std::optional<exit_reason> sim_world::ended_with(const pid& who) const {
    const auto found = recorder_->ended.find(who);
    return found == recorder_->ended.end() ? std::nullopt : std::optional{found->second};
}

std::optional<exit_reason> sim_world::run_to_end(const pid& started,
                                                 std::chrono::nanoseconds limit) {
    refuse_wrong_use(*system_, "sim_world::run");
    const bool ended = runtime_access::impl(*system_).run_until(
        runtime_access::impl(*system_).sim_->moment_after(limit),
        [&] { return recorder_->ended.contains(started); });
    return ended ? std::optional{recorder_->ended.at(started)} : std::nullopt;
}

void sim_world::limit_turns(std::uint64_t most) noexcept {
    runtime_access::impl(*system_).sim_->limit_turns(most);
}

bool sim_world::out_of_turns() const noexcept {
    return runtime_access::impl(*system_).sim_->out_of_turns();
}

std::uint64_t sim_world::turns() const noexcept {
    return runtime_access::impl(*system_).sim_->turns();
}

void sim_world::on_end(callback<void(const pid&, const exit_reason&)> told) {
    recorder_->told = std::move(told);
}

const std::vector<std::string>& sim_world::broken_invariants() const noexcept {
    return recorder_->checker.broken();
}

void sim_world::keep_event_log(bool on) noexcept {
    recorder_->keeps_log = on;
}

const std::string& sim_world::event_log() const noexcept {
    return recorder_->log;
}

}  // namespace coppice::testing
