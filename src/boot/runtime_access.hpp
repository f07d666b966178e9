// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/event_sink.hpp"
#include "coppice/runtime.hpp"

namespace coppice {

/// Access for `run` and for the simulator, beyond the public interface of a runtime.
struct runtime_access {
    /// A runtime on the caller's thread with a virtual clock. `options.clock` is ignored.
    static std::unique_ptr<runtime> make_simulated(runtime_options options,
                                                   base::event_sink* events);
    static detail::runtime_impl& impl(runtime& world) { return *world.impl_; }
};

}  // namespace coppice
