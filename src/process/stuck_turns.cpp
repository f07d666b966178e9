// SPDX-License-Identifier: Apache-2.0

#include "process/stuck_turns.hpp"

#include <algorithm>
#include <utility>

#include "coppice/printable.hpp"
#include "coppice/report.hpp"
#include "platform/guarded.hpp"
#include "platform/stack_sample.hpp"
#include "process/runtime_core.hpp"

namespace coppice {

std::string to_string(const stuck_process& p) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(p.running_for);
    return to_string(p.process) +
           (p.registered_name.empty() ? "" : " (" + printable(p.registered_name) + ")") +
           (p.initial_call.empty() ? "" : ", " + printable(p.initial_call)) +
           (p.message.empty() ? "" : ", handling " + printable(p.message)) + ", for " +
           std::to_string(milliseconds.count()) + " ms" +
           (p.has_ended ? ", has been ended meanwhile" : "");
}

namespace process_layer {
namespace {

constexpr std::chrono::milliseconds sample_patience{20};

}  // namespace

void stuck_turns::turn_is_stuck(sched::runnable& whose, const sched::turn_in_progress& turn,
                                platform::thread_number thread, nanoseconds so_far) {
    entry lost = described(whose, turn);
    if (turn.is_over()) {
        return;  // the description may be of another process
    }
    lost.since = runtime_.scheduler().clock().now() - so_far;
    lost.shown.running_for = so_far;
    lost.shown.registered_name = runtime_.names().name_of(lost.shown.process);
    const stuck_process shown = lost.shown;
    {
        const platform::scoped_lock lock{mutex_};
        entries_.push_back(std::move(lost));
    }
    runtime_.recorder().note(life_event::stuck, shown.process, shown.message);
    runtime_.report_if_possible(report_level::warning, shown.process, [&] {
        return stuck_report{shown, false,
                            runtime_.chosen().sample_stuck_stacks
                                ? platform::sample_stack(thread, sample_patience)
                                : std::vector<void*>{}};
    });
}

stuck_turns::entry stuck_turns::described(sched::runnable& whose,
                                          const sched::turn_in_progress& turn) {
    auto* const who = dynamic_cast<detail::process*>(&whose);
    entry out{turn, who, {}, {}};
    if (who == nullptr) {
        out.shown.initial_call = "destructors of messages that timers could not deliver";
        out.shown.has_ended = true;
        return out;
    }
    const detail::process::turn_description told = who->describe_turn();
    out.shown.process = told.who;
    out.shown.initial_call = told.initial_call;
    out.shown.message = told.message;
    // A process is dying already while its late messages are destroyed.
    out.shown.has_ended = who->is_dying(told.who.generation());
    return out;
}

void stuck_turns::turn_ended(sched::runnable& whose, nanoseconds after) {
    stuck_process shown;
    {
        const platform::scoped_lock lock{mutex_};
        const auto found = std::ranges::find_if(
            entries_, [&](const entry& each) { return &each.turn.whose() == &whose; });
        if (found == entries_.end()) {
            return;
        }
        shown = std::move(found->shown);
        entries_.erase(found);
        changed_.notify_all();
    }
    shown.running_for = after;
    runtime_.recorder().note(life_event::stuck, shown.process, "returned");
    runtime_.report_if_possible(report_level::warning, shown.process,
                                [&] { return stuck_report{std::move(shown), true, {}}; });
}

void stuck_turns::out_of_spares(unsigned spares) {
    runtime_.report_if_possible(report_level::warning, {}, [&] {
        return text_report{
            "all " + std::to_string(spares) +
            " spare scheduler threads are in use for handlers that do not return, and one more is "
            "needed: ready processes have to wait. Find the blocking calls in these handlers, or "
            "raise runtime_options::spare_workers"};
    });
}

void stuck_turns::died(const pid& who) {
    const platform::scoped_lock lock{mutex_};
    for (entry& each : entries_) {
        each.shown.has_ended = each.shown.has_ended || each.shown.process == who;
    }
}

std::vector<stuck_process> stuck_turns::all() const {
    const nanoseconds now = runtime_.scheduler().clock().now();
    std::vector<stuck_process> out;
    const platform::scoped_lock lock{mutex_};
    for (const entry& each : entries_) {
        if (has_come_back(each)) {
            continue;  // the sentinel has yet to look again
        }
        out.push_back(each.shown);
        out.back().running_for = now - each.since;
    }
    return out;
}

bool stuck_turns::wait_for_all(nanoseconds timeout, const std::atomic<bool>& unless) {
    constexpr nanoseconds longest = std::chrono::hours{24 * 365};  // a longer time would overflow
    platform::unique_lock lock{mutex_};
    changed_.wait_for(lock.native(), std::min(timeout, longest), [&]() COPPICE_REQUIRES(mutex_) {
        // Acquire: pairs with the release in orderly_stop::force_stop().
        return entries_.empty() || unless.load(std::memory_order_acquire);
    });
    return entries_.empty();
}

void stuck_turns::wake_waiters() noexcept {
    const platform::scoped_lock lock{mutex_};
    changed_.notify_all();
}

/// Whether the turn is over, or about to be over since the process has ended.
bool stuck_turns::has_come_back(const entry& lost) noexcept {
    if (lost.turn.is_over()) {
        return true;
    }
    if (lost.who == nullptr) {
        return false;
    }
    const std::uint32_t generation = lost.shown.process.generation();
    return lost.shown.has_ended ? lost.who->generation() != generation
                                : lost.who->is_dying(generation);
}

}  // namespace process_layer
}  // namespace coppice
