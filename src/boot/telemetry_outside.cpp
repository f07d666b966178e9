// SPDX-License-Identifier: Apache-2.0
// Telemetry functions for threads outside of the runtime.

#include <utility>

#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/telemetry.hpp"
#include "observe/telemetry_observer.hpp"
#include "telemetry/hub.hpp"

namespace coppice {
namespace {

detail::runtime_core& core_of(runtime& world, const char* what) {
    detail::runtime_impl& impl = runtime_access::impl(world);
    impl.refuse_other_threads(what);
    return *impl.core;
}

}  // namespace

namespace detail {

void attach_telemetry(runtime& world, std::string id, telemetry_clauses clauses) {
    observe::attach_in(core_of(world, "telemetry::attach"), std::move(id), std::move(clauses));
}

std::weak_ptr<telemetry_hub> telemetry_hub_of(runtime& world) {
    return telemetry_hub::of(core_of(world, "telemetry::attachment")).weak_from_this();
}

}  // namespace detail

namespace telemetry {

bool detach(runtime& world, std::string_view id) {
    return detail::telemetry_hub::of(core_of(world, "telemetry::detach")).detach(id);
}

void sample_period(runtime& world, time_span period) {
    observe::sample_in(core_of(world, "telemetry::sample_period"), period);
}

}  // namespace telemetry
}  // namespace coppice
