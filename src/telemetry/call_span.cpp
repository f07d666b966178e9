// SPDX-License-Identifier: Apache-2.0

#include "telemetry/call_span.hpp"

#include <utility>

#include "process/caller.hpp"
#include "telemetry/context.hpp"

namespace coppice::detail {

using namespace telemetry;

call_span::call_span(runtime_core& world, message_node& request, const call_target& target)
    : runtime_{world}, began_{world.scheduler().clock().now()} {
    static_cast<span_facts&>(facts_) = begin_span_facts(world);
    facts_.server = target.process;
    facts_.name = target.to.name();
    facts_.request = request.type->carried(request);
    if (facts_.context) {
        give_context(request, *facts_.context);
    }
}

// A system message gets no span: user code does not make the call, and sys has its own trace.
call_span* call_span::begin(message_node& request, const call_target& target) noexcept {
    runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr || request.type->role == message_role::system) {
        return nullptr;
    }
    try {
        auto* const made = new call_span{*world, request, target};
        telemetry_hub::of(*world).execute(
            *world, call_start{made->facts_, world->scheduler().clock().wall_time()});
        return made;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

nanoseconds call_span::duration() const {
    return runtime_.scheduler().clock().now() - began_;
}

void call_span::stop(call_span* ended) noexcept {
    const std::unique_ptr<call_span> owned{ended};
    const nanoseconds took = owned->duration();
    telemetry_hub::of(owned->runtime_)
        .execute(owned->runtime_, call_stop{std::move(owned->facts_), took});
}

void call_span::fail(call_span* ended, const exit_reason& why, call_failure how) noexcept {
    const std::unique_ptr<call_span> owned{ended};
    const nanoseconds took = owned->duration();
    telemetry_hub::of(owned->runtime_)
        .execute(owned->runtime_, call_exception{std::move(owned->facts_), took, how, why});
}

}  // namespace coppice::detail

namespace coppice::telemetry {

std::string call_facts::request_type() const {
    return request == nullptr ? std::string{} : detail::readable_type_name(*request);
}

std::string_view to_string(call_failure how) noexcept {
    switch (how) {
        case call_failure::timeout:
            return "timeout";
        case call_failure::noproc:
            return "noproc";
        case call_failure::calling_self:
            return "calling_self";
        case call_failure::server_ended:
            return "server_ended";
        case call_failure::caller_ended:
            return "caller_ended";
    }
    return "?";
}

}  // namespace coppice::telemetry
