// SPDX-License-Identifier: Apache-2.0

#include "telemetry/hub.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "base/turn.hpp"
#include "coppice/process.hpp"
#include "coppice/telemetry.hpp"
#include "platform/guarded.hpp"
#include "process/caller.hpp"

namespace coppice::telemetry {

constinit std::atomic<std::uint32_t> calls_watched{0};

}  // namespace coppice::telemetry

namespace coppice::detail {
namespace {

constexpr unsigned nesting_max = 8;
thread_local unsigned nesting = 0;

bool is_about_calls(const telemetry_clause& clause) noexcept {
    return *clause.event == typeid(telemetry::call_start) ||
           *clause.event == typeid(telemetry::call_stop) ||
           *clause.event == typeid(telemetry::call_exception);
}

}  // namespace

constinit std::atomic<std::uint32_t> telemetry_in_use{0};

/// Objects captured by handlers are destroyed here, or by the last thread that is still inside a handler.
telemetry_hub::~telemetry_hub() {
    const base::without_caller_outside here;
    for (const auto& each : *entries_) {
        mark_detached(*each);
    }
    entries_.reset();
}

std::shared_ptr<const telemetry_hub::table> telemetry_hub::entries() const {
    const platform::scoped_lock lock{mutex_};
    return entries_;
}

telemetry_hub::table telemetry_hub::attached_ones() const {
    table out;
    std::ranges::copy_if(*entries_, std::back_inserter(out),
                         [](const auto& each) { return each->attached.load(); });
    return out;
}

void telemetry_hub::attach(std::string id, telemetry_clauses clauses) {
    const auto added = std::make_shared<entry>();
    added->id = std::move(id);
    added->hears_calls = std::ranges::any_of(clauses, is_about_calls);
    added->clauses = std::move(clauses);
    std::shared_ptr<const table> before;  // last user of old handlers: outlives the lock
    const platform::scoped_lock lock{mutex_};
    table next = attached_ones();
    if (std::ranges::any_of(next, [&](const auto& each) { return each->id == added->id; })) {
        throw badarg_error{"telemetry::attach: \"" + added->id +
                           "\" is attached already; detach it first, or choose another id"};
    }
    next.push_back(added);
    before = std::exchange(entries_, std::make_shared<const table>(std::move(next)));
    telemetry_in_use.fetch_add(1, std::memory_order_relaxed);
    telemetry::calls_watched.fetch_add(added->hears_calls ? 1U : 0U, std::memory_order_relaxed);
}

bool telemetry_hub::detach(std::string_view id) noexcept {
    const auto all = entries();
    for (const auto& each : *all) {
        if (each->id == id && mark_detached(*each)) {
            sweep();
            return true;
        }
    }
    return false;
}

bool telemetry_hub::mark_detached(entry& gone) noexcept {
    if (!gone.attached.exchange(false)) {
        return false;
    }
    telemetry_in_use.fetch_sub(1, std::memory_order_relaxed);
    telemetry::calls_watched.fetch_sub(gone.hears_calls ? 1U : 0U, std::memory_order_relaxed);
    return true;
}

/// If memory runs out, detached entries stay in the table and are skipped.
void telemetry_hub::sweep() noexcept {
    std::shared_ptr<const table> before;
    try {
        const platform::scoped_lock lock{mutex_};
        before = std::exchange(entries_, std::make_shared<const table>(attached_ones()));
    } catch (const std::bad_alloc&) {
        return;
    }
}

std::vector<std::string> telemetry_hub::ids() const {
    std::vector<std::string> out;
    const auto all = entries();
    for (const auto& each : *all) {
        if (each->attached.load()) {
            out.push_back(each->id);
        }
    }
    return out;
}

bool telemetry_hub::has_clause(bool (*fulfils)(const telemetry_clause&) noexcept) const {
    const auto all = entries();
    return std::ranges::any_of(*all, [&](const auto& each) {
        return each->attached.load() && std::ranges::any_of(each->clauses, fulfils);
    });
}

void telemetry_hub::execute(runtime_core& world, const std::type_info& event,
                            const void* happened) noexcept {
    if (nesting == nesting_max) {
        return;
    }
    ++nesting;
    const auto all = entries();
    for (const auto& each : *all) {
        give(world, *each, event, happened);
    }
    --nesting;
}

void telemetry_hub::give(runtime_core& world, entry& to, const std::type_info& event,
                         const void* happened) noexcept {
    try {
        for (const telemetry_clause& clause : to.clauses) {
            if (*clause.event == event && to.attached.load(std::memory_order_relaxed)) {
                clause.handle(happened);
            }
        }
    } catch (...) {
        drop_failed(world, to);
    }
}

/// To be called inside a catch block. If handlers throw on several threads, only one thread reports.
void telemetry_hub::drop_failed(runtime_core& world, entry& failed) noexcept {
    if (!mark_detached(failed)) {
        return;
    }
    sweep();
    const exit_reason why = reason_of(std::current_exception());
    const process* const here = base::current_process();
    world.report_if_possible(report_level::warning, here == nullptr ? pid{} : here->self(), [&] {
        return text_report{"telemetry: the handlers of \"" + failed.id +
                           "\" are detached, as one of them threw " + to_string(why)};
    });
}

namespace {

/// The hub of the calling process's runtime. Null if the process is dead, and for code outside
/// of all processes.
telemetry_hub* hub_here() {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? nullptr : &telemetry_hub::of(*here);
}

}  // namespace

std::weak_ptr<telemetry_hub> telemetry_hub_here() {
    telemetry_hub* const here = hub_here();
    return here == nullptr ? std::weak_ptr<telemetry_hub>{} : here->weak_from_this();
}

bool detach_telemetry(const std::weak_ptr<telemetry_hub>& from, std::string_view id) noexcept {
    const std::shared_ptr<telemetry_hub> hub = from.lock();
    return hub != nullptr && hub->detach(id);
}

void execute_telemetry(const std::type_info& event, const void* happened) noexcept {
    if (runtime_core* const here = process_layer::runtime_of_caller(); here != nullptr) {
        telemetry_hub::of(*here).execute(*here, event, happened);
    }
}

}  // namespace coppice::detail

namespace coppice::telemetry {

bool detach(std::string_view id) {
    return detail::detach_telemetry(detail::telemetry_hub_here(), id);
}

std::vector<std::string> attached() {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<std::string>{} : detail::telemetry_hub::of(*here).ids();
}

attachment& attachment::operator=(attachment&& other) noexcept {
    if (this != &other) {
        detail::detach_telemetry(to_, id_);
        id_ = std::move(other.id_);
        to_ = std::move(other.to_);
        other.to_.reset();
    }
    return *this;
}

}  // namespace coppice::telemetry
