// SPDX-License-Identifier: Apache-2.0
// Spans around user code.

#include <new>
#include <optional>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/telemetry.hpp"
#include "process/caller.hpp"
#include "telemetry/context.hpp"
#include "telemetry/hub.hpp"

namespace coppice::detail {

using namespace telemetry;

struct open_span::state {
    state(runtime_core& w, std::string_view name) : world{w}, began{w.scheduler().clock().now()} {
        static_cast<span_facts&>(facts) = begin_span_facts(w);
        facts.name = name;
        if (facts.context) {
            inner.emplace(*facts.context);
        }
    }
    template <class Event>
    void tell(const Event& happened) const noexcept {
        telemetry_hub::of(world).execute(world, happened);
    }

    runtime_core& world;
    user_span_facts facts;
    nanoseconds began;
    std::optional<with_context> inner;
    exit_reason why = reason::killed;  ///< unless an exception is recorded
};

void open_span::begin(std::string_view name) noexcept {
    runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr) {
        return;
    }
    try {
        state_ = new state{*world, name};
        state_->tell(span_start{state_->facts, world->scheduler().clock().wall_time()});
    } catch (const std::bad_alloc&) {
        return;
    }
}

void open_span::fail(const std::exception_ptr& error) noexcept {
    if (state_ != nullptr) {
        state_->why = reason_of(error);
    }
}

void open_span::end() noexcept {
    const std::unique_ptr<state> ended{state_};
    const nanoseconds took = ended->world.scheduler().clock().now() - ended->began;
    if (succeeded_) {
        ended->tell(span_stop{std::move(ended->facts), took});
    } else {
        ended->tell(span_exception{std::move(ended->facts), took, ended->why});
    }
}

}  // namespace coppice::detail
