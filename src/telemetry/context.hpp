// SPDX-License-Identifier: Apache-2.0
// The trace contexts of a runtime's processes, and how messages carry them.
//
// A message that carries one has a type of its own: a copy of its own type, with the context behind it. So no
// message is longer because there are contexts, and nothing that looks at a message looks for one. A process
// that takes such a message is marked (`handled_message`), and its context is kept here, in a column beside the
// table of processes. The next message that it takes wipes the mark out.
//
// The first context makes a runtime's signals take a route (`signal_route`), which gives to each message that a
// process sends the context of that process. Before, a send looks for no route.
//
// Threads    The column: any, each process its own line. Giving: whoever owns the message.

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

namespace coppice::detail {

using telemetry::trace_context;

/// From now on the message carries it, unless it carries one already. Throws std::bad_alloc.
void give_context(message_node& to, const trace_context& given);

/// Number, process and context of a span of the calling process's that begins.
telemetry::span_facts begin_span_facts(runtime_core& world);

class context_keeper final : public signal_route {
  public:
    static context_keeper& of(runtime_core& world) {
        return world.extended().get<context_keeper>();
    }
    ~context_keeper() override;

    /// Signals of the runtime come this way from now on.
    void join(runtime_core& world);

    // The process in its turn.
    std::optional<trace_context> current(const process& whose) noexcept;
    struct scope {
        std::optional<trace_context> context;
        std::uint8_t marks = 0;
    };
    /// Answers what it takes the place of.
    scope enter(process& whose, const trace_context& inner);
    void leave(process& whose, const scope& outer);
    /// A message that brings this is taken. False if there is no memory for it.
    bool take(process& whose, const trace_context& brought) noexcept;

    // Ids that there have not been; in a simulation the same in each run.
    telemetry::span_id new_span(const runtime_core& world) noexcept;
    trace_context new_trace(const runtime_core& world) noexcept;

    // signal_route
    process* offer(const pid& to, signal& sent) noexcept override;
    void prepare(message_node& leaving) noexcept override;

  private:
    /// What a slot of the table of processes has, of one life.
    struct line {
        std::uint32_t generation = 0;
        std::optional<trace_context> scope;
        trace_context brought;
    };
    static constexpr std::size_t shard_count = 64;
    struct alignas(64) shard {
        base::spin_lock lock;
        std::unordered_map<std::uint32_t, line>
            lines;  ///< Guarded by lock; a line is its process's.
    };
    line& line_of(const process& whose);
    std::uint64_t draw(const runtime_core& world) noexcept;

    std::mutex joining_;
    std::atomic<runtime_core*> world_{nullptr};  ///< Null until there is a context.
    signal_route* behind_ = nullptr;             ///< Written before the route is opened.
    std::once_flag seeded_;
    std::atomic<std::uint64_t> drawn_{0};
    shard shards_[shard_count];
};

}  // namespace coppice::detail
