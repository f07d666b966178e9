// SPDX-License-Identifier: Apache-2.0
// The trace contexts of a runtime's processes, and the way contexts travel with messages.
//
// A message with a context has a message type of its own: a copy of the plain type, followed by the context.
// So messages do not grow because contexts exist, and code that handles messages never checks for a context.
// When a process takes such a message, the process is marked (`handled_message`), and the context is stored
// here, in a column beside the process table. The next message clears the mark.
//
// The first context of a runtime installs a route for the runtime's signals (`signal_route`). The route
// copies the sender's context to every message sent. Until then a send does not check for a route.
//
// Threads    The column: any thread, but a line is used only by its process. `give_context`: the owner of the
//            message.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/spin_lock.hpp"
#include "coppice/telemetry_events.hpp"
#include "process/runtime_core.hpp"
#include "process/signal_route.hpp"

namespace coppice::telemetry {

/// Attaches the context to the message, unless the message already has one. Throws std::bad_alloc.
void give_context(detail::message_node& to, const trace_context& given);

/// Number, process and context of a new span of the calling process.
span_facts begin_span_facts(detail::runtime_core& world);

class context_keeper final : public process_layer::signal_route {
  public:
    static context_keeper& of(detail::runtime_core& world) {
        return world.extended().get<context_keeper>();
    }
    ~context_keeper() override;

    /// Routes the signals of the runtime through this object from now on.
    void join(detail::runtime_core& world);

    // To be called by the process in its turn.
    std::optional<trace_context> current(const detail::process& whose) noexcept;
    struct scope {
        std::optional<trace_context> context;
        std::uint8_t marks = 0;
    };
    /// Returns the scope that the new scope replaces.
    scope enter(detail::process& whose, const trace_context& inner);
    void leave(detail::process& whose, const scope& outer);
    /// To be called when a message with the context `brought` is taken. False if memory runs out.
    bool take(detail::process& whose, const trace_context& brought) noexcept;

    // Fresh ids. In a simulation, each run draws the same ids.
    span_id new_span(const detail::runtime_core& world) noexcept;
    trace_context new_trace(const detail::runtime_core& world) noexcept;

    // signal_route
    process_layer::receipt offer(const pid& to, detail::signal& sent) noexcept override;
    void prepare(detail::message_node& leaving) noexcept override;

  private:
    /// The state of one process. A line belongs to a slot of the process table; the generation tells
    /// the lives apart.
    struct line {
        std::uint32_t generation = 0;
        std::optional<trace_context> scope;
        trace_context brought;
    };
    static constexpr std::size_t shard_count = 64;
    struct alignas(64) shard {
        base::spin_lock lock;
        /// A line is used only by its process, without the lock.
        std::unordered_map<std::uint32_t, line> lines COPPICE_GUARDED_BY(lock);
    };
    line& line_of(const detail::process& whose);
    std::uint64_t draw(const detail::runtime_core& world) noexcept;

    std::mutex joining_;
    std::atomic<detail::runtime_core*> runtime_{nullptr};  ///< Null before the first context.
    signal_route* behind_ = nullptr;                       ///< Written before the route is opened.
    std::once_flag seeded_;
    std::atomic<std::uint64_t> drawn_{0};
    shard shards_[shard_count];
};

}  // namespace coppice::telemetry
