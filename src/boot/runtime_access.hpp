// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/event_sink.hpp"
#include "coppice/runtime.hpp"

namespace coppice {

/// For `run` and for the simulator: what a runtime does not offer to everybody.
struct runtime_access {
    /// A runtime on the caller's thread and a virtual clock, whatever the options say of clocks.
    static std::unique_ptr<runtime> make_simulated(runtime_options options,
                                                   base::event_sink* events);
    static detail::runtime_impl& impl(runtime& world) { return *world.impl_; }
};

}  // namespace coppice
